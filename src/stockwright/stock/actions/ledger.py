"""The ledger: the only place where units change place or condition, and so the only writer of on-hand numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from stockwright.kit.actions import Call
from stockwright.kit.bulk import copy_rows, fetch, reserve_ids
from stockwright.kit.clock import now
from stockwright.kit.partitions import ensure_months
from stockwright.stock.actions.held import HeldLevels, hold, make_levels, shortages
from stockwright.stock.actions.portions import detailed
from stockwright.stock.actions.promises import (
    drop_expired,
    lose_promises,
    refresh_promises,
    serve_waiting,
    taken_over,
    tell_moved,
)
from stockwright.stock.errors import NotEnoughHere, PromisesAtRisk

SELLABLE, DAMAGED, QUALITY_CONTROL = "sellable", "damaged", "quality_control"


@dataclass(frozen=True, slots=True)
class Move:
    """Units of a variant going from one place and condition to another."""

    variant_id: int
    units: int
    from_location: int
    to_location: int
    reason: str
    from_condition: str = SELLABLE
    to_condition: str = SELLABLE
    from_bin: int | None = None
    to_bin: int | None = None
    lot_id: int | None = None
    # What caused it: ("order", 12).
    reference: tuple[str, int | None] = ("", None)
    note: str = ""
    unit_cost: Decimal | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of movements."""

    movements: tuple[int, ...] = ()
    # (variant, location) to units of commitments that had to be cut and that nowhere else could take over.
    lost: Mapping[tuple[int, int], int] = field(default_factory=dict)
    # Orders whose promises changed: served by what came, or lost by what went.
    orders_changed: tuple[int, ...] = ()
    # (variant, location) to promised units that come from elsewhere now, by the name of the location.
    taken_over: Mapping[tuple[int, int], Mapping[str, int]] = field(default_factory=dict)

    def of(self, variant: int, location: int) -> dict[str, Any]:
        """What a fact about a level says of its promises: how many are lost, and how many come from elsewhere now."""
        moved = self.taken_over.get((variant, location))
        return {"lost": self.lost.get((variant, location), 0)} | ({"taken_over": dict(moved)} if moved else {})

    def in_all(self) -> dict[str, Any]:
        """The same over all levels, for a fact about many of them."""
        moved: Counter[str] = Counter()
        for places in self.taken_over.values():
            moved.update(places)
        return {"lost": sum(self.lost.values())} | ({"taken_over": dict(moved)} if moved else {})


def post_movements(
    call: Call,
    moves: Iterable[Move],
    *,
    keep_promises: bool = False,
    within: Callable[[HeldLevels], Collection[int]] | None = None,
    cause: str = "",
) -> Posted:
    """Write movements into the ledger and their sums into the levels.

    Promises that can't be kept any more are cut, the youngest first; what becomes free is offered to the orders that
    wait. `within` may change further numbers of the held levels (and rows that they are sums of) in the same breath,
    and says which variants' arrivals it changed.

    Locks: all levels of the variants concerned, in key order.
    Raises: NotEnoughHere, PromisesAtRisk (only with `keep_promises`), NotInLot, NotInBin, OnlyExpired.
    """
    wanted = [move for move in moves if move.units > 0]
    if not wanted and within is None:
        return Posted()
    make_levels((move.variant_id, location) for move in wanted for location in (move.from_location, move.to_location))
    held = hold({move.variant_id for move in wanted})
    return post_held(call, held, wanted, keep_promises=keep_promises, within=within, cause=cause)


def post_held(
    call: Call,
    held: HeldLevels,
    moves: Sequence[Move],
    *,
    keep_promises: bool = False,
    within: Callable[[HeldLevels], Collection[int]] | None = None,
    cause: str = "",
) -> Posted:
    """As `post_movements`, over levels that the caller holds already."""
    freed = drop_expired(held, call.at)
    arriving: set[int] = set()
    if within is not None:
        arriving.update(within(held))
    posted, portions = detailed(held, moves, call.at)
    _apply(held, moves)
    if keep_promises:
        _refuse_broken(held)
    cuts = lose_promises(call, held)
    gained = freed | {move.variant_id for move in moves} | arriving
    lost, moved = taken_over(cuts, serve_waiting(call, held, gained))
    held.write()
    portions.write()
    ids = _write(call, posted)
    held.moved_orders.update(refresh_promises(held.dated(gained) | arriving, call.at))
    changed = tuple(sorted(held.moved_orders))
    tell_moved(call, held, cause or (moves[0].reason if moves else "changed"))
    return Posted(tuple(ids), lost, changed, _by_name(moved))


def _by_name(moved: Mapping[tuple[int, int], Mapping[int, int]]) -> dict[tuple[int, int], dict[str, int]]:
    if not moved:
        return {}
    wanted = {location for places in moved.values() for location in places}
    names = dict(fetch("SELECT id, name FROM stock_location WHERE id = ANY(%s)", (list(wanted),)))
    by_name: dict[tuple[int, int], dict[str, int]] = {}
    for key, places in moved.items():
        # Two locations may have one name.
        told: Counter[str] = Counter()
        for place, units in places.items():
            told[names[place]] += units
        by_name[key] = dict(told)
    return by_name


def _apply(held: HeldLevels, moves: Sequence[Move]) -> None:
    asked: dict[tuple[int, int | None], tuple[int, int]] = {}
    for move in moves:
        level = held.by_place.get((move.variant_id, move.from_location))
        if level is not None:
            level.on_hand -= move.units
            if move.from_condition != SELLABLE:
                setattr(level, move.from_condition, getattr(level, move.from_condition) - move.units)
        level = held.by_place.get((move.variant_id, move.to_location))
        if level is not None:
            level.on_hand += move.units
            if move.to_condition != SELLABLE:
                setattr(level, move.to_condition, getattr(level, move.to_condition) + move.units)
    for move in moves:
        level = held.by_place.get((move.variant_id, move.from_location))
        if level is None:
            continue
        there = level.sellable if move.from_condition == SELLABLE else getattr(level, move.from_condition)
        if there < 0:
            out = sum(
                other.units
                for other in moves
                if (other.variant_id, other.from_location, other.from_condition)
                == (move.variant_id, move.from_location, move.from_condition)
            )
            asked[move.variant_id, move.from_location] = (out, there + out)
    if asked:
        raise NotEnoughHere(shortages(asked))


def _refuse_broken(held: HeldLevels) -> None:
    broken: dict[tuple[int, int | None], tuple[int, int]] = {}
    for level in held.levels.values():
        if level.unpromised < 0:
            broken[level.variant_id, level.location_id] = (level.committed + level.reserved, level.sellable)
    if broken:
        raise PromisesAtRisk(shortages(broken))


_COLUMNS = (
    "id", "variant_id", "units", "from_location_id", "from_condition", "to_location_id", "to_condition", "from_bin_id",
    "to_bin_id", "lot_id", "reason", "reference_type", "reference_id", "note", "unit_cost", "actor", "call",
    "occurred_at", "recorded_at",
)  # fmt: skip
_TYPES = (
    "int8", "int8", "int4", "int8", "varchar", "int8", "varchar", "int8", "int8", "int8", "varchar", "varchar", "int8",
    "text", "numeric", "varchar", "uuid", "timestamptz", "timestamptz",
)  # fmt: skip


def _write(call: Call, moves: Sequence[Move]) -> list[int]:
    """Copy movements into the ledger.

    Shape: their ids, in order.
    """
    if not moves:
        return []
    times = [move.occurred_at or call.at for move in moves]
    ensure_months("stock_movement", min(times), max(times))
    ids = reserve_ids("stock_movement", len(moves))
    actor, call_id, recorded = call.actor.code, call.id, now()
    copy_rows(
        "stock_movement",
        _COLUMNS,
        (
            (
                id_, m.variant_id, m.units, m.from_location, str(m.from_condition), m.to_location, str(m.to_condition),
                m.from_bin, m.to_bin, m.lot_id, str(m.reason), *m.reference, m.note, m.unit_cost, actor, call_id, at,
                recorded,
            )
            for id_, m, at in zip(ids, moves, times, strict=True)
        ),
        _TYPES,
    )  # fmt: skip
    return ids
