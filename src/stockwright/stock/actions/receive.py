"""Goods coming in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.errors import NotFound
from stockwright.stock.actions.arrivals import count_arrived
from stockwright.stock.actions.checks import bin_ids, lot_ids, refuse_hollow, refuse_lotless, refuse_uncountable
from stockwright.stock.actions.held import system_locations
from stockwright.stock.actions.ledger import Move, Posted, post_movements
from stockwright.stock.actions.reverse import reversing
from stockwright.stock.errors import ArrivalElsewhere, BelongsToTransfer
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


@action("stock.receive", title=str(_("Receive")), subject="variant", subject_field="variant_id", inverse=reversing)
def receive(call: Call, given: ReceiveGiven) -> Posted:
    """Take units in, from a supplier or as an opening balance; orders that wait for them are served at once.

    Raises: UnknownVariant, UnknownLocation, UnknownBin, NoStockThere, KitHasNoStock, NotStocked, LotNeeded,
    ArrivalClosed, ArrivalElsewhere, BelongsToTransfer.
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
    origins = _origins(receipts)
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


def _origins(receipts: Sequence[Receipt]) -> dict[int, int]:
    """Where the units of arrivals come from.

    Raises: NotFound; BelongsToTransfer, as only the transfer knows its units; ArrivalElsewhere where an arrival brings
    something else, or to somewhere else.
    """
    brought = {r.arrival_id for r in receipts if r.arrival_id is not None}
    if not brought:
        return {}
    rows = fetch(
        "SELECT a.id, a.origin_id, a.variant_id, a.location_id, v.sku, o.name,"
        " CASE WHEN a.reference_type = 'transfer' THEN a.reference_id END"
        " FROM stock_arrival a JOIN catalog_variant v ON v.id = a.variant_id"
        " JOIN stock_location o ON o.id = a.location_id WHERE a.id = ANY(%s)",
        (list(brought),),
    )
    if len(rows) < len(brought):
        raise NotFound(what="arrival", which=min(brought - {row[0] for row in rows}))
    places = {row[0]: (row[2], row[3]) for row in rows}
    for id_, _origin, _variant, _location, sku, place, transfer in rows:
        if transfer is not None:
            raise BelongsToTransfer(transfer=f"T-{transfer}")
        if any(r.arrival_id == id_ and (r.variant_id, r.location_id) != places[id_] for r in receipts):
            raise ArrivalElsewhere(arrival=id_, sku=sku, location=place)
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
