"""Goods going from one of our locations to another, through transit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.errors import Invalid, NotFound
from stockwright.kit.states import move as move_state
from stockwright.stock.actions.arrivals import Expected, close_rows, count_arrived, write_arrivals
from stockwright.stock.actions.checks import refuse_hollow, refuse_uncountable
from stockwright.stock.actions.held import HeldLevels, make_levels, system_locations
from stockwright.stock.actions.ledger import Move, Posted, post_movements
from stockwright.stock.errors import TransferNotOpen
from stockwright.stock.models import Condition, Reason, Transfer, TransferLine
from stockwright.stock.states import TRANSFER_MOVES, TransferState


class LineGiven(Given):
    """A variant of a transfer."""

    variant_id: int = Field(title="Variant")
    units: int = Field(title="Units", gt=0, le=10_000_000)


@dataclass(frozen=True, slots=True)
class Transferred:
    """A transfer, and what moved in the ledger."""

    transfer_id: int
    state: str
    movements: tuple[int, ...] = ()
    # Units of promises at the origin that were lost by it.
    lost: int = 0


class CreateTransferGiven(Given):
    """Goods to be sent from one location to another."""

    origin_id: int = Field(title="From")
    destination_id: int = Field(title="To")
    lines: tuple[LineGiven, ...] = Field(title="What", min_length=1, max_length=5000)
    expected_on: date | None = Field(None, title="Expected on")
    note: str = Field("", title="Note", max_length=500)


def _cancelling(_given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "stock.cancel_transfer", {"transfer_id": result["transfer_id"]}


@action(
    "stock.create_transfer", title=str(_("Transfer")), subject="location", subject_field="origin_id",
    inverse=_cancelling,
)  # fmt: skip
def create_transfer(call: Call, given: CreateTransferGiven) -> Transferred:
    """Plan a transfer; nothing moves until it is shipped. More than is free there now is told, not refused: it may come yet.

    Raises: Invalid, UnknownVariant, UnknownLocation, NoStockThere, KitHasNoStock.
    """
    if given.origin_id == given.destination_id:
        raise Invalid(str(_("Choose two different locations.")))
    refuse_hollow([given.origin_id, given.destination_id])
    units: dict[int, int] = {}
    for line in given.lines:
        units[line.variant_id] = units.get(line.variant_id, 0) + line.units
    refuse_uncountable(units)
    transfer = Transfer.objects.create(
        origin_id=given.origin_id, destination_id=given.destination_id, expected_on=given.expected_on,
        note=given.note, created_at=call.at,
    )  # fmt: skip
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, variant_id=variant, units=n) for variant, n in units.items()
    )
    call.record(
        "transfer.created", ("transfer", transfer.pk), ("location", given.origin_id, "origin"),
        ("location", given.destination_id, "destination"), units=sum(units.values()), lines=len(units),
        **_beyond(given.origin_id, units),
    )  # fmt: skip
    return Transferred(transfer.pk, transfer.state)


def _beyond(origin_id: int, units: Mapping[int, int]) -> dict[str, Any]:
    """Of what more is planned than is free at the origin: how many are there, and how many of them nobody was promised."""
    rows = fetch(
        "SELECT v.sku, w.units, coalesce(l.on_hand, 0), greatest(coalesce(l.available, 0), 0)"
        " FROM unnest(%s::bigint[], %s::int[]) AS w(variant, units) JOIN catalog_variant v ON v.id = w.variant"
        " LEFT JOIN stock_level l ON l.variant_id = v.id AND l.location_id = %s"
        " WHERE w.units > coalesce(l.available, 0) ORDER BY v.sku",
        (list(units.keys()), list(units.values()), origin_id),
    )
    names = ("sku", "units", "there", "free")
    return {"beyond": [dict(zip(names, row, strict=True)) for row in rows]} if rows else {}


class ShipTransferGiven(Given):
    """A transfer that leaves its origin."""

    transfer_id: int = Field(title="Transfer")
    lines: tuple[LineGiven, ...] = Field((), title="What left", description="None: all that was planned.")
    keep_promises: bool = Field(
        False, title="Keep promises", description="Refuse rather than take units that were promised to customers."
    )


@action(
    "stock.ship_transfer", title=str(_("Ship transfer")), subject="transfer", subject_field="transfer_id",
    inverse=_cancelling,
)  # fmt: skip
def ship_transfer(call: Call, given: ShipTransferGiven) -> Transferred:
    """Send a transfer off: its units are in transit, and incoming where they go.

    Raises: NotFound, TransferNotOpen, Invalid, NotEnoughHere, PromisesAtRisk.
    """
    transfer = _locked(given.transfer_id, Transfer.State.DRAFT)
    planned = dict(transfer.lines.values_list("variant_id", "units"))
    shipped = _within(given.lines, planned) or planned
    transit = system_locations(("transit",))["transit"]
    move_state(call, transfer, "state", TransferState.IN_TRANSIT, TRANSFER_MOVES, type_="transfer", shipped_at=call.at)
    reference = ("transfer", transfer.pk)
    make_levels((variant, transfer.destination_id) for variant in shipped)

    def announce(held: HeldLevels) -> Collection[int]:
        write_arrivals(
            call, held,
            [
                Expected(
                    variant, transfer.destination_id, units, transfer.expected_on, str(transfer), reference,
                    origin_id=transit,
                )
                for variant, units in shipped.items()
            ],
        )  # fmt: skip
        return shipped

    posted = post_movements(
        call,
        [
            Move(variant, units, transfer.origin_id, transit, Reason.TRANSFER_OUT, reference=reference)
            for variant, units in shipped.items()
        ],
        keep_promises=given.keep_promises,
        within=announce,
    )
    _count_lines(transfer.pk, "shipped", shipped)
    return _done(call, transfer, posted, "transfer.shipped", units=sum(shipped.values()))


class ReceiveTransferGiven(Given):
    """A transfer that arrived, in part or in full."""

    transfer_id: int = Field(title="Transfer")
    lines: tuple[LineGiven, ...] = Field(
        (),
        title="What arrived",
        description="None: all that is still in transit; where the rest is lost, nothing arrived.",
    )
    condition: Condition = Field(Condition.SELLABLE, title="Condition")
    close: bool = Field(False, title="The rest is lost", description="Write off what did not arrive.")


@action("stock.receive_transfer", title=str(_("Receive transfer")), subject="transfer", subject_field="transfer_id")
def receive_transfer(call: Call, given: ReceiveTransferGiven) -> Transferred:
    """Take a transfer in; orders that wait for its goods are served at once.

    Without lines it arrived in full; without lines and with `close` nothing did, and all of it is written off.
    Raises: NotFound, TransferNotOpen, Invalid.
    """
    transfer = _locked(given.transfer_id, Transfer.State.IN_TRANSIT)
    coming = _coming(transfer.pk)
    left = {variant: row[3] - row[4] for variant, row in coming.items()}
    came = _within(given.lines, left)
    if not given.lines and not given.close:
        came = left
    lost = {variant: units - came.get(variant, 0) for variant, units in left.items()} if given.close else {}
    places = system_locations(("transit", "shrinkage"))
    reference = ("transfer", transfer.pk)
    moves = [
        Move(
            variant, units, places["transit"], transfer.destination_id, Reason.TRANSFER_IN,
            to_condition=given.condition.value, reference=reference,
        )
        for variant, units in came.items()
    ] + [
        Move(variant, units, places["transit"], places["shrinkage"], Reason.WRITTEN_OFF, reference=reference)
        for variant, units in lost.items()
    ]  # fmt: skip

    def arrive(held: HeldLevels) -> Collection[int]:
        count_arrived(call, held, {coming[variant][0]: units for variant, units in came.items() if units})
        rest = [coming[v] for v, units in lost.items() if units]
        if rest:
            close_rows(call, held, [(*row[:4], row[4] + came.get(row[1], 0)) for row in rest])
        return left

    posted = post_movements(call, moves, within=arrive)
    _count_lines(transfer.pk, "received", came)
    if given.close or sum(came.values()) == sum(left.values()):
        move_state(
            call, transfer, "state", TransferState.RECEIVED, TRANSFER_MOVES, type_="transfer", received_at=call.at
        )
    return _done(call, transfer, posted, "transfer.received", units=sum(came.values()), written_off=sum(lost.values()))


class CancelTransferGiven(Given):
    """A transfer that is not wanted any more."""

    transfer_id: int = Field(title="Transfer")


@action(
    "stock.cancel_transfer", title=str(_("Cancel transfer")), subject="transfer", subject_field="transfer_id",
    dangerous=True,
)  # fmt: skip
def cancel_transfer(call: Call, given: CancelTransferGiven) -> Transferred:
    """Call a transfer off; what is in transit goes back to where it came from.

    Raises: NotFound, TransferNotOpen.
    """
    transfer = _locked(given.transfer_id, Transfer.State.DRAFT, Transfer.State.IN_TRANSIT)
    coming = _coming(transfer.pk)
    transit = system_locations(("transit",))["transit"]
    back = [
        Move(
            variant, row[3] - row[4], transit, transfer.origin_id, Reason.TRANSFER_IN,
            reference=("transfer", transfer.pk),
        )
        for variant, row in coming.items()
    ]  # fmt: skip

    def give_up(held: HeldLevels) -> Collection[int]:
        close_rows(call, held, list(coming.values()))
        return coming

    posted = post_movements(call, back, within=give_up) if coming else Posted()
    move_state(call, transfer, "state", TransferState.CANCELLED, TRANSFER_MOVES, type_="transfer")
    return _done(call, transfer, posted, "transfer.cancelled", units=sum(move.units for move in back))


def _locked(transfer_id: int, *states: str) -> Transfer:
    """A transfer in one of these states.

    Locks: its row, so that it is shipped or received once; always before any level.
    """
    transfer = Transfer.objects.select_for_update().filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound(what="transfer", which=transfer_id)
    if transfer.state not in states:
        raise TransferNotOpen(state=transfer.get_state_display())
    return transfer


def _within(lines: tuple[LineGiven, ...], most: Mapping[int, int]) -> dict[int, int]:
    """Units by variant, none of them more than there may be."""
    units: dict[int, int] = {}
    for line in lines:
        units[line.variant_id] = units.get(line.variant_id, 0) + line.units
        if units[line.variant_id] > most.get(line.variant_id, 0):
            raise Invalid(str(_("That is more than the transfer has of it.")), variant_id=line.variant_id)
    return units


def _coming(transfer_id: int) -> dict[int, tuple[int, int, int, int, int]]:
    """What of a transfer is in transit, by variant: (arrival, variant, location, units, received)."""
    rows = fetch(
        "SELECT id, variant_id, location_id, units, received FROM stock_arrival"
        " WHERE reference_type = 'transfer' AND reference_id = %s AND closed_at IS NULL ORDER BY id",
        (transfer_id,),
    )
    return {row[1]: (row[0], row[1], row[2], row[3], row[4]) for row in rows}


def _count_lines(transfer_id: int, column: str, units: Mapping[int, int]) -> None:
    execute(
        f"UPDATE stock_transferline t SET {column} = t.{column} + d.units"  # noqa: S608
        " FROM unnest(%s::bigint[], %s::int[]) AS d(variant, units)"
        " WHERE t.transfer_id = %s AND t.variant_id = d.variant",
        (list(units.keys()), list(units.values()), transfer_id),
    )


def _done(
    call: Call, transfer: Transfer, posted: Posted, kind: str, *, units: int, written_off: int = 0
) -> Transferred:
    told = posted.in_all()
    call.record(
        kind, ("transfer", transfer.pk), ("location", transfer.origin_id, "origin"),
        ("location", transfer.destination_id, "destination"), units=units, written_off=written_off, **told,
    )  # fmt: skip
    return Transferred(transfer.pk, str(transfer.state), posted.movements, told["lost"])
