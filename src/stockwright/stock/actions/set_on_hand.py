"""Numbers told by a file or a channel: compared with ours, and the difference posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import fetch
from stockwright.stock.actions.checks import refuse_hollow, refuse_uncountable
from stockwright.stock.actions.held import HeldLevels, hold, make_levels, skus_of, system_locations
from stockwright.stock.actions.ledger import post_held
from stockwright.stock.actions.variance import Found, variance_moves
from stockwright.stock.errors import LevelChanged
from stockwright.stock.models import Reason

# What a level may be told to have.
FEWEST, MOST = -10_000_000, 100_000_000


class Meaning(StrEnum):
    """Which of the numbers is told."""

    ON_HAND = "on_hand"
    # What can still be sold, less than nothing where more was sold: promises, what waits for goods and what is kept back
    # are added to find the number on hand.
    AVAILABLE = "available"


class Told(Given):
    """How many units somebody else says there are."""

    variant_id: int = Field(title="Variant")
    location_id: int = Field(title="Location")
    units: int = Field(title="Units", ge=FEWEST, le=MOST)
    # Compare and set: refuse when ours is another number by now.
    expected: int | None = Field(None, title="Our number so far")
    # A level that something else moved since then is left alone.
    as_of: AwareDatetime | None = Field(None, title="As of")


class SetOnHandGiven(Given):
    """Numbers of many levels."""

    lines: tuple[Told, ...] = Field(title="Levels", min_length=1, max_length=200_000)
    meaning: Meaning = Field(Meaning.ON_HAND, title="Meaning")
    note: str = Field("", title="Note", max_length=500)
    # Who says so, as (type, id).
    reference: tuple[str, int] | None = Field(None, title="Reference")


@dataclass(frozen=True, slots=True)
class OnHandSet:
    """What the telling changed."""

    changed: int
    unchanged: int
    units_more: int
    units_fewer: int
    movements: tuple[int, ...]
    # Units of promises that were lost by it.
    lost: int = 0
    # Levels left alone, as (variant, location): something else moved them since.
    outdated: tuple[tuple[int, int], ...] = ()


def _reverse(_given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    return ("stock.reverse", {"movements": result["movements"]}) if result["movements"] else None


@action("stock.set_on_hand", title=str(_("Set units on hand")), inverse=_reverse, for_people=False)
def set_on_hand(call: Call, given: SetOnHandGiven) -> OnHandSet:
    """Make levels say what a file or channel says; of a level told twice the last counts.

    Raises: UnknownVariant, UnknownLocation, NoStockThere, KitHasNoStock, NotStocked, LevelChanged.
    """
    return set_many(
        call,
        {(line.variant_id, line.location_id): line.units for line in given.lines},
        meaning=given.meaning,
        expected={
            (line.variant_id, line.location_id): line.expected for line in given.lines if line.expected is not None
        },
        as_of={(line.variant_id, line.location_id): line.as_of for line in given.lines if line.as_of is not None},
        note=given.note,
        reference=given.reference or ("", None),
    )


def set_many(
    call: Call,
    told: Mapping[tuple[int, int], int],
    *,
    meaning: str = "on_hand",
    expected: Mapping[tuple[int, int], int] | None = None,
    as_of: Mapping[tuple[int, int], datetime] | None = None,
    note: str = "",
    reference: tuple[str, int | None] = ("", None),
) -> OnHandSet:
    """Make many levels say what is told.

    The first number that a level ever gets is its opening balance; later differences have the reason `channel`.

    Shape: (variant, location) to units.
    Locks: all levels of the variants, in key order.
    Raises: as `set_on_hand`.
    """
    variants = {variant for variant, _location in told}
    refuse_uncountable(variants)
    refuse_hollow({location for _variant, location in told})
    make_levels(told)
    held = hold(variants)
    _refuse_changed(held, expected or {}, meaning)
    outdated = _moved_since(as_of or {}, reference)
    waiting = _waiting(held, told) if meaning == Meaning.AVAILABLE else {}
    found = [
        Found(
            variant, location,
            _on_hand(held, variant, location, units + waiting.get((variant, location), 0), meaning)
            - held.at(variant, location).on_hand,
        )
        for (variant, location), units in told.items() if (variant, location) not in outdated
    ]  # fmt: skip
    different = [f for f in found if f.variance]
    places = system_locations(("before", "shrinkage"))
    used = _used(different)
    first, later = [f for f in different if f[:2] not in used], [f for f in different if f[:2] in used]
    why: dict[str, Any] = {"note": note, "reference": reference}
    moves = [
        *variance_moves(held, first, places["before"], Reason.OPENING, **why),
        *variance_moves(held, later, places["shrinkage"], Reason.CHANNEL, **why),
    ]
    posted = post_held(call, held, moves, cause="channel")
    for variant, location, variance in different:
        call.record(
            "stock.set", ("variant", variant), ("location", location, "place"), change=variance,
            **posted.of(variant, location),
        )  # fmt: skip
    more = sum(f.variance for f in different if f.variance > 0)
    fewer = -sum(f.variance for f in different if f.variance < 0)
    return OnHandSet(
        len(different), len(found) - len(different), more, fewer, posted.movements, sum(posted.lost.values()),
        tuple(sorted(outdated)),
    )  # fmt: skip


def _on_hand(held: HeldLevels, variant: int, location: int, units: int, meaning: str) -> int:
    if meaning != Meaning.AVAILABLE:
        return max(0, units)
    level = held.at(variant, location)
    spoken_for = level.damaged + level.quality_control + level.committed + level.reserved + level.safety_stock
    return max(0, units + spoken_for)


def _waiting(held: HeldLevels, told: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Units that orders wait for: the channel took them off its number as well, though no level here has them.

    Those of a variant count where the channel went furthest below nothing, else where orders are promised first.
    """
    short = dict(
        fetch(
            "SELECT variant_id, sum(units)::int FROM stock_shortfall WHERE variant_id = ANY(%s) GROUP BY 1",
            (sorted({variant for variant, _ in told}),),
        )
    )
    where: dict[int, tuple[int, int, int]] = {}
    for (variant, location), units in told.items():
        if variant in short:
            here = (min(0, units), held.at(variant, location).priority, location)
            where[variant] = min(where.get(variant, here), here)
    return {(variant, place[2]): short[variant] for variant, place in where.items()}


def _moved_since(as_of: Mapping[tuple[int, int], datetime], by: tuple[str, int | None]) -> set[tuple[int, int]]:
    """Those levels that anything but `by` moved since the moment they are told of."""
    if not as_of:
        return set()
    rows = fetch(
        "SELECT d.v, d.l FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS d(v, l, at)"
        " WHERE EXISTS (SELECT 1 FROM stock_movement m WHERE m.variant_id = d.v AND m.occurred_at > d.at"
        " AND m.occurred_at > %s AND (m.to_location_id = d.l OR m.from_location_id = d.l)"
        # Who says nothing of who it is may not have moved what nobody else has put a name to either.
        " AND (%s = '' OR (m.reference_type, m.reference_id) IS DISTINCT FROM (%s::text, %s::bigint)))",
        ([v for v, _ in as_of], [place for _, place in as_of], list(as_of.values()), min(as_of.values()), by[0], *by),
    )
    return {(variant, location) for variant, location in rows}


def _refuse_changed(held: HeldLevels, expected: Mapping[tuple[int, int], int], meaning: str) -> None:
    for (variant, location), number in expected.items():
        level = held.at(variant, location)
        ours = level.on_hand if meaning != Meaning.AVAILABLE else level.unpromised - level.safety_stock
        if ours != number:
            sku = skus_of([variant]).get(variant, "")
            raise LevelChanged(sku=sku, expected=number, found=ours)


def _used(found: Sequence[Found]) -> set[tuple[int, int]]:
    """Those levels whose ledger has begun."""
    if not found:
        return set()
    rows = fetch(
        "SELECT d.v, d.l FROM unnest(%s::bigint[], %s::bigint[]) AS d(v, l) WHERE EXISTS (SELECT 1 FROM stock_movement m"
        " WHERE m.variant_id = d.v AND (m.to_location_id = d.l OR m.from_location_id = d.l))",
        ([f.variant_id for f in found], [f.location_id for f in found]),
    )
    return {(variant, location) for variant, location in rows}
