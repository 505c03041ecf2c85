"""One ordered lock before any write, races on the last unit, and a database that refuses the impossible."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from stockwright.kit.actions import perform
from stockwright.kit.people import SYSTEM
from stockwright.kit.tests.make import until_waiting
from stockwright.stock.actions import commit_demands, fulfil_demands, hold_to_promise, release_demands
from stockwright.stock.models import Commitment, Level, Shortfall
from stockwright.stock.queries import differing_levels
from stockwright.stock.tests import make


def statements(work: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        work()
    return [query["sql"] for query in seen.captured_queries]


def assert_one_ordered_lock(sql: list[str]) -> None:
    locks = [i for i, s in enumerate(sql) if "stock_level" in s and "FOR UPDATE" in s]
    writes = [i for i, s in enumerate(sql) if s.startswith("UPDATE stock_level")]
    assert len(locks) == 1
    assert "ORDER BY l.id FOR UPDATE OF l" in sql[locks[0]]
    assert len(writes) == 1
    assert locks[0] < writes[0]


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["commit", "release", "fulfil", "adjust", "receive", "count"])
def test_locks_all_levels_once_in_key_order_before_writing_them_once(verb: str):
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    for variant in (tray, cup):
        make.level(variant, here, 5)
    commit_demands(make.call(), [make.demand(cup, 7, line=1, order=1), make.demand(tray, 2, line=2, order=1)])
    place = {"variant_id": cup.pk, "location_id": here.pk}
    lines = [{"variant_id": tray.pk, "units": 3}, {"variant_id": cup.pk, "units": 4}]
    work: dict[str, Callable[[], Any]] = {
        "commit": lambda: commit_demands(make.call(), [make.demand(tray, 1), make.demand(cup, 1)]),
        "release": lambda: release_demands(make.call(), {1: None, 2: None}),
        "fulfil": lambda: fulfil_demands(make.call(), {1: 5, 2: 2}),
        "adjust": lambda: perform("stock.adjust", {**place, "change": -1}, actor=SYSTEM),
        "receive": lambda: perform("stock.receive", {**place, "units": 1}, actor=SYSTEM),
        "count": lambda: perform("stock.count", {"location_id": here.pk, "lines": lines}, actor=SYSTEM),
    }
    sql = [s for s in statements(work[verb]) if not s.startswith("UPDATE stock_level l SET counted_at")]
    assert_one_ordered_lock(sql)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", ["committed = 6", "on_hand = 1", "damaged = 3", "reserved = 4", "committed = -1", "quality_control = 9"]
)
def test_the_database_itself_refuses_to_oversell(change: str):
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    commit_demands(make.call(), [make.demand(cup, 3)])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE stock_level SET {change}")  # noqa: S608 - the cases above
    assert Level.objects.get().committed == 3


def together(*work: Callable[[], Any]) -> list[Any]:
    """Run functions at once, each on a connection of its own."""
    barrier = threading.Barrier(len(work))
    results: list[Any] = [None] * len(work)

    def run(index: int) -> None:
        try:
            barrier.wait(10)
            with transaction.atomic():
                results[index] = work[index]()
        except Exception as error:  # noqa: BLE001 - handed to the test, which judges it
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True)
def test_the_last_unit_is_sold_once_to_eight_at_a_time():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 1)
    for turn in range(3):
        demands = [make.demand(cup, 1, line=turn * 8 + n + 1) for n in range(8)]
        results = together(*(lambda d=d: commit_demands(make.call(), [d]) for d in demands))
        assert not [r for r in results if isinstance(r, Exception)]
        assert sum(units for r in results for units in r.committed.values()) == (1 if turn == 0 else 0)
    assert Commitment.objects.get().units == 1
    assert sum(Shortfall.objects.values_list("units", flat=True)) == 23
    assert differing_levels() == []


@pytest.mark.django_db(transaction=True)
def test_opposite_orders_of_lines_never_deadlock():
    here = make.location()
    variants = [make.variant(f"V{n}") for n in range(6)]
    for variant in variants:
        make.level(variant, here, 40)

    def buy(first: int, *, backwards: bool) -> Callable[[], Any]:
        chosen = variants[::-1] if backwards else variants
        return lambda: commit_demands(
            make.call(), [make.demand(v, 1, line=first + i, order=first) for i, v in enumerate(chosen)]
        )

    for turn in range(5):
        results = together(*(buy(1000 * turn + 10 * n + 1, backwards=bool(n % 2)) for n in range(6)))
        assert not [r for r in results if isinstance(r, Exception)]
    assert set(Level.objects.values_list("committed", flat=True)) == {30}
    assert differing_levels() == []


@pytest.mark.django_db(transaction=True)
def test_selling_while_counting_down_never_oversells():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 10)
    place = {"variant_id": cup.pk, "location_id": here.pk}
    results = together(
        *(lambda n=n: commit_demands(make.call(), [make.demand(cup, 2, line=n + 1)]) for n in range(4)),
        lambda: perform("stock.adjust", {**place, "change": -6}, actor=SYSTEM),
        lambda: perform("stock.adjust", {**place, "change": 3}, actor=SYSTEM),
    )
    assert not [r for r in results if isinstance(r, Exception)]
    level = Level.objects.get()
    assert (level.on_hand, level.committed) == (7, 7)
    assert sum(Shortfall.objects.values_list("units", flat=True)) == 1
    assert differing_levels() == []


@pytest.mark.django_db(transaction=True)
def test_a_variant_that_nobody_has_yet_is_received_and_sold_at_once():
    cup, here = make.variant("CUP"), make.location()
    place = {"variant_id": cup.pk, "location_id": here.pk}
    results = together(
        lambda: commit_demands(make.call(), [make.demand(cup, 2, line=1)]),
        lambda: perform("stock.receive", {**place, "units": 3}, actor=SYSTEM),
    )
    assert not [r for r in results if isinstance(r, Exception)]
    assert Commitment.objects.get().units == 2
    assert not Shortfall.objects.exists()
    assert differing_levels() == []


def one_behind_the_other(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Begin both, the second after the first has done its work, and let the first commit once the second waits."""
    done, commit = threading.Event(), threading.Event()

    def begin() -> Any:
        result = first()
        done.set()
        assert commit.wait(10)
        return result

    def follow() -> Any:
        assert done.wait(10)
        threading.Thread(target=let_go).start()
        return second()

    def let_go() -> None:
        try:
            until_waiting()
        finally:
            connection.close()
            commit.set()

    return together(begin, follow)


@pytest.mark.django_db(transaction=True)
def test_an_order_that_waited_for_a_lock_sees_the_goods_that_came_to_a_new_place_meanwhile():
    cup, near, far = make.variant("CUP"), make.location(priority=1), make.location(priority=2)
    make.level(cup, near, 0)
    receipt = {"variant_id": cup.pk, "location_id": far.pk, "units": 3}
    results = one_behind_the_other(
        lambda: perform("stock.receive", receipt, actor=SYSTEM),
        lambda: commit_demands(make.call(), [make.demand(cup, 2, line=1)]),
    )
    assert not [r for r in results if isinstance(r, Exception)]
    assert not Shortfall.objects.exists()
    assert Commitment.objects.get().level.location_id == far.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order_first", [True, False])
def test_goods_and_an_order_that_are_the_first_of_their_variant_find_each_other(*, order_first: bool):
    cup = make.variant("CUP")
    make.location(priority=1)
    far = make.location(priority=2)
    receipt = {"variant_id": cup.pk, "location_id": far.pk, "units": 3}

    def order() -> Any:
        return commit_demands(make.call(), [make.demand(cup, 2, line=1)])

    def goods() -> Any:
        return perform("stock.receive", receipt, actor=SYSTEM)

    results = one_behind_the_other(order, goods) if order_first else one_behind_the_other(goods, order)
    assert not [r for r in results if isinstance(r, Exception)]
    assert not Shortfall.objects.exists()
    assert Commitment.objects.get().units == 2
    assert differing_levels() == []


@pytest.mark.django_db
def test_first_levels_are_made_before_others_are_held():
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    make.level(cup, here, 5)
    sql = statements(lambda: hold_to_promise([cup.pk, tray.pk]))
    made = next(i for i, s in enumerate(sql) if s.startswith("INSERT INTO stock_level"))
    locked = next(i for i, s in enumerate(sql) if "FOR UPDATE" in s)
    assert made < locked
    assert Level.objects.count() == 2
    assert not [s for s in statements(lambda: hold_to_promise([cup.pk, tray.pk])) if s.startswith("INSERT")]
