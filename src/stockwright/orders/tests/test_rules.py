from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.kit.clock import BusinessCalendar
from stockwright.orders.rules import (
    ZERO,
    Kept,
    Parts,
    Promises,
    as_told,
    changed_totals,
    first_totals,
    fulfilment_state,
    in_shop_money,
    payment_state,
    return_state,
    share,
)
from stockwright.orders.states import Fulfilment, Payment, Return

D = Decimal
coins = st.integers(0, 100_000).map(lambda n: D(n) / 100)
lines = st.builds(lambda units, price, tax: Kept(units, units, units * price, tax), st.integers(1, 9), coins, coins)


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ([], Fulfilment.FULFILLED),
        ([Parts(2)], Fulfilment.OPEN),
        ([Parts(2, fulfilled=1)], Fulfilment.PARTIAL),
        ([Parts(2, cancelled=1, fulfilled=1)], Fulfilment.FULFILLED),
        ([Parts(2, cancelled=2)], Fulfilment.CANCELLED),
        ([Parts(2, cancelled=2), Parts(1, fulfilled=1)], Fulfilment.FULFILLED),
        ([Parts(2, cancelled=2), Parts(1)], Fulfilment.OPEN),
    ],
)
def test_fulfilment_follows_the_units(parts: list[Parts], state: Fulfilment):
    assert fulfilment_state(parts) is state


@pytest.mark.parametrize(
    ("total", "paid", "refunded", "state"),
    [
        (10, 0, 0, Payment.PENDING),
        (0, 0, 0, Payment.PAID),
        (10, 4, 0, Payment.PARTIALLY_PAID),
        (10, 10, 0, Payment.PAID),
        (10, 12, 0, Payment.PAID),
        (10, 10, 3, Payment.PARTIALLY_REFUNDED),
        (10, 10, 10, Payment.REFUNDED),
    ],
)
def test_payment_follows_the_amounts(total: int, paid: int, refunded: int, state: Payment):
    assert payment_state(D(total), D(paid), D(refunded)) is state


def test_what_amounts_cannot_tell_is_what_was_said():
    assert payment_state(D(10), ZERO, ZERO, Payment.AUTHORIZED) is Payment.AUTHORIZED


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ([Parts(2, fulfilled=2)], Return.NONE),
        ([Parts(2, fulfilled=2, returned=1)], Return.PARTIAL),
        ([Parts(2, fulfilled=2, returned=2), Parts(1, cancelled=1)], Return.RETURNED),
    ],
)
def test_return_follows_the_units(parts: list[Parts], state: Return):
    assert return_state(parts) is state


@pytest.mark.parametrize(
    ("here", "told", "after"),
    [
        (Parts(2), Parts(3), Parts(3)),
        (Parts(3, 0, 2), Parts(1), Parts(2, 0, 2)),
        (Parts(3, 1), Parts(3), Parts(3, 1)),
        (Parts(3, 1, 1), Parts(3, 0, 3, 1), Parts(3, 0, 3, 1)),
    ],
)
def test_what_happened_here_stays_when_a_channel_tells_less(here: Parts, told: Parts, after: Parts):
    assert as_told(here, told, here.cancelled) == after


def test_what_a_channel_told_as_gone_is_wanted_again_when_it_says_so():
    assert as_told(Parts(3, 3), Parts(3, 1)) == Parts(3, 1)


@given(here=st.tuples(*[st.integers(0, 9)] * 4), told=st.tuples(*[st.integers(0, 9)] * 4))
def test_parts_fit_whatever_is_told(here: tuple[int, ...], told: tuple[int, ...]):
    after = as_told(_fitting(*here), _fitting(*told))
    assert after.open >= 0
    assert 0 <= after.returned <= after.fulfilled
    assert after.cancelled >= 0


def _fitting(units: int, cancelled: int, fulfilled: int, returned: int) -> Parts:
    fulfilled = min(fulfilled, units)
    return Parts(units, min(cancelled, units - fulfilled), fulfilled, min(returned, fulfilled))


@given(st.lists(lines, min_size=1, max_size=6), coins, coins, st.data())
def test_cancelled_and_kept_parts_sum_to_the_whole(
    before: list[Kept], discount: Decimal, ship: Decimal, data: st.DataObject
):
    whole = first_totals(
        before, discount=discount, shipping=ship, fees=ZERO, tax=None, taxes_included=False, currency="EUR"
    )
    after = [Kept(line.units, data.draw(st.integers(0, line.kept)), line.total, line.tax) for line in before]
    now = changed_totals(whole, before, after, "EUR")
    for line, left in zip(before, after, strict=True):
        gone = line.units - left.kept
        # A half coin may fall to either side.
        assert abs(
            share(line.total, left.kept, line.units, "EUR") + share(line.total, gone, line.units, "EUR") - line.total
        ) <= D("0.01")
    assert ZERO <= now.discount <= whole.discount
    assert now.subtotal <= whole.subtotal
    assert now.shipping == whole.shipping
    assert changed_totals(whole, before, before, "EUR") == whole


@given(st.lists(lines, min_size=1, max_size=6), coins)
def test_cancelling_everything_leaves_no_discount(before: list[Kept], discount: Decimal):
    whole = first_totals(
        before, discount=discount, shipping=ZERO, fees=ZERO, tax=None, taxes_included=False, currency="EUR"
    )
    none = [Kept(line.units, 0, line.total, line.tax) for line in before]
    now = changed_totals(whole, before, none, "EUR")
    assert (now.subtotal, now.tax) == (ZERO, ZERO)
    assert now.discount == 0 or whole.subtotal == 0


def test_tax_within_the_prices_is_not_added_again():
    totals = first_totals(
        [Kept(1, 1, D("12.10"), D("2.10"))], discount=ZERO, shipping=ZERO, fees=ZERO, tax=None, taxes_included=True,
        currency="EUR",
    )  # fmt: skip
    assert (totals.tax, totals.total) == (D("2.10"), D("12.10"))


def test_shop_money_is_rounded_to_its_own_coins():
    assert in_shop_money(D("10.00"), D("157.213"), "EUR", "JPY") == D(1572)
    assert in_shop_money(D("10.005"), D(1), "EUR", "EUR") == D("10.005")


@pytest.mark.parametrize(
    ("placed", "due"),
    [
        ("2026-03-02T09:00", "2026-03-02T16:00"),  # a Monday, before the cut-off
        ("2026-03-02T13:00", "2026-03-03T16:00"),  # 14:00 in Amsterdam
        ("2026-03-06T20:00", "2026-03-09T16:00"),  # over the weekend
        ("2026-04-24T20:00", "2026-04-28T15:00"),  # the King's day in between, and summer time
    ],
)
def test_promises_know_cut_off_weekend_holiday_and_summer_time(placed: str, due: str):
    calendar = BusinessCalendar(zone="Europe/Amsterdam", holidays=frozenset({date(2026, 4, 27)}))
    promises = Promises(calendar, 0)
    moment = datetime.fromisoformat(placed).replace(tzinfo=UTC)
    assert promises.ship_by(moment) == promises.ship_by(moment) == datetime.fromisoformat(due).replace(tzinfo=UTC)
