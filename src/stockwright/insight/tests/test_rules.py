from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.insight.rules import Grain, Period, fitting_grain, newest, pieces, runs, sparkline, step_of, steps

days = st.dates(date(2000, 1, 1), date(2040, 1, 1))


@pytest.mark.parametrize(
    ("day", "grain", "first"),
    [
        (date(2026, 11, 23), Grain.DAY, date(2026, 11, 23)),
        (date(2026, 11, 29), Grain.WEEK, date(2026, 11, 23)),
        (date(2026, 11, 23), Grain.WEEK, date(2026, 11, 23)),
        (date(2026, 11, 23), Grain.MONTH, date(2026, 11, 1)),
    ],
)
def test_a_step_begins_on_its_first_day(day: date, grain: Grain, first: date):
    assert step_of(day, grain) == first


@given(days, st.integers(0, 900), st.sampled_from(Grain))
def test_every_day_of_a_period_belongs_to_exactly_one_of_its_steps(first: date, length: int, grain: Grain):
    period = Period(first, first + timedelta(days=length))
    found = steps(period, grain)
    assert found == sorted(set(found))
    assert {step_of(first + timedelta(days=n), grain) for n in range(length + 1)} == set(found)


@given(st.lists(days, max_size=40), st.integers(1, 400))
def test_runs_cover_every_day_and_do_not_overlap(given_days: list[date], near: int):
    found = runs(given_days, near)
    assert all(any(run.first <= day <= run.last for run in found) for day in given_days)
    assert all((b.first - a.last).days > near for a, b in pairwise(found))


@given(st.lists(days, max_size=20), st.integers(1, 10))
def test_pieces_are_the_same_days_and_none_is_too_long(given_days: list[date], longest: int):
    found = runs(given_days, near=1)
    cut = list(pieces(found, longest))
    assert all(piece.days <= longest for piece in cut)
    assert sum(piece.days for piece in cut) == sum(period.days for period in found)
    assert all(any(piece.first <= day <= piece.last for piece in cut) for day in given_days)


def test_the_period_before_is_as_long_and_ends_where_this_begins():
    assert Period(date(2026, 3, 8), date(2026, 3, 14)).before() == Period(date(2026, 3, 1), date(2026, 3, 7))


@pytest.mark.parametrize(("length", "grain"), [(28, Grain.DAY), (365, Grain.WEEK), (2000, Grain.MONTH)])
def test_a_long_period_gets_a_coarser_grain(length: int, grain: Grain):
    assert fitting_grain(Period(date(2020, 1, 1), date(2020, 1, 1) + timedelta(days=length - 1))) is grain


def test_a_sparkline_passes_over_gaps_and_survives_nothing():
    assert sparkline([]) == sparkline([None, None]) == ""
    assert sparkline([1.0, None, 2.0], 100, 20) == "M0.0 18.0L100.0 2.0"
    assert sparkline([None, 3.0], 100, 20) == "M100.0 10.0h0.01"


@given(st.lists(days, max_size=12), st.integers(1, 400))
def test_history_is_taken_from_its_end_and_nothing_of_it_is_lost(touched: list[date], most: int):
    history = runs(touched)
    taken, left = newest(history, most)
    assert sum(p.days for p in taken) == min(most, sum(p.days for p in history))
    assert sum(p.days for p in [*taken, *left]) == sum(p.days for p in history)
    assert all(old.last < new.first for old in left for new in taken)
    assert newest(history, None) == (history, [])
