"""What is on its way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import copy_rows, execute, fetch, reserve_ids
from stockwright.kit.errors import Invalid, NotFound
from stockwright.stock.actions.checks import refuse_hollow, refuse_uncountable
from stockwright.stock.actions.held import HeldLevels, hold, make_levels, system_location
from stockwright.stock.actions.promises import refresh_promises, tell_moved
from stockwright.stock.errors import ArrivalClosed, BelongsToTransfer


@dataclass(frozen=True, slots=True)
class Expected:
    """Units that somebody will bring."""

    variant_id: int
    location_id: int
    units: int
    expected_on: date | None = None
    reference: str = ""
    # What brings it, for programs: ("purchase_line", 12).
    cause: tuple[str, int | None] = ("", None)
    unit_cost: Decimal | None = None
    # Suppliers where nothing is said.
    origin_id: int | None = None


@dataclass(frozen=True, slots=True)
class Arriving:
    """Arrivals that were changed, and the orders whose promised date moved with them."""

    arrivals: tuple[int, ...]
    orders_changed: tuple[int, ...] = ()
    # What a change of one found and left, for undo: units and expected_on.
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


class ExpectGiven(Given):
    """Units of a variant that are on their way to a location."""

    variant_id: int = Field(title="Variant")
    location_id: int = Field(title="Location")
    units: int = Field(title="Units", gt=0, le=10_000_000)
    expected_on: date | None = Field(None, title="Expected on")
    reference: str = Field("", title="Reference", max_length=80, description="Such as the purchase order's number.")
    unit_cost: Decimal | None = Field(None, title="Unit cost", ge=0, max_digits=16, decimal_places=4)


def _close(_given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "stock.close_arrival", {"arrival_id": result["arrivals"][0]}


@action("stock.expect", title=str(_("Expect goods")), subject="variant", subject_field="variant_id", inverse=_close)
def expect(call: Call, given: ExpectGiven) -> Arriving:
    """Announce units that are on their way; orders that wait for them get a date.

    Raises: UnknownVariant, UnknownLocation, NoStockThere, KitHasNoStock.
    """
    return expect_many(call, [Expected(**given.model_dump())])


def expect_many(call: Call, expected: Sequence[Expected]) -> Arriving:
    """Announce many at once.

    Locks: all levels of the variants, in key order.
    Raises: as `expect`.
    """
    refuse_uncountable({item.variant_id for item in expected})
    refuse_hollow(item.location_id for item in expected)
    make_levels((item.variant_id, item.location_id) for item in expected)
    held = hold(item.variant_id for item in expected)
    ids = write_arrivals(call, held, expected)
    return _settle(call, held, ids, {item.variant_id for item in expected}, "expected")


def write_arrivals(call: Call, held: HeldLevels, expected: Sequence[Expected]) -> tuple[int, ...]:
    """Write arrivals and count them in the held levels' incoming; the caller writes the levels."""
    suppliers = system_location("supplier")
    ids = reserve_ids("stock_arrival", len(expected))
    for item in expected:
        held.at(item.variant_id, item.location_id).incoming += item.units
    copy_rows(
        "stock_arrival",
        (
            "id", "variant_id", "location_id", "origin_id", "units", "received", "expected_on", "reference_type",
            "reference_id", "reference", "unit_cost", "created_at",
        ),
        (
            (
                id_, item.variant_id, item.location_id, item.origin_id or suppliers, item.units, 0, item.expected_on,
                *item.cause, item.reference, item.unit_cost, call.at,
            )
            for id_, item in zip(ids, expected, strict=True)
        ),
    )  # fmt: skip
    for id_, item in zip(ids, expected, strict=True):
        call.record(
            "stock.expected", ("variant", item.variant_id), ("location", item.location_id, "place"),
            ("arrival", id_, "arrival"), units=item.units, expected_on=item.expected_on, reference=item.reference,
        )  # fmt: skip
    return tuple(ids)


def _settle(call: Call, held: HeldLevels, ids: Sequence[int], variants: set[int], cause: str) -> Arriving:
    held.write()
    orders = refresh_promises(variants, call.at)
    held.moved_orders.update(orders)
    tell_moved(call, held, cause)
    return Arriving(tuple(ids), tuple(sorted(orders)))


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    variant_id: int
    location_id: int
    units: int
    received: int
    expected_on: date | None
    closed: bool
    transfer_id: int | None


def _locked(arrival_ids: Sequence[int]) -> tuple[HeldLevels, list[_Row]]:
    """Open arrivals with the levels that they are counted in.

    Locks: all levels of their variants, then the arrivals, each in key order.
    Raises: NotFound, ArrivalClosed, BelongsToTransfer.
    """
    held = hold(
        row[0] for row in fetch("SELECT variant_id FROM stock_arrival WHERE id = ANY(%s)", (list(arrival_ids),))
    )
    rows = [
        _Row(*row)
        for row in fetch(
            "SELECT id, variant_id, location_id, units, received, expected_on, closed_at IS NOT NULL,"
            " CASE WHEN reference_type = 'transfer' THEN reference_id END FROM stock_arrival WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            (list(arrival_ids),),
        )
    ]
    if len(rows) < len(set(arrival_ids)):
        raise NotFound(what="arrival", which=min(set(arrival_ids) - {row.id for row in rows}))
    if any(row.closed for row in rows):
        raise ArrivalClosed
    for row in rows:
        if row.transfer_id is not None:
            # Its units are in transit: only the transfer can take them in or give them up without losing them.
            raise BelongsToTransfer(transfer=f"T-{row.transfer_id}")
    return held, rows


class ChangeArrivalGiven(Given):
    """News of goods on their way."""

    arrival_id: int = Field(title="Arrival")
    units: int | None = Field(
        None, title="Units", gt=0, le=10_000_000, description="All of it, received ones included."
    )
    expected_on: date | None = Field(None, title="Expected on")
    date_unknown: bool = Field(False, title="Nobody knows when")


def _change_back(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    before = result["before"]
    return "stock.change_arrival", {
        "arrival_id": given["arrival_id"], **before, "date_unknown": before["expected_on"] is None,
    }  # fmt: skip


@action(
    "stock.change_arrival", title=str(_("Change arrival")), subject="arrival", subject_field="arrival_id",
    inverse=_change_back,
)  # fmt: skip
def change_arrival(call: Call, given: ChangeArrivalGiven) -> Arriving:
    """Change how many units an arrival brings, or when; promised dates move with it.

    Raises: NotFound, ArrivalClosed, BelongsToTransfer, Invalid.
    """
    held, (row,) = _locked([given.arrival_id])
    units = row.units if given.units is None else given.units
    if units < row.received:
        raise Invalid(str(_("More than that has been received already.")))
    day = None if given.date_unknown else given.expected_on or row.expected_on
    held.at(row.variant_id, row.location_id).incoming += (units - row.received) - max(0, row.units - row.received)
    closed_at = call.at if units == row.received else None
    execute(
        "UPDATE stock_arrival SET units = %s, expected_on = %s, closed_at = %s WHERE id = %s",
        (units, day, closed_at, row.id),
    )
    call.record(
        "stock.arrival_changed", ("variant", row.variant_id), ("arrival", row.id, "arrival"), units=units,
        units_before=row.units, expected_on=day, expected_before=row.expected_on,
    )  # fmt: skip
    changed = _settle(call, held, [row.id], {row.variant_id}, "arrival_changed")
    before, after = {"units": row.units, "expected_on": row.expected_on}, {"units": units, "expected_on": day}
    return replace(changed, before=before, after=after)


class CloseArrivalGiven(Given):
    """Goods that will not come any more."""

    arrival_id: int = Field(title="Arrival")


@action(
    "stock.close_arrival", title=str(_("Close arrival")), subject="arrival", subject_field="arrival_id", dangerous=True
)
def close_arrival(call: Call, given: CloseArrivalGiven) -> Arriving:
    """Give up what an arrival has not brought yet.

    Raises: NotFound, ArrivalClosed, BelongsToTransfer.
    """
    return close_many(call, [given.arrival_id])


def close_many(call: Call, arrival_ids: Sequence[int]) -> Arriving:
    """Give up what arrivals have not brought yet.

    Raises: NotFound, ArrivalClosed, BelongsToTransfer.
    """
    held, rows = _locked(arrival_ids)
    close_rows(call, held, [(row.id, row.variant_id, row.location_id, row.units, row.received) for row in rows])
    return _settle(call, held, [row.id for row in rows], {row.variant_id for row in rows}, "arrival_closed")


def close_rows(call: Call, held: HeldLevels, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
    """Close arrivals (id, variant, location, units, received) whose levels are held; the caller writes the levels."""
    for id_, variant, location, units, received in rows:
        held.at(variant, location).incoming -= max(0, units - received)
        call.record(
            "stock.arrival_closed", ("variant", variant), ("arrival", id_, "arrival"), given_up=units - received
        )
    execute("UPDATE stock_arrival SET closed_at = %s WHERE id = ANY(%s)", (call.at, [row[0] for row in rows]))


def count_arrived(call: Call, held: HeldLevels, came: Mapping[int, int]) -> Collection[int]:
    """Take units off what arrivals still bring, and off the levels' incoming.

    Shape: arrival to units (negative ones are expected again); answers the variants.
    Raises: NotFound, ArrivalClosed.
    """
    if not came:
        return ()
    rows = fetch(
        "SELECT id, variant_id, location_id, units, received, closed_at FROM stock_arrival WHERE id = ANY(%s)"
        " ORDER BY id FOR UPDATE",
        (list(came),),
    )
    if len(rows) < len(came):
        raise NotFound(what="arrival", which=min(came.keys() - {row[0] for row in rows}))
    changes = []
    for id_, variant, location, units, received, closed_at in rows:
        now_received = max(0, received + came[id_])
        if closed_at and came[id_] > 0:
            raise ArrivalClosed
        was = 0 if closed_at else max(0, units - received)
        held.at(variant, location).incoming += max(0, units - now_received) - was
        changes.append((id_, now_received, now_received >= units))
    execute(
        "UPDATE stock_arrival a SET received = d.received, closed_at = CASE WHEN d.full_now THEN %s::timestamptz END"
        " FROM unnest(%s::bigint[], %s::int[], %s::bool[]) AS d(id, received, full_now) WHERE a.id = d.id",
        (call.at, *(list(column) for column in zip(*changes, strict=True))),
    )
    return {row[1] for row in rows}
