from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from stockwright.insight import queries
from stockwright.insight.actions.close_day import DayNotOver
from stockwright.insight.models import StockDay, StockoutSpell
from stockwright.insight.rules import Period
from stockwright.insight.tests import make
from stockwright.kit.actions import perform
from stockwright.kit.kpis import get_kpi
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import Move, post_movements, system_location
from stockwright.stock.actions.held import make_levels
from stockwright.stock.tests import make as stock

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def post(variant: int, units: int, source: int, target: int, reason: str, *, days: int = 0) -> None:
    """Post a movement so many days after DAY."""
    call = stock.call(DAY + timedelta(days=days))
    post_movements(call, [Move(variant, units, source, target, reason)])


def close(at: datetime, **given: object) -> tuple[date, ...]:
    days: tuple[date, ...] = perform("insight.close_day", given, actor=SYSTEM, at=at).result.days
    return days


def little_ledger() -> tuple[int, int]:
    """A: 10 in on Monday, all 10 sold on Wednesday, 4 back in on Friday. B: 5 in on Tuesday, and there they stay."""
    here = stock.location("main", priority=1)
    a = stock.variant("A", cost=Decimal(2), price=Decimal(5))
    b = stock.variant("B", cost=Decimal(10), price=Decimal(20))
    make_levels([(a.pk, here.pk), (b.pk, here.pk)])
    supplier, customer = system_location("supplier"), system_location("customer")
    post(a.pk, 10, supplier, here.pk, "received")
    post(b.pk, 5, supplier, here.pk, "received", days=1)
    post(a.pk, 10, here.pk, customer, "shipped", days=2)
    post(a.pk, 4, supplier, here.pk, "received", days=4)
    return a.pk, b.pk


def rows() -> list[tuple[object, ...]]:
    return list(
        StockDay.objects.order_by("day").values_list("skus_offered", "skus_out", "units", "value", "cost_of_goods")
    )


def test_days_that_were_never_closed_are_derived_from_the_ledger():
    little_ledger()
    assert len(close(DAY + timedelta(days=6), day="2026-03-07")) == 6
    assert rows() == [
        (1, 0, 10, 20, 0), (2, 0, 15, 70, 0), (2, 1, 5, 50, 20), (2, 1, 5, 50, 0), (2, 0, 9, 58, 0), (2, 0, 9, 58, 0)
    ]  # fmt: skip
    assert all(day.from_ledger for day in StockDay.objects.all())


def test_stock_kpis_come_from_the_sums_of_days():
    little_ledger()
    close(DAY + timedelta(days=6), day="2026-03-07")
    make.count()
    week = Period(date(2026, 3, 2), date(2026, 3, 7))
    assert make.value("stockout_rate", week) == round(Decimal(2) / 11, 6)
    # Goods of 20 over six days; stock of 306 value-days.
    assert make.value("days_of_inventory", week) == Decimal("15.3")
    assert make.value("inventory_turnover", week) == round(Decimal(365) * 20 / 306, 6)


def test_runs_without_stock_are_remembered_and_listed():
    a, _b = little_ledger()
    close(DAY + timedelta(days=6), day="2026-03-07")
    spell = StockoutSpell.objects.get()
    assert (spell.variant_id, spell.since, spell.until) == (a, date(2026, 3, 4), date(2026, 3, 5))
    kpi = get_kpi("stockout_rate")
    assert kpi
    (record,) = queries.records(kpi, Period(date(2026, 3, 5), date(2026, 3, 7)))
    assert (record.label, int(record.counted)) == ("A", 1)


@pytest.mark.parametrize("split", [2, 3, 4, 5])
def test_closing_in_two_goes_equals_closing_at_once(split: int):
    little_ledger()
    close(DAY + timedelta(days=6), day=date(2026, 3, 2) + timedelta(days=split - 1))
    close(DAY + timedelta(days=6), day="2026-03-07")
    assert [row[:3] for row in rows()] == [(1, 0, 10), (2, 0, 15), (2, 1, 5), (2, 1, 5), (2, 0, 9), (2, 0, 9)]
    spells = list(StockoutSpell.objects.values_list("since", "until"))
    assert spells == [(date(2026, 3, 4), date(2026, 3, 5))]


def test_yesterday_is_read_from_the_levels_soon_after_midnight():
    little_ledger()
    close(DAY + timedelta(days=2), day="2026-03-03")
    # Everything is promised or kept back: on the shelf, but not available.
    make.touch("UPDATE stock_level SET safety_stock = 100")
    close(datetime(2026, 3, 8, 0, 30, tzinfo=UTC), day="2026-03-07")
    last = StockDay.objects.get(day=date(2026, 3, 7))
    assert (last.from_ledger, last.skus_offered, last.skus_out, last.units) == (False, 2, 2, 9)
    assert StockoutSpell.objects.filter(until=None).count() == 2


def test_a_closed_day_stays_as_it_is_and_today_cannot_be_closed():
    little_ledger()
    close(DAY + timedelta(days=6), day="2026-03-07")
    assert close(DAY + timedelta(days=6), day="2026-03-07") == ()
    with pytest.raises(DayNotOver):
        close(DAY + timedelta(days=6), day="2026-03-08")


def test_units_without_a_cost_add_nothing_and_are_counted_apart():
    here = stock.location("main", priority=1)
    free = stock.variant("FREE")
    make_levels([(free.pk, here.pk)])
    post(free.pk, 3, system_location("supplier"), here.pk, "received")
    close(DAY + timedelta(days=3), day="2026-03-02")
    day = StockDay.objects.get()
    assert (day.units, int(day.value), day.units_without_cost) == (3, 0, 3)


def test_goods_of_imported_history_cost_what_their_lines_say():
    little_ledger()
    close(DAY + timedelta(days=6), day="2026-03-07")
    make.orders.channel()
    lines = [{"sku": "B", "units": 3, "unit_price": "20", "unit_cost": "9"}]
    make.orders.order("h", lines, placed_at=DAY.isoformat(), is_history=True)
    make.count()
    # 20 by the ledger and 27 by the history, over 306 value-days.
    assert make.value("days_of_inventory", Period(date(2026, 3, 2), date(2026, 3, 7))) == round(Decimal(306) / 47, 6)


# By the ledger, and by the levels as they stand soon after midnight: both must say the same.
BOTH_WAYS = pytest.mark.parametrize("hour", [12, 1])


@BOTH_WAYS
@pytest.mark.parametrize("status", ["archived", "draft"])
def test_variants_of_products_that_are_not_for_sale_are_left_out(status: str, hour: int):
    a, _b = little_ledger()
    # As a product file tells it: the product is archived, its variants say nothing.
    make.touch("UPDATE catalog_product SET status = %s WHERE title = 'A'", status)
    close(datetime(2026, 3, 8, hour, tzinfo=UTC))
    day = StockDay.objects.get(day=date(2026, 3, 7))
    assert (day.from_ledger, day.skus_offered, day.skus_out) == (hour == 12, 1, 0)
    assert not StockoutSpell.objects.filter(variant_id=a).exists()


@BOTH_WAYS
def test_a_variant_that_never_had_stock_is_not_out_of_it(hour: int):
    little_ledger()
    here = stock.location("second")
    never, passed_by = stock.variant("NEVER"), stock.variant("PAST")
    make_levels([(never.pk, here.pk), (passed_by.pk, here.pk)])
    # What history wrote off moved, but never over a shelf of ours.
    post(passed_by.pk, 3, system_location("before"), system_location("scrap"), "scrapped")
    close(datetime(2026, 3, 8, hour, tzinfo=UTC))
    day = StockDay.objects.get(day=date(2026, 3, 7))
    assert (day.from_ledger, day.skus_offered, day.skus_out) == (hour == 12, 2, 0)


def test_days_without_stock_on_the_books_bring_no_cost_into_turnover():
    passed_by = stock.variant("PAST", cost=Decimal(1))
    post(passed_by.pk, 3, system_location("before"), system_location("scrap"), "scrapped", days=-300)
    little_ledger()
    make.orders.channel()
    lines = [{"sku": "B", "units": 500, "unit_price": "20", "unit_cost": "9"}]
    long_ago = (DAY - timedelta(days=200)).isoformat()
    make.orders.order("h", lines, placed_at=long_ago, is_history=True)
    close(DAY + timedelta(days=6), day="2026-03-07")
    make.count()
    year = Period(date(2025, 3, 8), date(2026, 3, 7))
    assert make.value("inventory_turnover", year) == round(Decimal(365) * 20 / 306, 6)
    assert make.value("days_of_inventory", year) == Decimal("15.3")
