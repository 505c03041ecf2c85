from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.today.rules import Urgency, agreement, rank, urgency

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
values = st.decimals(0, 10**9, places=2)
shares = st.decimals(0, 1, places=3)
hours = st.integers(-5000, 5000)
deadlines = st.one_of(st.none(), hours.map(lambda h: NOW + timedelta(minutes=h)))


def in_hours(number: float) -> datetime:
    return NOW + timedelta(hours=number)


@pytest.mark.parametrize(
    ("value", "sure", "deadline", "per_hour"),
    [
        (100, "1", in_hours(4), 25),
        (100, "0.5", in_hours(4), Decimal("12.5")),
        # Due within the hour, or late: an hour left.
        (100, "1", in_hours(0.2), 100),
        (100, "1", in_hours(-40), 100),
        # Far off presses as little as never.
        (168, "1", in_hours(9000), 1),
        (168, "1", None, 1),
        (0, "1", in_hours(-1), 0),
    ],
)
def test_rank_is_the_money_lost_per_hour(value: int, sure: str, deadline: datetime | None, per_hour: Decimal):
    assert rank(Decimal(value), Decimal(sure), deadline, NOW).per_hour == per_hour


@given(values, values, shares, deadlines)
def test_more_at_stake_never_ranks_lower(a: Decimal, b: Decimal, sure: Decimal, deadline: datetime | None):
    low, high = sorted((a, b))
    assert rank(high, sure, deadline, NOW).per_hour >= rank(low, sure, deadline, NOW).per_hour


@given(values, shares, hours, hours)
def test_an_earlier_deadline_never_ranks_lower(value: Decimal, sure: Decimal, a: int, b: int):
    early, late = (NOW + timedelta(minutes=m) for m in sorted((a, b)))
    assert rank(value, sure, early, NOW).per_hour >= rank(value, sure, late, NOW).per_hour


@given(values, shares, shares, deadlines)
def test_being_surer_never_ranks_lower(value: Decimal, a: Decimal, b: Decimal, deadline: datetime | None):
    low, high = sorted((a, b))
    assert rank(value, high, deadline, NOW).per_hour >= rank(value, low, deadline, NOW).per_hour


@given(values, shares, hours)
def test_no_deadline_presses_as_little_as_the_furthest(value: Decimal, sure: Decimal, minutes: int):
    dated = rank(value, sure, NOW + timedelta(minutes=minutes), NOW)
    assert dated.per_hour >= rank(value, sure, None, NOW).per_hour


@pytest.mark.parametrize(
    ("deadline", "look"),
    [
        (in_hours(-3), Urgency.BAD), (in_hours(4), Urgency.BAD), (in_hours(5), Urgency.SOON),
        (in_hours(36), Urgency.SOON), (in_hours(37), Urgency.CALM), (None, Urgency.CALM),
    ],
)  # fmt: skip
def test_the_look_follows_the_hours_left(deadline: datetime | None, look: Urgency):
    assert urgency(deadline, NOW) is look


def test_agreement_counts_decisions_and_only_unchanged_ones_agree():
    assert agreement(["applied", "applied", "edited", "dismissed", "expired"]) == (2, 4)
