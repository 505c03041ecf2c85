"""When those who wait are served: by what is on its way, and by the backorder policy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stockwright.catalog.models import Variant
from stockwright.kit.actions import Fact, perform
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock import jobs
from stockwright.stock.actions import Expected, commit_demands, expect_many, release_demands, requeue_demands
from stockwright.stock.models import Arrival, Location, Shortfall
from stockwright.stock.tests import make

pytestmark = pytest.mark.django_db


def in_days(days: int) -> date:
    return now().date() + timedelta(days=days)


def days_of() -> dict[int, date | None]:
    return dict(Shortfall.objects.values_list("line_id", "promised_on"))


def change(variant: Variant, **columns: Any) -> tuple[Fact, ...]:
    return perform("catalog.change_variant", {"variant_id": variant.pk, **columns}, actor=SYSTEM).facts


@pytest.fixture
def here() -> Location:
    return make.location()


@pytest.fixture
def cup(here: Location) -> Variant:
    cup = make.variant("CUP")
    expect_many(make.call(), [Expected(cup.pk, here.pk, 2, in_days(3)), Expected(cup.pk, here.pk, 2, in_days(9))])
    return cup


def test_new_ones_at_the_end_get_the_days_that_are_left(cup: Variant):
    for line in (1, 2, 3):
        commit_demands(make.call(), [make.demand(cup, 1, line=line, due=line)])
    commit_demands(make.call(), [make.demand(cup, 1, line=n, due=n) for n in (4, 5)])
    assert days_of() == {1: in_days(3), 2: in_days(3), 3: in_days(9), 4: in_days(9), 5: None}


def test_one_who_comes_before_others_moves_their_days_and_they_hear_of_it(cup: Variant):
    commit_demands(make.call(), [make.demand(cup, 1, line=n, order=n, due=n) for n in (1, 3, 4, 5)])
    call = make.call()
    commit_demands(call, [make.demand(cup, 1, line=2, order=2, due=2)])
    assert days_of() == {1: in_days(3), 2: in_days(3), 3: in_days(9), 4: in_days(9), 5: None}
    assert [f.data["order_ids"] for f in call.facts if f.kind == "stock.promises_changed"] == [[3, 5]]


def test_more_units_of_one_who_waits_move_those_behind(cup: Variant):
    commit_demands(make.call(), [make.demand(cup, 1, line=n, due=n) for n in (1, 2, 3)])
    commit_demands(make.call(), [make.demand(cup, 2, line=1, due=1, before=1)])
    assert days_of() == {1: in_days(9), 2: in_days(9), 3: None}


def test_who_waits_ahead_is_not_written_again(cup: Variant):
    commit_demands(make.call(), [make.demand(cup, 1, line=n, due=n) for n in (1, 2)])
    Shortfall.objects.filter(line_id=1).update(promised_on=None)
    commit_demands(make.call(), [make.demand(cup, 1, line=3, due=3)])
    assert days_of() == {1: None, 2: in_days(3), 3: in_days(9)}


def test_a_plain_promise_asks_the_database_for_no_more_than_it_needs(here: Location):
    cup = make.variant("CUP")
    make.level(cup, here, 5)
    with CaptureQueriesContext(connection) as seen:
        commit_demands(make.call(), [make.demand(cup, 1)])
    # The variant, the lock, whether all levels are held, whether it is counted still, the promise, the level.
    assert len(seen.captured_queries) == 6


def test_an_arrival_that_is_overdue_promises_nothing(here: Location):
    cup = make.variant("CUP")
    expect_many(make.call(), [Expected(cup.pk, here.pk, 5, in_days(-1)), Expected(cup.pk, here.pk, 1, in_days(4))])
    commit_demands(make.call(), [make.demand(cup, 1, line=1), make.demand(cup, 1, line=2, due=2)])
    assert days_of() == {1: in_days(4), 2: None}


def test_a_day_that_passes_without_its_goods_is_taken_back_and_orders_hear_of_it(cup: Variant):
    commit_demands(make.call(), [make.demand(cup, 1, line=n, order=n, due=n) for n in (1, 2, 3)])
    jobs.forget_passed_days(1)
    assert days_of()[1] == in_days(3)
    later = perform("stock.forget_passed_days", {}, actor=SYSTEM, at=now() + timedelta(days=5))
    assert days_of() == {1: in_days(9), 2: in_days(9), 3: None}
    assert later.facts[-1].data["order_ids"] == [1, 2, 3]


@pytest.mark.parametrize("way", ["expect", "change_arrival", "receive", "release", "requeue"])
def test_days_are_named_as_of_the_moment_of_the_call(cup: Variant, here: Location, way: str):
    commit_demands(make.call(), [make.demand(cup, 1, line=n, order=n, due=n) for n in (1, 2, 3)])
    later = now() + timedelta(days=5)
    place = {"variant_id": cup.pk, "location_id": here.pk}
    second = Arrival.objects.get(expected_on=in_days(9)).pk
    ways: dict[str, Callable[[], Any]] = {
        "expect": lambda: perform("stock.expect", {**place, "units": 1}, actor=SYSTEM, at=later),
        "change_arrival": lambda: perform(
            "stock.change_arrival", {"arrival_id": second, "units": 2}, actor=SYSTEM, at=later
        ),
        "receive": lambda: perform(
            "stock.receive", {**place, "units": 1, "condition": "damaged"}, actor=SYSTEM, at=later
        ),
        "release": lambda: release_demands(make.call(later), {1: None}),
        "requeue": lambda: requeue_demands(make.call(later), {3: make.NOON + timedelta(days=4)}),
    }
    ways[way]()
    assert {day for line, day in days_of().items() if line < 3} == {in_days(9)}


@pytest.mark.usefixtures("here")
def test_those_who_wait_are_on_backorder_once_it_is_allowed_and_stay_so_when_it_ends():
    cup = make.variant("CUP")
    commit_demands(make.call(), [make.demand(cup, 1, line=1)])
    assert Shortfall.objects.get().kind == "oversold"
    change(cup, backorder="continue")
    assert Shortfall.objects.get().kind == "backordered"
    change(cup, backorder="deny")
    assert Shortfall.objects.get().kind == "backordered"


@pytest.mark.usefixtures("here")
def test_a_preorders_new_day_is_the_day_of_those_who_wait():
    cup = make.variant("CUP")
    commit_demands(make.call(), [make.demand(cup, 1, line=1, order=7)])
    change(cup, backorder="preorder", preorder_until=in_days(40).isoformat())
    assert (Shortfall.objects.get().kind, days_of()) == ("preordered", {1: in_days(40)})
    facts = change(cup, preorder_until=in_days(50).isoformat())
    assert days_of() == {1: in_days(50)}
    assert facts[-1].data["order_ids"] == [7]


def test_a_lost_promise_stays_lost_whatever_the_policy(here: Location):
    cup = make.variant("CUP")
    make.level(cup, here, 1)
    commit_demands(make.call(), [make.demand(cup, 1, line=1)])
    perform("stock.adjust", {"variant_id": cup.pk, "location_id": here.pk, "change": -1}, actor=SYSTEM)
    change(cup, backorder="continue")
    assert Shortfall.objects.get().kind == "lost"
