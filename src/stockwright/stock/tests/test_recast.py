"""What begins or ceases to be counted, or becomes a kit, while somebody promises it: one of the two waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stockwright.catalog.models import Variant
from stockwright.kit.actions import perform
from stockwright.kit.errors import Refused
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import Decided, commit_demands
from stockwright.stock.models import Commitment, Level, Reservation, Shortfall
from stockwright.stock.queries import differing_levels
from stockwright.stock.tests import make
from stockwright.stock.tests.test_locks import one_behind_the_other

pytestmark = pytest.mark.django_db(transaction=True)


def change(variant: Variant, *, stocked: bool) -> Callable[[], Any]:
    given = {"variant_id": variant.pk, "stocked": stocked}
    return lambda: perform("catalog.change_variant", given, actor=SYSTEM)


def order(variant: Variant) -> Callable[[], Decided]:
    return lambda: commit_demands(make.call(), [make.demand(variant, 2, line=1)])


def assert_nobody_failed(results: list[Any]) -> None:
    assert not [result for result in results if isinstance(result, Exception)]
    assert differing_levels() == []


@pytest.mark.parametrize("units", [0, 5])
@pytest.mark.parametrize("order_first", [True, False])
def test_nothing_stays_promised_of_what_is_not_counted_any_more(*, units: int, order_first: bool):
    cup, here = make.variant("CUP"), make.location()
    if units:
        make.level(cup, here, units)
    works = [order(cup), change(cup, stocked=False)]
    assert_nobody_failed(one_behind_the_other(*(works if order_first else works[::-1])))
    assert not Commitment.objects.exists()
    assert not Shortfall.objects.exists()
    assert Level.objects.filter(committed__gt=0).count() == 0


def test_an_order_for_what_is_counted_from_now_on_is_promised_units():
    wrap, here = make.variant("WRAP", stocked=False), make.location()
    results = one_behind_the_other(change(wrap, stocked=True), order(wrap))
    assert_nobody_failed(results)
    assert results[1].not_stocked == frozenset()
    assert (Shortfall.objects.get().units, Level.objects.get().location_id) == (2, here.pk)


def test_whoever_begins_to_count_a_service_waits_for_the_orders_that_are_being_written():
    wrap = make.variant("WRAP", stocked=False)
    make.location()
    results = one_behind_the_other(order(wrap), change(wrap, stocked=True))
    assert_nobody_failed(results)
    assert results[0].not_stocked == {1}


def test_nothing_is_reserved_of_what_is_not_counted_any_more():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    given = {"holder": "cart:1", "lines": [{"variant_id": cup.pk, "units": 2}]}
    results = one_behind_the_other(
        change(cup, stocked=False), lambda: perform("stock.reserve", given, actor=SYSTEM)
    )  # fmt: skip
    assert_nobody_failed(results)
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("order_first", [True, False])
def test_an_order_for_what_becomes_a_kit_waits_for_its_components(*, order_first: bool):
    set_, cup, here = make.variant("SET"), make.variant("CUP"), make.location()
    make.level(cup, here, 1)
    given = {"variant_id": set_.pk, "components": [{"component_id": cup.pk, "units": 2}]}
    works = [order(set_), lambda: perform("catalog.set_kit", given, actor=SYSTEM)]
    assert_nobody_failed(one_behind_the_other(*(works if order_first else works[::-1])))
    assert (Commitment.objects.get().units, Shortfall.objects.get().units) == (1, 3)
    assert Shortfall.objects.get().variant_id == cup.pk


def test_what_is_promised_while_it_is_to_become_a_kit_becomes_none():
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    make.level(cup, here, 5)
    given = {"variant_id": cup.pk, "components": [{"component_id": tray.pk, "units": 2}]}
    sold, refused = one_behind_the_other(order(cup), lambda: perform("catalog.set_kit", given, actor=SYSTEM))
    assert sold.committed == {1: 2}
    assert isinstance(refused, Refused)
