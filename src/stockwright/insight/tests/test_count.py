from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from stockwright.insight import jobs
from stockwright.insight.jobs import true_up
from stockwright.insight.models import KpiDay
from stockwright.insight.queries import days_to_count
from stockwright.insight.rules import Period
from stockwright.insight.tests import make
from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.errors import StockwrightError
from stockwright.kit.models import ActionCall
from stockwright.kit.people import SYSTEM

pytestmark = pytest.mark.django_db


def everything() -> set[tuple[object, ...]]:
    return set(KpiDay.objects.values_list("kpi", "day", "channel_id", "numerator", "denominator"))


def from_scratch() -> set[tuple[object, ...]]:
    make.touch("DELETE FROM insight_sourcecount")
    make.count()
    return everything()


def test_counting_again_without_news_changes_nothing():
    make.shop()
    make.count()
    before = everything()
    make.count()
    assert everything() == before


@pytest.mark.parametrize("seed", range(4))
def test_counting_what_changed_equals_counting_from_scratch(seed: int):
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    make.orders.channel()
    for sku in "ABC":
        make.orders.variant(sku, chance.choice([0, 10, 40]))
    ids: list[int] = []
    for step in range(25):
        kind = chance.choice(["place", "place", "place", "cancel", "fulfil", "edit", "count", "receive"])
        try:
            _act(kind, chance, ids, step)
        except StockwrightError:
            # A refusal changes nothing, which is what is tried here as well.
            continue
    make.count()
    incremental = everything()
    assert incremental == from_scratch()


def _act(kind: str, chance: random.Random, ids: list[int], step: int) -> None:
    if kind == "place":
        placed = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(24 * 20))
        lines = {sku: chance.randrange(1, 6) for sku in "ABC" if chance.random() < 0.6} or {"A": 1}
        more = {"is_history": True} if chance.random() < 0.2 else {}
        ids.append(make.orders.order(f"n{step}", lines, placed_at=placed.isoformat(), **more).pk)
    elif kind == "count":
        make.count()
    elif kind == "receive":
        make.touch("UPDATE stock_level SET on_hand = on_hand + 5")
    elif ids:
        which = chance.choice(ids)
        if kind == "cancel":
            perform("orders.cancel", {"order_ids": [which]}, actor=SYSTEM)
        elif kind == "fulfil":
            perform("orders.fulfil", {"order_id": which}, actor=SYSTEM)
        else:
            given = {"order_id": which, "add": [{"sku": "A", "units": 1, "unit_price": "3"}]}
            perform("orders.edit_lines", given, actor=SYSTEM)


def test_given_days_are_counted_anew_from_the_records():
    ids = make.shop()
    make.count()
    make.touch("UPDATE orders_order SET updated_at = placed_at, is_test = is_test OR id = %s", ids["plain"])
    make.count()
    assert make.value("orders") == 4
    make.count(first="2026-03-01")
    assert make.value("orders") == 3


def test_the_nightly_true_up_counts_changed_days_alone_and_each_in_a_transaction_of_few_days():
    ids = make.shop()
    make.count()
    # By hand: what no action told, and told by the order's own clock alone; the other is too long ago.
    make.touch("UPDATE orders_order SET is_test = true WHERE id = %s", ids["plain"])
    make.touch("UPDATE orders_order SET updated_at = now() - interval '9 days' WHERE placed_at >= '2026-03-03'")
    make.touch("UPDATE insight_sourcecount SET counted_until = now() + interval '1 hour'")
    true_up(0)
    assert make.value("orders") == 3
    counted = ActionCall.objects.filter(action="insight.count", door="job").values_list("given", flat=True)
    assert [(given["first"], given["last"]) for given in counted] == [("2026-03-02", "2026-03-02")]


def history() -> Period:
    """Orders of today, of 50 and of 100 days ago, none of them changed of late; the days from the first on."""
    make.orders.channel()
    make.orders.variant("A", 100)
    for days in (0, 50, 100):
        make.orders.order(str(days), {"A": 1}, placed_at=(now() - timedelta(days=days)).isoformat())
    make.touch("UPDATE orders_order SET updated_at = now() - interval '9 days'")
    return Period(now().date() - timedelta(days=101), now().date())


def test_a_count_of_history_that_was_stopped_goes_on_where_it_was_and_older_days_come_last():
    days = history()
    make.count(most=30)
    left = days_to_count()
    assert make.value("orders", days) == 1
    make.count(most=30)
    assert days_to_count() == left - 30
    assert make.value("orders", days) == 2
    make.count()
    assert days_to_count() == 0
    assert make.value("orders", days) == 3
    in_pieces = everything()
    assert in_pieces == from_scratch()


def test_what_changes_meanwhile_is_counted_though_history_is_not_done():
    days = history()
    make.count(most=1)
    make.orders.order("7", {"A": 3}, placed_at=(now() - timedelta(days=50)).isoformat())
    make.count(most=1)
    assert make.value("orders", days) == 3
    assert days_to_count() > 0


def test_days_keep_what_they_came_to_until_they_are_counted_under_the_new_contract():
    days = history()
    make.count()
    make.touch("UPDATE insight_sourcecount SET fingerprint = 'of other contracts'")
    make.touch("UPDATE orders_order SET is_test = true")
    make.touch("INSERT INTO insight_kpiday VALUES (0, 'orders', '1999-01-01', 0, 5, 0)")
    make.count(most=30)
    assert make.value("orders", days) == 2
    # No record lies there any more.
    assert not KpiDay.objects.filter(day__year=1999).exists()
    make.count()
    assert make.value("orders", days) == 0


def test_the_job_counts_history_in_several_transactions():
    days = history()
    jobs.count(0)
    assert days_to_count() == 0
    assert make.value("orders", days) == 3
    assert ActionCall.objects.filter(action="insight.count", door="job").count() > 3


def test_promises_that_passed_while_nobody_counted_are_counted():
    make.orders.channel()
    make.orders.variant("A", 5)
    due = now() + timedelta(seconds=1)
    make.orders.order("1", {"A": 1}, placed_at=make.MONDAY.isoformat(), ship_by=due.isoformat())
    make.count()
    # A week later, and no record has changed since.
    make.touch("UPDATE orders_order SET ship_by = ship_by - interval '7 days', updated_at = now() - interval '9 days'")
    make.touch("UPDATE insight_sourcecount SET counted_until = now() - interval '7 days'")
    make.count()
    day = (due - timedelta(days=7)).date()
    assert make.value("on_time_ship", Period(day, day)) == 0


def test_a_target_of_the_shop_replaces_the_contracts_and_unknown_kpis_are_refused():
    from stockwright.insight import queries  # noqa: PLC0415
    from stockwright.kit.kpis import get_kpi  # noqa: PLC0415

    perform("insight.set_target", {"kpi": "on_time_ship", "target": "0.9"}, actor=SYSTEM)
    kpi = get_kpi("on_time_ship")
    assert kpi
    assert float(queries.target_of(kpi, queries.targets()) or 0) == 0.9
    with pytest.raises(StockwrightError):
        perform("insight.set_target", {"kpi": "nonsense", "target": "1"}, actor=SYSTEM)
