"""Who gets which units: what was kept for somebody stays his, those who wait come next, and the others last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stockwright.catalog.models import KitComponent, Variant
from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands
from stockwright.stock.errors import NotEnough
from stockwright.stock.models import Commitment, Level, Location, Reservation, Shortfall
from stockwright.stock.queries import differing_levels, line_states
from stockwright.stock.tests import make

pytestmark = pytest.mark.django_db


def reserve(holder: str, variant: Variant, units: int, minutes: int = 30) -> None:
    wish = [{"variant_id": variant.pk, "units": units}]
    perform("stock.reserve", {"holder": holder, "lines": wish, "minutes": minutes}, actor=SYSTEM)


def promised() -> dict[int, int]:
    assert differing_levels() == []
    return dict(Commitment.objects.values_list("line_id", "units"))


@pytest.fixture
def here() -> Location:
    return make.location()


@pytest.fixture
def cup() -> Variant:
    return make.variant("CUP")


def test_the_last_unit_goes_to_whom_it_was_reserved_for_and_not_to_an_earlier_order_of_the_batch(
    cup: Variant, here: Location
):
    make.level(cup, here, 1)
    reserve("cart:b", cup, 1)
    first, second = make.demand(cup, 1, line=1, order=1, due=0), make.demand(cup, 1, line=2, order=2, due=5)
    commit_demands(make.call(), [first, second], holders={2: "cart:b"})
    assert promised() == {2: 1}
    assert not Reservation.objects.exists()


def test_what_a_holder_asks_for_beyond_its_reservation_is_decided_with_the_others(cup: Variant, here: Location):
    make.level(cup, here, 4)
    reserve("cart:b", cup, 2)
    first, second = make.demand(cup, 2, line=1, order=1, due=0), make.demand(cup, 3, line=2, order=2, due=5)
    decided = commit_demands(make.call(), [first, second], holders={2: "cart:b"})
    assert promised() == {1: 2, 2: 2}
    assert decided.short == {2: 1}


def test_a_holder_who_orders_less_than_was_reserved_leaves_the_rest_to_those_who_wait(cup: Variant, here: Location):
    make.level(cup, here, 3)
    reserve("cart:b", cup, 3)
    commit_demands(make.call(), [make.demand(cup, 1, line=1, order=1, due=9)])
    batch = [make.demand(cup, 1, line=2, order=2, due=5), make.demand(cup, 2, line=3, order=3, due=0)]
    commit_demands(make.call(), batch, holders={2: "cart:b"})
    assert promised() == {1: 1, 2: 1, 3: 1}


def test_a_reservation_that_ran_out_serves_the_queue_though_the_batch_has_a_holder(cup: Variant, here: Location):
    make.level(cup, here, 2)
    reserve("cart:late", cup, 1, minutes=5)
    reserve("cart:b", cup, 1, minutes=60)
    commit_demands(make.call(), [make.demand(cup, 1, line=1, order=1, due=9)])
    batch = [make.demand(cup, 1, line=2, order=2, due=5), make.demand(cup, 1, line=3, order=3, due=0)]
    commit_demands(make.call(at=now() + timedelta(minutes=10)), batch, holders={2: "cart:b"})
    assert promised() == {1: 1, 2: 1}


def test_a_new_cart_does_not_get_what_an_order_waits_for(cup: Variant, here: Location):
    make.level(cup, here, 1)
    reserve("cart:late", cup, 1, minutes=5)
    commit_demands(make.call(), [make.demand(cup, 1, line=1, order=1)])
    Reservation.objects.update(reserved_until=now())
    with pytest.raises(NotEnough):
        reserve("cart:new", cup, 1)
    perform("stock.expire_reservations", {}, actor=SYSTEM)
    assert promised() == {1: 1}


def test_a_cart_that_reserves_more_keeps_what_it_has_though_orders_wait(cup: Variant, here: Location):
    make.level(cup, here, 2)
    reserve("cart:a", cup, 2)
    commit_demands(make.call(), [make.demand(cup, 1, line=1, order=1)])
    reserve("cart:a", cup, 2)
    assert Level.objects.get().reserved == 2
    reserve("cart:a", cup, 1)
    assert promised() == {1: 1}


def test_a_reservation_for_a_kit_is_used_up_by_its_own_order(here: Location):
    kit = make.kit("SET", CUP=2, TRAY=1)
    for component in Variant.objects.filter(sku__in=["CUP", "TRAY"]):
        make.level(component, here, 2)
    reserve("cart:b", kit, 1)
    batch = [make.demand(kit, 1, line=1, order=1, due=0), make.demand(kit, 1, line=2, order=2, due=5)]
    assert commit_demands(make.call(), batch, holders={2: "cart:b"}).committed == {1: 0, 2: 1}
    assert not Level.objects.filter(reserved__gt=0).exists()


def set_kit(kit: Variant, **components: int) -> None:
    ids = dict(Variant.objects.values_list("sku", "pk"))
    parts = [{"component_id": ids[sku], "units": units} for sku, units in components.items()]
    perform("catalog.set_kit", {"variant_id": kit.pk, "components": parts}, actor=SYSTEM)


def test_more_units_of_a_kit_that_is_made_of_other_parts_now_are_decided_with_those_before(here: Location):
    kit = make.kit("SET", CUP=2)
    make.level(kit.components.get().component, here, 20)
    commit_demands(make.call(), [make.demand(kit, 2, line=1, order=3)])
    set_kit(kit, CUP=5)
    more = make.demand(kit, 1, line=1, order=3, before=2)
    commit_demands(make.call(), [more])
    assert list(Commitment.objects.values_list("units", "per_kit")) == [(15, 5)]
    assert line_states(lines=[1])[1].committed == 3
    assert differing_levels() == []


def test_a_line_keeps_its_own_units_when_it_is_decided_again_though_others_wait(here: Location):
    kit = make.kit("SET", CUP=2)
    cup = kit.components.get().component
    make.level(cup, here, 4)
    commit_demands(make.call(), [make.demand(kit, 2, line=1, order=1)])
    commit_demands(make.call(), [make.demand(cup, 1, line=2, order=2)])
    set_kit(kit, CUP=1)
    commit_demands(make.call(), [make.demand(kit, 1, line=1, order=1, before=2)])
    # Three cups for three kits; the fourth is free for the order that waited.
    assert promised() == {1: 3, 2: 1}
    assert not Shortfall.objects.exists()


def test_more_units_of_what_is_no_kit_any_more_give_its_components_back(here: Location):
    kit = make.kit("SET", CUP=2)
    cup = kit.components.get().component
    make.level(cup, here, 4)
    commit_demands(make.call(), [make.demand(kit, 2, line=1, order=1)])
    set_kit(kit)
    assert not KitComponent.objects.exists()
    make.level(kit, here, 9)
    commit_demands(make.call(), [make.demand(kit, 1, line=1, order=1, before=2)])
    assert list(Commitment.objects.values_list("level__variant__sku", "units")) == [("SET", 3)]
    assert differing_levels() == []
