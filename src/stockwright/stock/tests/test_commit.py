from __future__ import annotations

import pytest

from stockwright.catalog.models import KitComponent
from stockwright.kit.actions import perform
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands, fulfil_demands, release_demands
from stockwright.stock.errors import NotCommitted, NotEnough
from stockwright.stock.models import Commitment, Level, Movement, Shortfall
from stockwright.stock.queries import availability, line_states, short_by_order
from stockwright.stock.tests import make

pytestmark = pytest.mark.django_db


def test_promises_what_is_there_and_says_what_is_not():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    decided = commit_demands(make.call(), [make.demand(cup, 3, line=1), make.demand(cup, 3, line=2)])
    assert decided.committed == {1: 3, 2: 2}
    assert decided.short == {2: 1}
    assert Level.objects.get().committed == 5
    assert Shortfall.objects.get().kind == "oversold"


def test_the_earliest_promise_is_served_first():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 2)
    decided = commit_demands(make.call(), [make.demand(cup, 2, line=1, due=2), make.demand(cup, 2, line=2, due=1)])
    assert decided.short == {1: 2}


def test_safety_stock_is_not_promised():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5, safety_stock=4)
    assert commit_demands(make.call(), [make.demand(cup, 3, line=1)]).committed == {1: 1}


def test_refuses_when_one_piece_short_and_changes_nothing():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    with pytest.raises(NotEnough) as refusal:
        commit_demands(make.call(), [make.demand(cup, 6)], refuse_oversold=True)
    (shortage,) = refusal.value.shortages
    assert (shortage.sku, shortage.asked, shortage.available) == ("CUP", 6, 5)
    assert Level.objects.get().committed == 0
    assert not Commitment.objects.exists()


def test_an_order_goes_to_the_first_location_that_can_fill_all_of_it():
    cup, tray = make.variant("CUP"), make.variant("TRAY")
    near, far = make.location(priority=1), make.location(priority=2)
    make.level(cup, near, 5)
    make.level(cup, far, 5)
    make.level(tray, far, 5)
    commit_demands(make.call(), [make.demand(cup, 2, line=1, order=9), make.demand(tray, 1, line=2, order=9)])
    assert {c.level.location_id for c in Commitment.objects.select_related("level")} == {far.pk}


def test_splits_a_line_only_where_no_location_has_it_whole():
    cup = make.variant("CUP")
    near, far = make.location(priority=1), make.location(priority=2)
    make.level(cup, near, 2)
    make.level(cup, far, 2)
    commit_demands(make.call(), [make.demand(cup, 3, line=1)])
    assert dict(Commitment.objects.values_list("level__location_id", "units")) == {near.pk: 2, far.pk: 1}


def test_stores_that_do_not_ship_keep_their_stock():
    cup, store = make.variant("CUP"), make.location(ships_orders=False)
    make.level(cup, store, 2)
    assert commit_demands(make.call(), [make.demand(cup, 1, line=1)]).short == {1: 1}


@pytest.mark.parametrize(
    ("policy", "kind"), [("deny", "oversold"), ("continue", "backordered"), ("preorder", "preordered")]
)
def test_the_backorder_policy_names_the_shortfall(policy: str, kind: str):
    cup = make.variant("CUP", backorder=policy)
    make.location()
    commit_demands(make.call(), [make.demand(cup, 1)])
    assert Shortfall.objects.get().kind == kind


def test_more_units_for_a_line_are_added_to_what_it_has():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 3)
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    assert Commitment.objects.get().units == 3
    assert line_states(lines=[1])[1].short == 1


def test_services_are_never_short():
    wrapping = make.variant("WRAP", stocked=False)
    decided = commit_demands(make.call(), [make.demand(wrapping, 2, line=1)])
    assert decided.committed == {1: 2}
    assert decided.not_stocked == {1}


def test_a_kit_line_and_a_plain_line_share_a_component_without_overselling():
    kit, here = make.kit("SET", CUP=2), make.location()
    cup = kit.components.get().component
    make.level(cup, here, 5)
    decided = commit_demands(make.call(), [make.demand(kit, 2, line=1, order=7), make.demand(cup, 2, line=2, order=7)])
    assert decided.short == {2: 1}
    assert Level.objects.get().committed == 5


def test_a_kit_counts_as_committed_only_when_complete():
    kit, here = make.kit("SET", CUP=2, TRAY=1), make.location()
    cup, tray = (c.component for c in kit.components.order_by("component__sku"))
    make.level(cup, here, 10)
    make.level(tray, here, 1)
    decided = commit_demands(make.call(), [make.demand(kit, 3, line=1, order=7)])
    assert (decided.committed, decided.short) == ({1: 1}, {1: 2})
    assert short_by_order([7]) == {7: 2}
    assert fulfil_demands(make.call(), {1: 1}).pieces
    assert Level.objects.get(variant=cup).on_hand == 8
    with pytest.raises(NotCommitted):
        fulfil_demands(make.call(), {1: 1})
    release_demands(make.call(), {1: None})
    assert not Commitment.objects.exists()
    assert not Shortfall.objects.exists()


def test_released_units_go_to_whoever_waits():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 2)
    commit_demands(make.call(), [make.demand(cup, 2, line=1, order=1)])
    commit_demands(make.call(), [make.demand(cup, 2, line=2, order=2)])
    call = make.call()
    release_demands(call, {1: 1})
    assert line_states(lines=[2])[2].committed == 1
    told = next(fact for fact in call.facts if fact.kind == "stock.promises_changed")
    assert told.data["order_ids"] == [2]


def test_release_takes_shortfalls_first():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 2)
    commit_demands(make.call(), [make.demand(cup, 5, line=1)])
    release_demands(make.call(), {1: 3})
    assert not Shortfall.objects.exists()
    assert Commitment.objects.get().units == 2


def test_fulfilling_moves_committed_units_to_customers():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    commit_demands(make.call(), [make.demand(cup, 3, line=1, order=4)])
    fulfilled = fulfil_demands(make.call(), {1: 2})
    assert [(p.line_id, p.units, p.location_id) for p in fulfilled.pieces] == [(1, 2, here.pk)]
    level = Level.objects.get()
    assert (level.on_hand, level.committed) == (3, 1)
    movement = Movement.objects.get(reason="shipped")
    assert (movement.units, movement.reference_type, movement.reference_id) == (2, "order", 4)


def test_refuses_to_fulfil_what_is_not_committed():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    commit_demands(make.call(), [make.demand(cup, 3, line=1)])
    with pytest.raises(NotCommitted):
        fulfil_demands(make.call(), {1: 4})
    assert Level.objects.get().on_hand == 5


def test_availability_of_a_kit_is_that_of_its_scarcest_component():
    kit, here = make.kit("SET", CUP=2, TRAY=1), make.location()
    cup, tray = (c.component for c in kit.components.order_by("component__sku"))
    make.level(cup, here, 9)
    make.level(tray, here, 7)
    assert availability([kit.pk, cup.pk])[kit.pk].available == 4


def test_a_kit_of_services_alone_is_a_service():
    gift = make.variant("GIFT", is_kit=True)
    for sku in ("WRAP", "CARD"):
        KitComponent.objects.create(kit=gift, component=make.variant(sku, stocked=False), units=1)
    make.location()
    decided = commit_demands(make.call(), [make.demand(gift, 2, line=1)])
    assert (decided.committed, decided.short) == ({1: 2}, {})
    assert decided.not_stocked == {1}
    assert not Level.objects.exists()
    assert not availability([gift.pk])[gift.pk].stocked


def test_who_waits_for_what_becomes_a_kit_does_not_wait_for_the_services_in_it():
    set_, cup, wrap = make.variant("SET"), make.variant("CUP"), make.variant("WRAP", stocked=False)
    here = make.location()
    commit_demands(make.call(), [make.demand(set_, 1, line=1)])
    parts = [{"component_id": cup.pk, "units": 2}, {"component_id": wrap.pk, "units": 1}]
    perform("catalog.set_kit", {"variant_id": set_.pk, "components": parts}, actor=SYSTEM)
    perform("stock.receive", {"variant_id": cup.pk, "location_id": here.pk, "units": 2}, actor=SYSTEM)
    assert not Shortfall.objects.exists()
    assert Commitment.objects.get().units == 2
