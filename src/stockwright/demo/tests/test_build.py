from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stockwright.demo import story
from stockwright.demo.build import LEAD, build
from stockwright.demo.goods import ean13, units_sold
from stockwright.demo.sample import ZONE, past_until
from stockwright.demo.shelves import MAIN, stocked
from stockwright.demo.trade import traded
from stockwright.insight.queries.numbers import numbers
from stockwright.insight.rules import last_days
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.business import calendar
from stockwright.kit.clock import BusinessCalendar, now
from stockwright.kit.kpis import all_kpis
from stockwright.kit.models import Person
from stockwright.kit.people import SYSTEM


def quiet(_text: str, _done: int | None = None, _total: int | None = None) -> None:
    """Nobody listens."""


# Committed as it is built: in one transaction of a minute the server would count its tables as empty, and plan so.
@pytest.mark.django_db(transaction=True)
def test_a_demo_shop_has_something_of_everything_and_is_built_once() -> None:
    first = build(quiet)
    assert first.email == LEAD
    assert Person.objects.get(email=LEAD).check_password(first.password)
    facts = dict(
        fetch(
            "SELECT 'open', count(*) FROM orders_order WHERE fulfilment = 'open' AND NOT is_history"
            " UNION ALL SELECT 'done', count(*) FROM orders_order WHERE NOT is_history AND fulfilled_at IS NOT NULL"
            " UNION ALL SELECT 'cancelled', count(*) FROM orders_order WHERE fulfilment = 'cancelled'"
            " UNION ALL SELECT 'given back', count(*) FROM orders_order WHERE returned <> 'none' AND NOT is_history"
            " UNION ALL SELECT 'credits', count(*) FROM orders_order WHERE is_history"
            " UNION ALL SELECT 'views', count(*) FROM kit_savedview WHERE shared"
            " UNION ALL SELECT 'short', count(*) FROM orders_order WHERE short_units > 0"
            " UNION ALL SELECT 'promised', count(*) FROM stock_commitment"
            " UNION ALL SELECT 'out', count(*) FROM stock_level WHERE on_hand = 0"
            " UNION ALL SELECT 'coming', count(*) FROM stock_arrival"
            " UNION ALL SELECT 'loads', count(*) FROM stock_transfer"
            " UNION ALL SELECT 'kits', count(*) FROM catalog_variant WHERE is_kit"
            " UNION ALL SELECT 'unknown', count(*) FROM orders_order WHERE unmapped_lines > 0"
        )
    )
    assert facts.pop("unknown") == 0
    assert facts["kits"] == 3
    assert min(facts.values()) > 0, facts
    everything_adds_up()
    every_kpi_has_a_value()
    calls = fetch("SELECT count(*) FROM kit_actioncall")
    assert build(quiet) == first
    assert fetch("SELECT count(*) FROM kit_actioncall") == calls


def everything_adds_up() -> None:
    found = perform("stock.reconcile", {}, actor=SYSTEM).result
    assert (found.differences, found.orders_served) == (0, 0)
    shipped, sent = fetch(
        "SELECT (SELECT sum(units) FROM stock_movement WHERE reason = 'shipped'),"
        " (SELECT sum(l.fulfilled) FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id"
        "  WHERE NOT o.is_history AND l.kind = 'goods')"
    )[0]
    assert shipped == sent
    # Nothing left before it was ordered, or before what it waited for had come.
    assert fetch("SELECT count(*) FROM orders_order WHERE fulfilled_at < placed_at AND NOT is_history") == [(0,)]
    assert fetch("SELECT count(*) FROM kit_journalevent WHERE kind = 'order.sent_unpromised'") == [(0,)]


def every_kpi_has_a_value() -> None:
    kpis = all_kpis()
    found = numbers(kpis, last_days(calendar().day(now()), 28))
    assert [kpi.name for kpi in kpis if not found[kpi.name].value] == []
    before = numbers(kpis, last_days(calendar().day(now()), 28).before())
    compared = ("orders", "revenue", "average_order_value", "units", "cancellation_rate")
    assert [name for name in compared if not before[name].value] == []
    on_time = found["on_time_ship"].value
    assert on_time is not None
    assert Decimal("0.90") < on_time < Decimal("0.99")
    short = found["order_fill_rate"].value
    assert short is not None
    assert Decimal("0.90") < short < 1


@pytest.mark.django_db
def test_a_shop_with_people_of_its_own_is_left_alone() -> None:
    Person.objects.create_user("somebody@example.com", name="Somebody", roles=["lead"])
    assert build(quiet) == ("somebody@example.com", "")
    assert fetch("SELECT count(*) FROM orders_order")[0][0] == 0


# A Wednesday, a Saturday, a Monday and a Tuesday.
@pytest.mark.parametrize("days", [0, 3, 5, 6])
def test_the_past_ends_just_before_now_whatever_the_weekday(days: int) -> None:
    moment = datetime(2026, 5, 6, 18, 0, tzinfo=UTC) + timedelta(days=days)
    past = past_until(moment)
    last = max(order["placed_at"] for order in past.orders)
    assert timedelta(0) <= moment - last < timedelta(days=3, hours=12)
    assert moment - past.begins > timedelta(days=27)


def test_the_same_moment_makes_the_same_shop() -> None:
    moment = datetime(2026, 5, 6, 18, 0, tzinfo=UTC)
    assert past_until(moment) == past_until(moment)


def test_barcodes_have_a_true_check_digit_and_stock_is_never_negative() -> None:
    digits = [int(digit) for digit in ean13("85123A")]
    assert sum(digits[0::2]) % 10 == (-3 * sum(digits[1::2])) % 10
    levels = stocked(Counter({"A": 400, "B": 3}), ["A", "B", "C"], 4.0)
    assert min(levels.values()) >= 0


@pytest.mark.parametrize("days", [0, 5])
def test_what_was_sold_and_delivered_leaves_the_shelves_as_planned(days: int) -> None:
    moment = datetime(2026, 5, 6, 11, 0, tzinfo=UTC) + timedelta(days=days, hours=3 * days)
    clock = story.Clock(BusinessCalendar(ZONE), moment - timedelta(days=30), moment)
    past = past_until(moment)
    sold = traded(past.orders, clock.calendar, moment).done
    skus = sorted({line["sku"] for order in sold for line in order["lines"] if line.get("kind") != "fee"})
    levels = stocked(units_sold(past.orders), skus, 4.0)
    supply = story.supplied(sold, levels, clock, moment)
    assert supply.gaps
    assert min(supply.opening.values()) >= 0
    came = Counter[str]()
    for each in (each for morning in supply.deliveries.values() for each in morning):
        came[each.sku] += each.units
    left = units_sold(sold)
    for sku in skus:
        assert supply.opening[sku, MAIN] + came[sku] - left[sku] == levels[sku, MAIN]
    events = story.told(sold, supply, clock, moment)
    assert events == sorted(events, key=lambda event: event.at)
    assert events[-1].at <= moment
    ends = Counter(
        order["number"]
        for event in events
        for order in event.orders
        if "fulfilled_at" in order or "cancelled_at" in order
    )
    assert ends.keys() == {order["number"] for order in sold}
