"""What other rooms and the clock ask of stock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from stockwright.catalog.models import KitComponent
from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock import jobs
from stockwright.stock.actions import (
    Expected,
    Move,
    Receipt,
    Returned,
    close_many,
    commit_demands,
    expect_many,
    fulfil_demands,
    post_movements,
    receive_many,
    release_demands,
    requeue_demands,
    system_locations,
    take_back,
)
from stockwright.stock.errors import KitHasNoStock, KitWouldHideStock, UnknownVariant
from stockwright.stock.models import Commitment, Difference, Level, Movement, Reservation, Shortfall
from stockwright.stock.queries import differing_levels, line_states, short_by_order, short_lines
from stockwright.stock.tests import make

pytestmark = pytest.mark.django_db


def days_of() -> dict[int, date | None]:
    return {line.line_id: line.promised_on for line in short_lines()}


def test_history_moves_between_places_that_hold_no_stock():
    cup = make.variant("CUP")
    places = system_locations(("before", "customer"))
    then = datetime(2011, 3, 4, 9, 0, tzinfo=UTC)
    post_movements(
        make.call(),
        [
            Move(
                cup.pk,
                6,
                places["before"],
                places["customer"],
                "shipped",
                reference=("order", 5),
                occurred_at=then,
            )
        ],
    )
    assert Movement.objects.get().occurred_at == then
    assert not Level.objects.exists()


def test_returned_units_go_to_whoever_waits_when_they_are_fit_to_sell():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 2)
    commit_demands(make.call(), [make.demand(cup, 2, line=1, order=1)])
    fulfil_demands(make.call(), {1: 2})
    commit_demands(make.call(), [make.demand(cup, 2, line=2, order=2)])
    take_back(
        make.call(), [Returned(1, 1, cup.pk, 1, here.pk), Returned(1, 1, cup.pk, 1, here.pk, condition="damaged")]
    )
    assert line_states(lines=[2])[2].committed == 1
    level = Level.objects.get()
    assert (level.on_hand, level.damaged) == (2, 1)
    assert differing_levels() == []


def test_a_part_of_an_order_goes_from_the_location_that_is_named():
    cup, near, far = make.variant("CUP"), make.location(priority=1), make.location(priority=2)
    make.level(cup, near, 2)
    make.level(cup, far, 2)
    commit_demands(make.call(), [make.demand(cup, 4, line=1)])
    (piece,) = fulfil_demands(make.call(), {1: 2}, location_id=far.pk).pieces
    assert piece.location_id == far.pk
    assert Commitment.objects.get().level.location_id == near.pk


def test_an_order_promised_for_an_earlier_day_overtakes():
    cup, here = make.variant("CUP"), make.location()
    commit_demands(
        make.call(),
        [make.demand(cup, 1, line=1, order=1, due=1), make.demand(cup, 1, line=2, order=2, due=2)],
    )
    expect_many(make.call(), [Expected(cup.pk, here.pk, 1, now().date())])
    assert days_of() == {1: now().date(), 2: None}
    call = make.call()
    requeue_demands(call, {2: make.NOON})
    assert days_of() == {1: None, 2: now().date()}
    assert [line.line_id for line in short_lines()] == [2, 1]
    assert call.facts[-1].data["order_ids"] == [1, 2]


def test_many_receipts_are_one_posting():
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    posted = receive_many(make.call(), [Receipt(cup.pk, here.pk, 2), Receipt(tray.pk, here.pk, 3)])
    assert len(posted.movements) == 2
    assert dict(Level.objects.values_list("variant__sku", "on_hand")) == {"CUP": 2, "TRAY": 3}


def test_closing_arrivals_takes_their_days_back():
    cup, here = make.variant("CUP"), make.location()
    commit_demands(make.call(), [make.demand(cup, 1, line=1, order=1)])
    arriving = expect_many(make.call(), [Expected(cup.pk, here.pk, 1, now().date())])
    assert arriving.orders_changed == (1,)
    assert close_many(make.call(), arriving.arrivals).orders_changed == (1,)
    assert days_of() == {1: None}


def test_a_preorder_is_promised_for_its_own_day():
    day = now().date() + timedelta(days=40)
    cup = make.variant("CUP", backorder="preorder", preorder_until=day)
    make.location()
    commit_demands(make.call(), [make.demand(cup, 1, line=1, order=1)])
    assert days_of() == {1: day}


def test_what_has_stock_can_not_become_a_kit():
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    make.level(cup, here, 1)
    with pytest.raises(KitWouldHideStock):
        perform("catalog.set_kit", {"variant_id": cup.pk, "components": [{"component_id": tray.pk}]}, actor=SYSTEM)
    assert not KitComponent.objects.exists()


def test_who_waits_for_what_becomes_a_kit_waits_for_its_components():
    set_, cup, here = make.variant("SET"), make.variant("CUP"), make.location()
    make.level(cup, here, 3)
    commit_demands(make.call(), [make.demand(set_, 2, line=1, order=3)])
    parts = [{"component_id": cup.pk, "units": 2}]
    outcome = perform("catalog.set_kit", {"variant_id": set_.pk, "components": parts}, actor=SYSTEM)
    state = line_states(lines=[1])[1]
    assert (state.committed, state.short) == (1, 1)
    assert outcome.facts[-1].data["order_ids"] == [3]
    assert differing_levels() == []


def test_promises_keep_the_components_they_were_made_with():
    kit, here = make.kit("SET", CUP=2), make.location()
    cup = kit.components.get().component
    make.level(cup, here, 10)
    commit_demands(make.call(), [make.demand(kit, 2, line=1, order=3)])
    parts = [{"component_id": cup.pk, "units": 5}]
    perform("catalog.set_kit", {"variant_id": kit.pk, "components": parts}, actor=SYSTEM)
    assert [piece.units for piece in fulfil_demands(make.call(), {1: 1}).pieces] == [2]
    release_demands(make.call(), {1: 1})
    assert not Commitment.objects.exists()


def test_a_kit_that_nobody_has_described_is_short():
    kit, here = make.variant("SET", is_kit=True), make.location()
    assert commit_demands(make.call(), [make.demand(kit, 2, line=1, order=3)]).short == {1: 2}
    assert short_by_order([3]) == {3: 2}
    with pytest.raises(KitHasNoStock):
        receive_many(make.call(), [Receipt(kit.pk, here.pk, 1)])


def test_refuses_a_demand_for_a_variant_that_is_not_there():
    cup = make.variant("CUP")
    lost = make.demand(cup)
    cup.delete()
    with pytest.raises(UnknownVariant):
        commit_demands(make.call(), [lost])


def test_the_clock_frees_what_was_held_too_long():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 1)
    wish = [{"variant_id": cup.pk, "units": 1}]
    perform("stock.reserve", {"holder": "cart:1", "lines": wish, "minutes": 1}, actor=SYSTEM)
    commit_demands(make.call(), [make.demand(cup, 1, line=1)])
    jobs.expire_reservations(1)
    assert Reservation.objects.exists()
    Reservation.objects.update(reserved_until=now())
    jobs.expire_reservations(2)
    assert not Reservation.objects.exists()
    assert not Shortfall.objects.exists()


def test_every_night_levels_are_compared():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 1)
    Level.objects.update(on_hand=2)
    jobs.reconcile(1)
    assert Difference.objects.get().derived == 1


def test_reconciling_makes_the_level_that_the_ledger_knows_of():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 2)
    Level.objects.all().delete()
    perform("stock.reconcile", {"repair": True}, actor=SYSTEM)
    assert Level.objects.get().on_hand == 2
