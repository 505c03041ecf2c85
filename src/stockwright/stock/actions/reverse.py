"""Movements posted the other way round: the undo of everything that the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.errors import NotFound
from stockwright.stock.actions.arrivals import count_arrived
from stockwright.stock.actions.ledger import Move, Posted, post_movements
from stockwright.stock.errors import NotReversible, ReversedAlready
from stockwright.stock.models import Reason


def reversing(_given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Undo by posting the same movements the other way round."""
    return ("stock.reverse", {"movements": result["movements"]}) if result["movements"] else None


class ReverseGiven(Given):
    """Movements to be posted the other way round."""

    movements: tuple[int, ...] = Field(title="Movements", min_length=1)


# These belong to an order or a transfer, which would not know of it.
_KEPT_ELSEWHERE = (Reason.SHIPPED, Reason.RETURNED, Reason.TRANSFER_OUT, Reason.TRANSFER_IN)


@action("stock.reverse", title=str(_("Reverse movements")), for_people=False)
def reverse(call: Call, given: ReverseGiven) -> Posted:
    """Post movements the other way round, each once; what an arrival brought is expected again.

    Locks: the movements' reversals, then all levels of the variants, each in key order.
    Raises: NotFound, ReversedAlready, NotReversible, NotEnoughHere, NotInLot, NotInBin.
    """
    wanted = sorted(set(given.movements))
    rows = fetch(
        "SELECT id, variant_id, units, from_location_id, from_condition, to_location_id, to_condition, from_bin_id,"
        " to_bin_id, lot_id, reason, reference_type, reference_id, unit_cost FROM stock_movement WHERE id = ANY(%s)"
        " ORDER BY id",
        (wanted,),
    )
    if len(rows) < len(wanted):
        raise NotFound(what="movement", which=min(set(wanted) - {row[0] for row in rows}))
    _refuse_kept_elsewhere([(row[10], row[11]) for row in rows])
    noted = execute(
        "INSERT INTO stock_reversal (movement_id, call) SELECT m, %s FROM unnest(%s::bigint[]) AS u(m) ORDER BY m"
        " ON CONFLICT DO NOTHING",
        (call.id, wanted),
    )
    if noted < len(wanted):
        raise ReversedAlready
    moves = [
        Move(
            variant, units, to, origin, reason, from_condition=to_condition, to_condition=from_condition,
            from_bin=to_bin, to_bin=from_bin, lot_id=lot, reference=(type_, id_), unit_cost=cost, note=call.reason,
        )
        for _, variant, units, origin, from_condition, to, to_condition, from_bin, to_bin, lot, reason, type_, id_, cost
        in rows
    ]  # fmt: skip
    again = _expected_again(moves)
    posted = post_movements(call, moves, within=lambda held: count_arrived(call, held, again), cause="reversed")
    for variant in sorted({move.variant_id for move in moves}):
        units = sum(move.units for move in moves if move.variant_id == variant)
        call.record("stock.reversed", ("variant", variant), units=units)
    return posted


def _refuse_kept_elsewhere(movements: Iterable[tuple[str, str]]) -> None:
    for reason, reference_type in movements:
        if reason in _KEPT_ELSEWHERE or reference_type == "transfer":
            raise NotReversible(what=str(Reason(reason).label))


def _expected_again(moves: Sequence[Move]) -> dict[int, int]:
    """What arrivals have brought by these moves: less where it goes back."""
    arrivals = {move.reference[1] for move in moves if move.reference[0] == "arrival"}
    places = dict(fetch("SELECT id, location_id FROM stock_arrival WHERE id = ANY(%s)", (list(arrivals),)))
    came: dict[int, int] = {}
    for move in moves:
        type_, id_ = move.reference
        if type_ == "arrival" and id_ is not None and id_ in places:
            came[id_] = came.get(id_, 0) + (move.units if move.to_location == places[id_] else -move.units)
    return came
