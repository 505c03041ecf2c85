"""Comparing every level with what it is made of, and repairing it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.errors import NotFound
from stockwright.stock.actions.held import HeldLevels, hold, make_levels, system_location
from stockwright.stock.actions.ledger import Move, post_held
from stockwright.stock.actions.portions import rebuild
from stockwright.stock.actions.promises import drop_expired, refresh_promises, serve_waiting, tell_moved
from stockwright.stock.errors import DifferenceGone
from stockwright.stock.models import Reason
from stockwright.stock.queries.derived import (
    PARTS,
    Differing,
    differing_levels,
    places_without_level,
    waiting_beside_stock,
)


class ReconcileGiven(Given):
    """Whether differences are repaired at once."""

    repair: bool = Field(False, title="Repair", description="Make every level say what it is made of.")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What the comparison found."""

    levels: int
    # Numbers that differ now, new ones among them, and those that agree again.
    differences: int
    found: int
    closed: int
    repaired: int
    # Orders that waited although units were free, and were served.
    orders_served: int


@action("stock.reconcile", title=str(_("Reconcile")))
def reconcile(call: Call, given: ReconcileGiven) -> Reconciled:
    """Derive every level, and what lies in its lots and bins, anew, and note where the stored number differs."""
    make_levels(places_without_level())
    differing = differing_levels()
    found = _note(call, differing)
    closed = _close_others(call, differing)
    repaired = 0
    if given.repair and differing:
        repaired = _repair(call, {d.variant_id for d in differing})
    levels = fetch("SELECT count(*) FROM stock_level")[0][0]
    still = 0 if given.repair else sum(len(d.parts()) for d in differing)
    return Reconciled(levels, still, found, closed, repaired, _serve_overlooked(call))


def _note(call: Call, differing: Sequence[Differing]) -> int:
    """Open a difference for each number that is wrong, or bring the open one up to date.

    Units: how many are new.
    """
    rows = [(d.level_id, part, stored, derived) for d in differing for part, stored, derived in d.parts()]
    if not rows:
        return 0
    new = fetch(
        "INSERT INTO stock_difference (level_id, part, stored, derived, first_seen, last_seen)"
        " SELECT d.level_id, d.part, d.stored, d.derived, %s, %s"
        " FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::int[]) AS d(level_id, part, stored, derived)"
        " ON CONFLICT (level_id, part) WHERE closed_at IS NULL"
        " DO UPDATE SET stored = excluded.stored, derived = excluded.derived, last_seen = excluded.last_seen"
        " RETURNING level_id, part, xmax = 0",
        (call.at, call.at, *(list(column) for column in zip(*rows, strict=True))),
    )
    fresh = {(level, part) for level, part, is_new in new if is_new}
    for d in differing:
        for part, stored, derived in d.parts():
            if (d.level_id, part) in fresh:
                call.record(
                    "stock.difference_found", ("variant", d.variant_id), ("location", d.location_id, "place"),
                    ("level", d.level_id, "level"), part=part, stored=stored, derived=derived,
                )  # fmt: skip
    return len(fresh)


def _close_others(call: Call, differing: Sequence[Differing]) -> int:
    """Close the differences that are gone."""
    rows = [(d.level_id, part) for d in differing for part, _stored, _derived in d.parts()]
    return execute(
        "UPDATE stock_difference x SET closed_at = %s WHERE closed_at IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM unnest(%s::bigint[], %s::text[]) AS d(level_id, part)"
        " WHERE d.level_id = x.level_id AND d.part = x.part)",
        (call.at, [level for level, _part in rows], [part for _level, part in rows]),
    )


def _serve_overlooked(call: Call) -> int:
    variants = waiting_beside_stock()
    if not variants:
        return 0
    held = hold(variants)
    serve_waiting(call, held, drop_expired(held, call.at) | set(variants))
    held.write()
    held.moved_orders.update(refresh_promises(variants, call.at))
    served = len(held.moved_orders)
    tell_moved(call, held, "reconciled")
    return served


class RepairGiven(Given):
    """A difference to be repaired."""

    difference_id: int = Field(title="Difference")


@dataclass(frozen=True, slots=True)
class Repaired:
    """How many numbers were put right."""

    repaired: int


@action("stock.repair", title=str(_("Repair")), subject="difference", subject_field="difference_id")
def repair(call: Call, given: RepairGiven) -> Repaired:
    """Make the numbers of a level say what they are made of: the ledger, promises and arrivals are believed.

    Raises: NotFound, DifferenceGone.
    """
    rows = fetch(
        "SELECT l.variant_id, d.closed_at FROM stock_difference d JOIN stock_level l ON l.id = d.level_id"
        " WHERE d.id = %s",
        (given.difference_id,),
    )
    if not rows:
        raise NotFound(what="difference", which=given.difference_id)
    variant, closed_at = rows[0]
    if closed_at:
        raise DifferenceGone
    return Repaired(_repair(call, [variant]))


def _repair(call: Call, variant_ids: Collection[int]) -> int:
    """Put the levels of variants right, under their locks; what then can't be kept of promises is lost.

    Units: numbers put right.
    """
    held = hold(variant_ids)
    drop_expired(held, call.at)
    held.write()
    # Derived anew: before the lock, work may have gone on.
    differing = differing_levels(variant_ids)
    missing = [move for d in differing for move in _below_zero(d)]
    rebuild(variant_ids)

    def put_right(levels: HeldLevels) -> Collection[int]:
        for d in differing:
            level = levels.levels[d.level_id]
            for part, number in zip(PARTS, d.derived, strict=True):
                if part != "misplaced":
                    setattr(level, part, number)
        return variant_ids

    post_held(call, held, missing, within=put_right, cause="repaired")
    count = 0
    for d in differing:
        for part, stored, derived in d.parts():
            count += 1
            call.record(
                "stock.repaired", ("variant", d.variant_id), ("location", d.location_id, "place"),
                ("level", d.level_id, "level"), part=part, was=stored, now=max(0, derived),
            )  # fmt: skip
    execute(
        "UPDATE stock_difference SET closed_at = %s WHERE closed_at IS NULL AND level_id = ANY(%s)",
        (call.at, [level.id for level in held.levels.values()]),
    )
    return count


def _below_zero(d: Differing) -> list[Move]:
    """Where the ledger itself has fewer than nothing in a condition, the movement that fills it up."""
    on_hand, damaged, checked = d.derived[:3]
    amounts = {"sellable": on_hand - damaged - checked, "damaged": damaged, "quality_control": checked}
    if all(units >= 0 for units in amounts.values()):
        return []
    shrinkage = system_location("shrinkage")
    return [
        Move(
            d.variant_id, -units, shrinkage, d.location_id, Reason.REPAIR, from_condition=condition,
            to_condition=condition,
        )
        for condition, units in amounts.items()
        if units < 0
    ]  # fmt: skip
