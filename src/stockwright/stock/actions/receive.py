"""Goods coming in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.errors import NotFound
from stockwright.stock.actions.checks import bin_ids, lot_ids, refuse_hollow, refuse_lotless, refuse_uncountable
from stockwright.stock.actions.held import HeldLevels, system_locations
from stockwright.stock.actions.ledger import Move, Posted, post_movements
from stockwright.stock.errors import ArrivalClosed, BelongsToTransfer
from stockwright.stock.models import Condition, Reason


@dataclass(frozen=True, slots=True)
class Receipt:
    """Units that came in."""

    variant_id: int
    location_id: int
    units: int
    condition: str = "sellable"
    bin: str = ""
    lot: str = ""
    expires_on: date | None = None
    unit_cost: Decimal | None = None
    # The arrival that announced them; None for goods that nobody announced.
    arrival_id: int | None = None
    opening: bool = False
    note: str = ""


class ReceiveGiven(Given):
    """Units of a variant that came in at a location."""

    variant_id: int = Field(title="Variant")
    location_id: int = Field(title="Location")
    units: int = Field(title="Units", gt=0, le=10_000_000)
    condition: Condition = Field(Condition.SELLABLE, title="Condition")
    bin: str = Field("", title="Bin", max_length=40, description="Empty: where this location keeps it.")
    lot: str = Field("", title="Lot", max_length=80, description="Needed for variants tracked by lot.")
    expires_on: date | None = Field(None, title="Expires on")
    unit_cost: Decimal | None = Field(
        None, title="Unit cost", ge=0, max_digits=16, decimal_places=4, description="In the shop's currency."
    )
    arrival_id: int | None = Field(None, title="Arrival", description="What announced it, if anything did.")
    opening: bool = Field(False, title="Opening balance", description="It was here before Stockwright kept the books.")
    note: str = Field("", title="Note", max_length=500)


def _reverse(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The same movements the other way round."""
    arrival = given.get("arrival_id")
    back: dict[str, Any] = {"movements": result["movements"]}
    if arrival is not None:
        back |= {"arrival_id": arrival, "arrival_units": given["units"]}
    return ("stock.reverse", back) if result["movements"] else None


@action("stock.receive", title=str(_("Receive")), subject="variant", subject_field="variant_id", inverse=_reverse)
def receive(call: Call, given: ReceiveGiven) -> Posted:
    """Take units in, from a supplier or as an opening balance; orders that wait for them are served at once.

    Raises: UnknownVariant, UnknownLocation, UnknownBin, NoStockThere, KitHasNoStock, NotStocked, LotNeeded,
    ArrivalClosed.
    """
    return receive_many(call, [Receipt(**{**given.model_dump(), "condition": given.condition.value})])


def receive_many(call: Call, receipts: Sequence[Receipt]) -> Posted:
    """Take many in at once.

    Locks: all levels of the variants, in key order.
    Raises: as `receive`.
    """
    tracking = refuse_uncountable({r.variant_id for r in receipts})
    refuse_hollow(r.location_id for r in receipts)
    refuse_lotless(tracking, [(r.variant_id, r.lot, r.expires_on) for r in receipts])
    bins = bin_ids((r.location_id, r.bin) for r in receipts)
    lots = lot_ids({(r.variant_id, r.lot): r.expires_on for r in receipts})
    places = system_locations(("supplier", "before"))
    origins = _origins({r.arrival_id for r in receipts if r.arrival_id is not None})
    moves = [
        Move(
            r.variant_id, r.units,
            places["before"] if r.opening else origins.get(r.arrival_id or 0, places["supplier"]),
            r.location_id, Reason.OPENING if r.opening else Reason.RECEIVED, to_condition=r.condition,
            to_bin=bins.get((r.location_id, r.bin)), lot_id=lots.get((r.variant_id, r.lot)),
            reference=("arrival", r.arrival_id) if r.arrival_id else ("", None), note=r.note, unit_cost=r.unit_cost,
        )
        for r in receipts
    ]  # fmt: skip
    came: dict[int, int] = {}
    for r in receipts:
        if r.arrival_id is not None:
            came[r.arrival_id] = came.get(r.arrival_id, 0) + r.units

    posted = post_movements(call, moves, within=lambda held: count_arrived(call, held, came), cause="received")
    _keep_bins(receipts, bins)
    for r in receipts:
        call.record(
            "stock.received", ("variant", r.variant_id), ("location", r.location_id, "place"),
            units=r.units, condition=r.condition, opening=r.opening,
        )  # fmt: skip
    return posted


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


def _origins(arrival_ids: set[int]) -> dict[int, int]:
    """Where the units of arrivals come from. Raises: BelongsToTransfer, as only the transfer knows its units."""
    if not arrival_ids:
        return {}
    rows = fetch(
        "SELECT id, origin_id, CASE WHEN reference_type = 'transfer' THEN reference_id END"
        " FROM stock_arrival WHERE id = ANY(%s)",
        (list(arrival_ids),),
    )
    for _id, _origin, transfer in rows:
        if transfer is not None:
            raise BelongsToTransfer(transfer=f"T-{transfer}")
    return {row[0]: row[1] for row in rows}


def _keep_bins(receipts: Sequence[Receipt], bins: Mapping[tuple[int, str], int]) -> None:
    """The first bin that a variant is put into is where the location keeps it."""
    put = [(r.variant_id, r.location_id, bins[r.location_id, r.bin]) for r in receipts if r.bin]
    if put:
        execute(
            "UPDATE stock_level l SET bin_id = d.bin FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])"
            " AS d(variant, location, bin)"
            " WHERE l.variant_id = d.variant AND l.location_id = d.location AND l.bin_id IS NULL",
            [list(column) for column in zip(*put, strict=True)],
        )


class ReverseGiven(Given):
    """Movements to be posted the other way round."""

    movements: tuple[int, ...] = Field(title="Movements", min_length=1)
    arrival_id: int | None = Field(None, title="Arrival")
    arrival_units: int = Field(0, title="Units expected again", ge=0)


@action("stock.reverse", title=str(_("Reverse movements")), for_people=False)
def reverse(call: Call, given: ReverseGiven) -> Posted:
    """Post movements the other way round: the undo of everything that the ledger keeps.

    Raises: NotFound, NotEnoughHere.
    """
    rows = fetch(
        "SELECT variant_id, units, from_location_id, from_condition, to_location_id, to_condition, from_bin_id,"
        " to_bin_id, lot_id, reason, reference_type, reference_id, unit_cost FROM stock_movement WHERE id = ANY(%s)",
        (list(given.movements),),
    )
    if len(rows) < len(given.movements):
        raise NotFound(what="movement", which=min(given.movements))
    moves = [
        Move(
            variant, units, to, origin, reason, from_condition=to_condition, to_condition=from_condition,
            from_bin=to_bin, to_bin=from_bin, lot_id=lot, reference=(type_, id_), unit_cost=cost, note=call.reason,
        )
        for variant, units, origin, from_condition, to, to_condition, from_bin, to_bin, lot, reason, type_, id_, cost
        in rows
    ]  # fmt: skip
    again = {given.arrival_id: -given.arrival_units} if given.arrival_id is not None else {}
    posted = post_movements(call, moves, within=lambda held: count_arrived(call, held, again), cause="reversed")
    for variant in sorted({move.variant_id for move in moves}):
        units = sum(move.units for move in moves if move.variant_id == variant)
        call.record("stock.reversed", ("variant", variant), units=units)
    return posted
