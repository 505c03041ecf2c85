from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.kit.clock import BusinessCalendar

AMSTERDAM = BusinessCalendar(zone="Europe/Amsterdam", cut_off=time(14), opens=time(8), closes=time(17))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("placed", "due"),
    [
        # Monday before the cut-off (13:59 local is 12:59 UTC in winter), at it, and after it.
        ("2026-01-12T12:59", "2026-01-12T16:00"),
        ("2026-01-12T13:00", "2026-01-13T16:00"),
        ("2026-01-12T20:00", "2026-01-13T16:00"),
        # Friday after the cut-off, Saturday and Sunday: Monday.
        ("2026-01-09T13:30", "2026-01-12T16:00"),
        ("2026-01-10T05:00", "2026-01-12T16:00"),
        ("2026-01-11T23:30", "2026-01-12T16:00"),
        # Summer: closing time is an hour earlier in UTC.
        ("2026-07-01T11:59", "2026-07-01T15:00"),
        # Placed on Friday of the week-end when clocks go forward, due on Monday in summer time.
        ("2026-03-27T14:00", "2026-03-30T15:00"),
    ],
)
def test_the_cut_off_decides_the_day(placed: str, due: str):
    assert AMSTERDAM.ship_by(utc(placed)) == utc(due)


def test_holidays_and_handling_days_are_skipped_by_working_days():
    calendar = BusinessCalendar(holidays=frozenset({date(2026, 12, 25), date(2026, 12, 28)}), closes=time(17))
    assert calendar.ship_by(utc("2026-12-24T10:00"), handling_days=1) == utc("2026-12-29T17:00")
    assert calendar.ship_by(utc("2026-12-24T15:00")) == utc("2026-12-29T17:00")


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 5, 5), 24)])
def test_days_when_clocks_change_are_shorter_or_longer(day: date, hours: int):
    start, end = AMSTERDAM.bounds(day)
    assert (end - start).total_seconds() == hours * 3600
    assert AMSTERDAM.day(start) == day
    assert AMSTERDAM.day(end) > day


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-01-12T07:00", "2026-01-12T16:00", 9),
        ("2026-01-12T15:00", "2026-01-13T08:00", 2),
        # Friday evening to Monday morning: the week-end does not count.
        ("2026-01-09T16:00", "2026-01-12T08:00", 1),
        ("2026-01-12T10:00", "2026-01-12T10:00", 0),
        ("2026-01-12T10:00", "2026-01-12T09:00", 0),
        ("2026-01-10T00:00", "2026-01-11T23:00", 0),
    ],
)
def test_only_opening_hours_count(start: str, end: str, hours: float):
    assert AMSTERDAM.working_hours(utc(start), utc(end)) == pytest.approx(hours)


def test_a_calendar_without_working_days_ends_all_the_same():
    never = BusinessCalendar(working_days=frozenset())
    assert never.next_working_day(date(2026, 1, 1)) == date(2026, 1, 1)


moments = st.integers(0, 10 * 365 * 86400).map(lambda seconds: utc("2020-01-01T00:00") + timedelta(seconds=seconds))


@given(placed=moments, days=st.integers(0, 10), zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]))
def test_the_promise_is_kept_on_a_working_day_after_the_order(placed: datetime, days: int, zone: str):
    calendar = BusinessCalendar(zone=zone)
    due = calendar.ship_by(placed, days)
    assert due > placed
    assert calendar.works(calendar.day(due))
    assert calendar.local(due).time() == calendar.closes
