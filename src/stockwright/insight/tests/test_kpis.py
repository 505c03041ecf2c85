from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from stockwright.catalog.models import Variant
from stockwright.insight import queries
from stockwright.insight.rules import Grain, Period
from stockwright.insight.tests import make
from stockwright.kit.actions import perform
from stockwright.kit.kpis import Kpi, all_kpis, get_kpi
from stockwright.kit.people import SYSTEM
from stockwright.stock.tests import make as stock

pytestmark = pytest.mark.django_db

MONDAY = Period(date(2026, 3, 2), date(2026, 3, 2))


@pytest.mark.parametrize(
    ("name", "both_days", "monday"),
    [
        # Plain, short, history and foreign: 20 + 20 + 50 + 10 dollars at 0.5.
        ("orders", 4, 3),
        ("revenue", 95, 90),
        ("average_order_value", Decimal("23.75"), 30),
        ("units", 10, 9),
        # One of five; the test order is none.
        ("cancellation_rate", Decimal("0.2"), 0),
        # Due: plain on time, short not sent at all, foreign a day late.
        ("on_time_ship", Decimal("0.333333"), Decimal("0.5")),
        # Stock was asked for plain, short, cancelled and foreign: one unit of six and one line of five was missing.
        ("order_fill_rate", Decimal("0.75"), Decimal("0.5")),
        ("unit_fill_rate", Decimal("0.833333"), Decimal("0.75")),
        ("backorder_rate", Decimal("0.2"), Decimal("0.333333")),
    ],
)
def test_each_kpi_of_a_small_shop_is_what_a_hand_works_out(name: str, both_days: Decimal, monday: Decimal):
    make.shop()
    make.count()
    assert make.value(name) == both_days
    assert make.value(name, MONDAY) == monday


def test_a_record_that_holds_nothing_but_credits_is_no_order_but_its_money_counts():
    make.shop()
    credit = {"sku": "A", "units": -1, "unit_price": "5", "kind": "fee"}
    told = {
        "channel": "web", "number": "C7", "placed_at": make.MONDAY.isoformat(), "currency": "EUR", "is_history": True,
        "tags": ["credit"], "lines": [credit],
    }  # fmt: skip
    perform("orders.place", {"orders": [told]}, actor=SYSTEM)
    make.count()
    assert make.value("orders") == Decimal(4)
    assert make.value("revenue") == Decimal(90)
    assert make.value("average_order_value") == Decimal("23.75")
    assert make.value("cancellation_rate") == Decimal("0.2")
    kpi = get_kpi("orders")
    assert kpi
    assert len(queries.records(kpi, make.TWO_DAYS)) == 4


def test_days_add_up_to_weeks_without_averaging_averages():
    make.shop()
    make.count()
    kpi = get_kpi("average_order_value")
    assert kpi
    (week,) = queries.series([kpi], make.TWO_DAYS, Grain.WEEK)[kpi.name]
    assert (week.day, week.value) == (date(2026, 3, 2), Decimal("23.75"))


def test_a_channel_has_its_own_numbers():
    make.shop()
    make.count()
    assert make.value("revenue", channel=make.channel_id("market")) == 5
    assert make.value("revenue", channel=make.channel_id("web")) == 90


def test_the_day_is_that_of_the_shops_own_clock():
    make.zone("Pacific/Auckland")
    make.orders.channel()
    make.orders.variant("A", 5)
    make.orders.order("1", {"A": 1}, placed_at="2026-03-02T12:30:00+00:00")
    make.count()
    tuesday = Period(date(2026, 3, 3), date(2026, 3, 3))
    assert make.value("orders", MONDAY) == 0
    assert make.value("orders", tuesday) == 1


def test_another_time_zone_counts_everything_anew():
    make.orders.channel()
    make.orders.variant("A", 5)
    make.orders.order("1", {"A": 1}, placed_at="2026-03-02T12:30:00+00:00")
    make.count()
    assert make.value("orders", MONDAY) == 1
    make.zone("Pacific/Auckland")
    make.count()
    assert make.value("orders", MONDAY) == 0


def test_an_order_that_is_still_to_be_sent_is_neither_late_nor_on_time():
    make.orders.channel()
    make.orders.variant("A", 5)
    make.orders.order("1", {"A": 1}, placed_at=make.MONDAY.isoformat(), ship_by="2999-01-01T00:00:00+00:00")
    make.count()
    assert make.value("on_time_ship", Period(date(2999, 1, 1), date(2999, 1, 1))) is None


def test_a_kit_line_is_short_once_when_one_of_its_components_is():
    make.orders.channel()
    here = stock.location("main", priority=1)
    kit = stock.kit("SET", CUP=1, TRAY=1)
    stock.level(Variant.objects.get(sku="CUP"), here, 5)
    make.orders.order("1", {kit.sku: 1}, placed_at=make.MONDAY.isoformat())
    make.count()
    assert make.value("backorder_rate", MONDAY) == 1


def test_lines_of_services_are_no_lines_that_could_be_short():
    make.orders.channel()
    make.orders.variant("A", 5)
    make.orders.variant("B", 0)
    make.orders.variant("WRAP", stocked=False)
    make.orders.order("1", {"A": 1, "B": 1, "WRAP": 1}, placed_at=make.MONDAY.isoformat())
    make.count()
    assert make.value("backorder_rate", MONDAY) == Decimal("0.5")


def test_lines_added_by_an_edit_are_no_lines_of_the_backorder_rate():
    make.orders.channel()
    make.orders.variant("A", 1)
    make.orders.variant("B", 0, backorder="continue")
    order = make.orders.order("1", {"A": 1}, placed_at=make.MONDAY.isoformat())
    perform("orders.edit_lines", {"order_id": order.pk, "add": [{"sku": "B", "units": 1}]}, actor=SYSTEM)
    make.count()
    kpi = get_kpi("backorder_rate")
    assert kpi
    number = queries.numbers([kpi], MONDAY)[kpi.name]
    assert (number.numerator, number.denominator) == (Decimal(0), Decimal(1))


def test_fill_rates_keep_what_was_answered_when_the_order_was_taken():
    make.orders.channel()
    make.orders.variant("A", 2, backorder="continue")
    order = make.orders.order("1", {"A": 2}, placed_at=make.MONDAY.isoformat())
    # More is asked for later than there is, and then less again.
    for units in (9, 1, 2):
        line = order.lines.get()
        given = {"order_id": order.pk, "lines": [{"line_id": line.pk, "units": units}]}
        perform("orders.edit_lines", given, actor=SYSTEM)
    make.count()
    assert make.value("order_fill_rate", MONDAY) == 1
    assert make.value("unit_fill_rate", MONDAY) == 1
    assert make.value("backorder_rate", MONDAY) == 0
    kpi = get_kpi("unit_fill_rate")
    assert kpi
    assert queries.numbers([kpi], MONDAY)[kpi.name].denominator == 2
    assert queries.records(kpi, MONDAY) == []


@pytest.mark.parametrize("kpi", all_kpis(), ids=lambda kpi: kpi.name)
def test_the_records_behind_a_number_add_up_to_it(kpi: Kpi):
    make.shop()
    make.count()
    if kpi.drill is None or kpi.source == "insight.stock_days":
        return
    found = queries.records(kpi, make.TWO_DAYS)
    counted = sum(one.counted for one in found)
    number = queries.numbers([kpi], make.TWO_DAYS)[kpi.name]
    # Rates of what went well list what did not.
    missing = number.denominator - number.numerator
    wanted = missing if kpi.better == "higher" and kpi.unit == "share" else number.numerator
    assert counted == wanted


def test_records_come_page_by_page_and_none_twice():
    make.shop()
    kpi = get_kpi("orders")
    assert kpi
    first = queries.records(kpi, make.TWO_DAYS, limit=3)
    rest = queries.records(kpi, make.TWO_DAYS, limit=3, before=first[-1].key)
    keys = [one.key for one in (*first, *rest)]
    assert len(keys) == len(set(keys)) == 4


def test_lines_short_now_are_told_with_their_worth():
    make.shop()
    assert queries.gauge("lines_short") == (1, Decimal(10))
