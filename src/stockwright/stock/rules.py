"""Pure decisions about stock: who gets which units, which promises are lost first, which lot leaves first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import NamedTuple


class Part(NamedTuple):
    """One variant that an order line needs: the line's own, or a component of its kit.

    A tuple, because a big batch makes a hundred thousand of them.
    """

    line_id: int
    order_id: int
    variant_id: int
    units: int
    # Units of it in one unit of the line: more than one only within kits.
    per_kit: int
    due_at: datetime
    placed_at: datetime


class Take(NamedTuple):
    """Units given to a part from the place of that index."""

    part: Part
    place: int
    units: int


class Decision(NamedTuple):
    """Who gets what, and who waits."""

    takes: list[Take]
    short: list[tuple[Part, int]]


# Of each place, in order of priority: variant to free units.
Places = Sequence[dict[int, int]]

# The queue: the earliest promise first, then the earliest order, then the lowest line.
in_queue_order = itemgetter(5, 6, 0)


def decide(parts: Iterable[Part], places: Places) -> Decision:
    """Give free units to parts in queue order, and use them up in `places`.

    An order goes to the first place that can fill all of it. Where none can, each line goes to the first place that
    can fill that line, and is split over places by priority only where none can.
    """
    orders: dict[int, list[Part]] = {}
    for part in sorted(parts, key=in_queue_order):
        lines = orders.get(part[1])
        if lines is None:
            orders[part[1]] = [part]
        else:
            lines.append(part)
    decision = Decision([], [])
    for lines in orders.values():
        if len(lines) == 1:
            _serve_line(lines[0], places, decision)
        elif not _serve_whole(lines, places, decision):
            for part in lines:
                _serve_line(part, places, decision)
    return decision


def _serve_whole(lines: list[Part], places: Places, decision: Decision) -> bool:
    """Fill an order's lines from one place; demand is summed per variant before it is compared."""
    needs: dict[int, int] = {}
    for part in lines:
        needs[part[2]] = needs.get(part[2], 0) + part[3]
    for index, free in enumerate(places):
        for variant, units in needs.items():
            if free.get(variant, 0) < units:
                break
        else:
            for variant, units in needs.items():
                free[variant] -= units
            decision.takes.extend([Take(part, index, part[3]) for part in lines])
            return True
    return False


def _serve_line(part: Part, places: Places, decision: Decision) -> None:
    variant, units = part[2], part[3]
    for index, free in enumerate(places):
        if free.get(variant, 0) >= units:
            free[variant] -= units
            decision.takes.append(Take(part, index, units))
            return
    for index, free in enumerate(places):
        here = free.get(variant, 0)
        if here > 0:
            taken = min(here, units)
            free[variant] = here - taken
            decision.takes.append(Take(part, index, taken))
            units -= taken
            if not units:
                return
    decision.short.append((part, units))


class Held(NamedTuple):
    """A promise that may have to be cut: its row and its units, youngest first within its level."""

    row_id: int
    level_id: int
    units: int


def cut(over: Mapping[int, int], promises: Iterable[Held]) -> list[tuple[int, int]]:
    """Take units away from promises, in the order given, until no level has promised more than it has.

    Shape: `over` is level to units too many; the answer is (row, units taken away).
    """
    left = dict(over)
    cuts = []
    for promise in promises:
        taken = min(left.get(promise.level_id, 0), promise.units)
        if taken > 0:
            left[promise.level_id] -= taken
            cuts.append((promise.row_id, taken))
    return cuts


class Portion(NamedTuple):
    """Units that lie in a lot, a bin, or both."""

    lot_id: int | None
    bin_id: int | None
    expires_on: date | None
    units: int


def draw(
    units: int, portions: Iterable[Portion], *, bin_first: int | None = None, fresh_on: date | None = None
) -> list[tuple[Portion, int]]:
    """Choose the lots and bins that units leave: first expiring first, then the oldest lot, then what is in no lot.

    Of one lot, the units in `bin_first` go first. With `fresh_on`, lots that expired before that day go last.
    Shape: (portion, units); fewer units than asked for where the portions have fewer.
    """

    def rank(portion: Portion) -> tuple[bool, bool, date, int, bool, int]:
        day = portion.expires_on
        return (
            portion.lot_id is None,
            bool(fresh_on and day and day < fresh_on),
            day or date.max,
            portion.lot_id or 0,
            portion.bin_id != bin_first,
            portion.bin_id or 0,
        )

    drawn: list[tuple[Portion, int]] = []
    for portion in sorted(portions, key=rank):
        taken = min(units, portion.units)
        if taken > 0:
            drawn.append((portion, taken))
            units -= taken
    return drawn


def shortfall_kind(backorder: str) -> str:
    """What to call it when a variant with this policy can't be promised."""
    return {"continue": "backordered", "preorder": "preordered"}.get(backorder, "oversold")
