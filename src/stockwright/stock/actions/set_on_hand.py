"""Numbers told by a file or a channel: compared with ours, and the difference posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import fetch
from stockwright.stock.actions.checks import refuse_hollow, refuse_uncountable
from stockwright.stock.actions.held import HeldLevels, hold, make_levels, skus_of, system_locations
from stockwright.stock.actions.ledger import post_held
from stockwright.stock.actions.variance import Found, variance_moves
from stockwright.stock.errors import LevelChanged
from stockwright.stock.models import Reason


class Meaning(StrEnum):
    """Which of the numbers is told."""

    ON_HAND = "on_hand"
    # What can still be sold: promises and what is kept back are added to find the number on hand.
    AVAILABLE = "available"


class Told(Given):
    """How many units somebody else says there are."""

    variant_id: int = Field(title="Variant")
    location_id: int = Field(title="Location")
    units: int = Field(title="Units", ge=-10_000_000, le=100_000_000)
    # Compare and set: refuse when ours is another number by now.
    expected: int | None = Field(None, title="Our number so far")


class SetOnHandGiven(Given):
    """Numbers of many levels."""

    lines: tuple[Told, ...] = Field(title="Levels", min_length=1, max_length=200_000)
    meaning: Meaning = Field(Meaning.ON_HAND, title="Meaning")
    note: str = Field("", title="Note", max_length=500)


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
        note=given.note,
    )


def set_many(
    call: Call,
    told: Mapping[tuple[int, int], int],
    *,
    meaning: str = "on_hand",
    expected: Mapping[tuple[int, int], int] | None = None,
    note: str = "",
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
    found = [
        Found(variant, location, _on_hand(held, variant, location, units, meaning) - held.at(variant, location).on_hand)
        for (variant, location), units in told.items()
    ]
    different = [f for f in found if f.variance]
    places = system_locations(("before", "shrinkage"))
    used = _used(different)
    moves = [
        *variance_moves(held, [f for f in different if f[:2] not in used], places["before"], Reason.OPENING, note=note),
        *variance_moves(held, [f for f in different if f[:2] in used], places["shrinkage"], Reason.CHANNEL, note=note),
    ]
    posted = post_held(call, held, moves, cause="channel")
    for variant, location, variance in different:
        call.record(
            "stock.set", ("variant", variant), ("location", location, "place"), change=variance,
            lost=posted.lost.get((variant, location), 0),
        )  # fmt: skip
    more = sum(f.variance for f in different if f.variance > 0)
    fewer = -sum(f.variance for f in different if f.variance < 0)
    return OnHandSet(
        len(different), len(found) - len(different), more, fewer, posted.movements, sum(posted.lost.values())
    )


def _on_hand(held: HeldLevels, variant: int, location: int, units: int, meaning: str) -> int:
    if meaning != Meaning.AVAILABLE:
        return max(0, units)
    level = held.at(variant, location)
    spoken_for = level.damaged + level.quality_control + level.committed + level.reserved + level.safety_stock
    return max(0, units + spoken_for)


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
