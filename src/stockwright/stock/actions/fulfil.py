"""Goods leaving to customers, and coming back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from stockwright.kit.actions import Call, Fact
from stockwright.kit.bulk import fetch
from stockwright.stock.actions.held import HeldLevels, hold, make_levels, system_location
from stockwright.stock.actions.ledger import Move, Posted, post_held, post_movements
from stockwright.stock.actions.promises import lessen
from stockwright.stock.errors import NotCommitted
from stockwright.stock.models import Reason


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of a variant that left for a line."""

    line_id: int
    order_id: int
    variant_id: int
    location_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """What left, by variant and location: of a kit, its components."""

    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Returned:
    """Units of a variant that came back from a customer; of a kit, name its components."""

    line_id: int
    order_id: int
    variant_id: int
    units: int
    location_id: int
    condition: str = "sellable"


def fulfil_demands(call: Call, lines: Mapping[int, int], location_id: int | None = None) -> Fulfilled:
    """Let committed units of lines go to their customers, from one location or wherever they are committed.

    Units: of the lines; a kit takes all its components along.
    Locks: all levels of the variants concerned, in key order.
    Raises: NotCommitted.
    """
    wanted = {line: units for line, units in lines.items() if units > 0}
    if not wanted:
        return Fulfilled()
    ids = list(wanted)
    held = hold(
        row[0]
        for row in fetch(
            "SELECT DISTINCT l.variant_id FROM stock_commitment c JOIN stock_level l ON l.id = c.level_id"
            " WHERE c.line_id = ANY(%s)",
            (ids,),
        )
    )
    rows = fetch(
        "SELECT id, line_id, order_id, level_id, units, per_kit FROM stock_commitment"
        " WHERE line_id = ANY(%s) AND level_id = ANY(%s)",
        (ids, list(held.levels)),
    )
    waiting = fetch("SELECT line_id, variant_id, per_kit FROM stock_shortfall WHERE line_id = ANY(%s)", (ids,))
    pieces, taken = _choose(held, wanted, rows, waiting, location_id)
    customers = system_location("customer")
    moves = [
        Move(
            piece.variant_id, piece.units, piece.location_id, customers, Reason.SHIPPED,
            reference=("order", piece.order_id),
        )
        for piece in pieces
    ]  # fmt: skip

    def uncommit(levels: HeldLevels) -> Collection[int]:
        for piece in pieces:
            levels.at(piece.variant_id, piece.location_id).committed -= piece.units
        lessen("stock_commitment", taken)
        return ()

    post_held(call, held, moves, within=uncommit, cause="fulfilled")
    left: dict[int, int] = {}
    for piece in pieces:
        left[piece.order_id] = left.get(piece.order_id, 0) + piece.units
    call.record_many(
        Fact("stock.fulfilled", (("order", order, "subject"),), {"units": units}, call.at)
        for order, units in left.items()
    )
    return Fulfilled(tuple(pieces))


def _choose(
    held: HeldLevels,
    wanted: Mapping[int, int],
    rows: list[tuple[int, ...]],
    waiting: list[tuple[int, ...]],
    location_id: int | None,
) -> tuple[list[Piece], dict[int, int]]:
    """Which commitments are used up: those of the location asked first go first."""
    # Units still wanted of each (line, variant).
    left: dict[tuple[int, int], int] = {}
    for line, variant, per_kit in waiting:
        left[line, variant] = wanted[line] * per_kit
    for _, line, _, level_id, _, per_kit in rows:
        left[line, held.levels[level_id].variant_id] = wanted[line] * per_kit
    pieces: list[Piece] = []
    taken: dict[int, int] = {}
    rank = attrgetter("priority", "location_id")
    for row_id, line, order, level_id, units, _ in sorted(rows, key=lambda row: rank(held.levels[row[3]])):
        level = held.levels[level_id]
        use = min(units, left[line, level.variant_id])
        if not use or location_id not in (None, level.location_id):
            continue
        left[line, level.variant_id] -= use
        taken[row_id] = use
        pieces.append(Piece(line, order, level.variant_id, level.location_id, use))
    known = {line for line, _ in left}
    missing = sorted({line for (line, _), units in left.items() if units} | (wanted.keys() - known))
    if missing:
        raise NotCommitted(lines=missing)
    return pieces, taken


def take_back(call: Call, returned: Iterable[Returned]) -> Posted:
    """Take units back from customers; sellable ones are offered to the orders that wait.

    Locks: all levels of the variants concerned, in key order.
    """
    back = [item for item in returned if item.units > 0]
    if not back:
        return Posted()
    customers = system_location("customer")
    make_levels((item.variant_id, item.location_id) for item in back)
    posted = post_movements(
        call,
        [
            Move(
                item.variant_id, item.units, customers, item.location_id, Reason.RETURNED,
                to_condition=item.condition, reference=("order", item.order_id),
            )
            for item in back
        ],
        cause="returned",
    )  # fmt: skip
    units: dict[int, int] = {}
    for item in back:
        units[item.order_id] = units.get(item.order_id, 0) + item.units
    call.record_many(
        Fact("stock.taken_back", (("order", order, "subject"),), {"units": n}, call.at) for order, n in units.items()
    )
    return posted
