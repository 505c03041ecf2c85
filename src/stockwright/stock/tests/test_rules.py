from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.stock.rules import Held, Part, Portion, cut, decide, draw, shortfall_kind
from stockwright.stock.tests.make import NOON


def part(line: int, variant: int, units: int, *, order: int = 0, due: int = 0, placed: int = 0) -> Part:
    return Part(line, order or line, variant, units, 1, NOON + timedelta(days=due), NOON + timedelta(days=placed))


CUP, TRAY = 1, 2


@pytest.mark.parametrize(
    ("parts", "places", "takes", "short"),
    [
        # Nothing there, nothing given.
        ([part(1, CUP, 2)], [], {}, {1: 2}),
        # Some.
        ([part(1, CUP, 3)], [{CUP: 2}], {(1, 0): 2}, {1: 1}),
        # The first place that has all of a line, not the first that has some.
        ([part(1, CUP, 3)], [{CUP: 2}, {CUP: 3}], {(1, 1): 3}, {}),
        # Split only where none has it whole.
        ([part(1, CUP, 4)], [{CUP: 2}, {CUP: 3}], {(1, 0): 2, (1, 1): 2}, {}),
        # An order's lines stay together.
        (
            [part(1, CUP, 1, order=9), part(2, TRAY, 1, order=9)],
            [{CUP: 5}, {TRAY: 5}, {CUP: 1, TRAY: 1}],
            {(1, 2): 1, (2, 2): 1},
            {},
        ),
        # Two lines of one order share a variant: together they are more than there is.
        ([part(1, CUP, 2, order=9), part(2, CUP, 2, order=9)], [{CUP: 3}], {(1, 0): 2, (2, 0): 1}, {2: 1}),
        # The earliest promise first, then the earliest order, then the lowest line.
        ([part(1, CUP, 1, due=2), part(2, CUP, 1, due=1)], [{CUP: 1}], {(2, 0): 1}, {1: 1}),
        ([part(1, CUP, 1, placed=2), part(2, CUP, 1, placed=1)], [{CUP: 1}], {(2, 0): 1}, {1: 1}),
        ([part(2, CUP, 1), part(1, CUP, 1)], [{CUP: 1}], {(1, 0): 1}, {2: 1}),
    ],
)
def test_decides_who_gets_what_from_where(
    parts: list[Part], places: list[dict[int, int]], takes: dict[tuple[int, int], int], short: dict[int, int]
):
    decision = decide(parts, places)
    assert {(t.part.line_id, t.place): t.units for t in decision.takes} == takes
    assert {p.line_id: units for p, units in decision.short} == short


_PARTS = st.lists(
    st.builds(
        part,
        st.integers(1, 1000),
        st.integers(1, 3),
        st.integers(1, 9),
        order=st.integers(1, 5),
        due=st.integers(0, 3),
        placed=st.integers(0, 3),
    ),
    max_size=20,
    unique_by=lambda p: p.line_id,
)
_PLACES = st.lists(st.dictionaries(st.integers(1, 3), st.integers(1, 20)), max_size=3)


@given(parts=_PARTS, places=_PLACES)
def test_never_gives_more_than_there_is_and_never_forgets_a_unit(parts: list[Part], places: list[dict[int, int]]):
    stock = [dict(place) for place in places]
    decision = decide(parts, places)
    given_to: dict[int, int] = {}
    for take in decision.takes:
        given_to[take.part.line_id] = given_to.get(take.part.line_id, 0) + take.units
        stock[take.place][take.part.variant_id] -= take.units
    assert all(units >= 0 for place in stock for units in place.values())
    assert stock == places
    missing = {p.line_id: units for p, units in decision.short}
    assert all(p.units == given_to.get(p.line_id, 0) + missing.get(p.line_id, 0) for p in parts)
    # Who is short is short because nothing is left.
    assert all(not any(place.get(p.variant_id) for place in places) for p, _units in decision.short)


def test_cuts_the_promises_in_the_order_given():
    promises = [Held(1, 10, 2), Held(2, 10, 5), Held(3, 20, 1)]
    assert cut({10: 3, 20: 4}, promises) == [(1, 2), (2, 1), (3, 1)]


PORTIONS = [
    Portion(6, None, None, 1),
    Portion(5, None, date(2027, 5, 1), 2),
    Portion(7, 30, date(2027, 1, 1), 2),
    Portion(7, 40, date(2027, 1, 1), 1),
    Portion(None, 40, None, 9),
]


@pytest.mark.parametrize(
    ("units", "drawn"),
    [
        (2, [(7, 40, 1), (7, 30, 1)]),
        (4, [(7, 40, 1), (7, 30, 2), (5, None, 1)]),
        (9, [(7, 40, 1), (7, 30, 2), (5, None, 2), (6, None, 1), (None, 40, 3)]),
    ],
)
def test_draws_the_lot_that_expires_first_and_those_without_a_day_last(
    units: int, drawn: list[tuple[int | None, int | None, int]]
):
    assert [(p.lot_id, p.bin_id, n) for p, n in draw(units, PORTIONS, bin_first=40)] == drawn


def test_draws_expired_lots_last_where_fresh_ones_are_wanted():
    drawn = draw(4, PORTIONS, fresh_on=date(2027, 3, 1))
    assert [(p.lot_id, n) for p, n in drawn] == [(5, 2), (6, 1), (7, 1)]
    assert sum(n for _p, n in draw(99, PORTIONS)) == 15


def test_calls_a_shortfall_by_the_policy():
    kinds = [shortfall_kind(policy) for policy in ("deny", "continue", "preorder")]
    assert kinds == ["oversold", "backordered", "preordered"]
