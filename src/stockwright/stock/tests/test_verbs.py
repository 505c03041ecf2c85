from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from stockwright.kit.actions import Outcome, perform, undo
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands
from stockwright.stock.errors import (
    ArrivalClosed,
    BelongsToTransfer,
    CountIncomplete,
    CountNotOpen,
    KitHasNoStock,
    LevelChanged,
    LocationNotEmpty,
    LotNeeded,
    NotEnough,
    NotEnoughHere,
    NotStocked,
    PromisesAtRisk,
    TransferNotOpen,
)
from stockwright.stock.models import Arrival, Bin, Commitment, Difference, Level, Movement, Reservation, Shortfall
from stockwright.stock.queries import (
    availability,
    contents_of,
    differing_levels,
    open_differences,
    short_lines,
    shortfall_list,
    why,
)
from stockwright.stock.tests import make

pytestmark = pytest.mark.django_db


def do(name: str, /, **given: Any) -> Outcome:
    outcome = perform(f"stock.{name}", given, actor=SYSTEM)
    assert differing_levels() == []
    return outcome


def kinds(outcome: Outcome) -> set[str]:
    return {fact.kind for fact in outcome.facts}


def test_receiving_serves_the_orders_that_wait():
    cup, here = make.variant("CUP"), make.location()
    commit_demands(make.call(), [make.demand(cup, 3, line=1, order=8)])
    outcome = do("receive", variant_id=cup.pk, location_id=here.pk, units=2)
    assert Commitment.objects.get().units == 2
    assert Shortfall.objects.get().units == 1
    assert outcome.result.orders_changed == (8,)
    assert kinds(outcome) == {"stock.received", "stock.promises_changed"}


def test_undo_of_receiving_takes_the_units_out_again():
    cup, here = make.variant("CUP"), make.location()
    outcome = do("receive", variant_id=cup.pk, location_id=here.pk, units=2)
    undo(outcome.call_id, actor=SYSTEM)
    assert Level.objects.get().on_hand == 0
    assert differing_levels() == []


def test_an_opening_balance_comes_from_before_the_ledger():
    cup, here = make.variant("CUP"), make.location()
    do("receive", variant_id=cup.pk, location_id=here.pk, units=2, opening=True)
    assert Movement.objects.get().from_location.kind == "before"


def test_refuses_to_receive_without_the_lot_of_a_tracked_variant():
    milk, here = make.variant("MILK", tracking="expiry"), make.location()
    with pytest.raises(LotNeeded):
        do("receive", variant_id=milk.pk, location_id=here.pk, units=2)
    with pytest.raises(LotNeeded):
        do("receive", variant_id=milk.pk, location_id=here.pk, units=2, lot="A")
    do("receive", variant_id=milk.pk, location_id=here.pk, units=2, lot="A", expires_on="2027-01-01")
    do("receive", variant_id=milk.pk, location_id=here.pk, units=3, lot="A")
    (balance,) = contents_of(milk.pk)
    assert (balance.lot, balance.units, balance.expires_on) == ("A", 5, date(2027, 1, 1))


def test_the_lot_that_expires_first_leaves_first():
    milk, here = make.variant("MILK", tracking="expiry"), make.location()
    do("receive", variant_id=milk.pk, location_id=here.pk, units=2, lot="LATE", expires_on="2027-05-01")
    do("receive", variant_id=milk.pk, location_id=here.pk, units=2, lot="SOON", expires_on="2027-01-01")
    do("scrap", variant_id=milk.pk, location_id=here.pk, units=3)
    assert [(c.lot, c.units) for c in contents_of(milk.pk)] == [("LATE", 1)]


def test_refuses_stock_for_kits_and_services():
    kit, here, service = make.kit("SET", CUP=1), make.location(), make.variant("WRAP", stocked=False)
    with pytest.raises(KitHasNoStock):
        do("receive", variant_id=kit.pk, location_id=here.pk, units=2)
    with pytest.raises(NotStocked):
        do("receive", variant_id=service.pk, location_id=here.pk, units=2)


def test_units_move_between_bins():
    cup, here = make.variant("CUP"), make.location()
    for code in ("A1", "B2"):
        do("add_bin", location_id=here.pk, code=code)
    do("receive", variant_id=cup.pk, location_id=here.pk, units=5, bin="A1")
    do("move", variant_id=cup.pk, location_id=here.pk, units=2, from_bin="A1", to_bin="B2")
    assert {(c.bin, c.units) for c in contents_of(cup.pk)} == {("A1", 3), ("B2", 2)}
    assert Level.objects.get().bin == Bin.objects.get(code="A1")


def test_adjusting_down_loses_the_youngest_promise():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 4)
    commit_demands(make.call(), [make.demand(cup, 2, line=1, due=1), make.demand(cup, 2, line=2, due=2)])
    outcome = do("adjust", variant_id=cup.pk, location_id=here.pk, change=-1)
    assert {(c.line_id, c.units) for c in Commitment.objects.all()} == {(1, 2), (2, 1)}
    lost = Shortfall.objects.get()
    assert (lost.line_id, lost.units, lost.kind) == (2, 1, "lost")
    assert "stock.promises_changed" in kinds(outcome)
    undo(outcome.call_id, actor=SYSTEM)
    assert not Shortfall.objects.exists()
    assert differing_levels() == []


def test_a_lost_promise_moves_to_another_location_that_has_units():
    cup, near, far = make.variant("CUP"), make.location(priority=1), make.location(priority=2)
    make.level(cup, near, 2)
    make.level(cup, far, 2)
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    do("mark_damaged", variant_id=cup.pk, location_id=near.pk, units=1)
    assert {(c.level.location_id, c.units) for c in Commitment.objects.select_related("level")} == {
        (near.pk, 1),
        (far.pk, 1),
    }
    assert not Shortfall.objects.exists()


def test_refuses_rather_than_breaking_promises_when_asked_to():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 2)
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    with pytest.raises(PromisesAtRisk):
        do("scrap", variant_id=cup.pk, location_id=here.pk, units=1, keep_promises=True)
    assert Level.objects.get().on_hand == 2


def test_refuses_when_one_piece_short_on_the_shelf():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 2)
    with pytest.raises(NotEnoughHere) as refusal:
        do("scrap", variant_id=cup.pk, location_id=here.pk, units=3)
    assert refusal.value.shortages[0].available == 2
    assert Level.objects.get().on_hand == 2


def test_quarantined_units_are_not_for_sale_until_released():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    do("quarantine", variant_id=cup.pk, location_id=here.pk, units=4)
    assert availability([cup.pk])[cup.pk].available == 1
    do("release", variant_id=cup.pk, location_id=here.pk, units=3)
    assert availability([cup.pk])[cup.pk].available == 4


def test_a_reservation_is_lost_before_a_commitment():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 3)
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 1}])
    do("adjust", variant_id=cup.pk, location_id=here.pk, change=-1)
    assert not Reservation.objects.exists()
    assert Commitment.objects.get().units == 2


def test_counting_posts_the_variance():
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    make.level(cup, here, 5)
    make.level(tray, here, 5)
    lines = [{"variant_id": cup.pk, "units": 3}, {"variant_id": tray.pk, "units": 5}]
    outcome = do("count", location_id=here.pk, lines=lines)
    assert outcome.result.variances == {cup.pk: -2, tray.pk: 0}
    assert Movement.objects.get(reason="counted").to_location.kind == "shrinkage"
    assert Level.objects.filter(counted_at__isnull=False).count() == 2


def test_a_count_takes_the_variance_of_the_moment_of_looking():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    opened = do("count_open", location_id=here.pk).result
    assert opened.lines == 1
    with pytest.raises(CountIncomplete):
        do("count_post", count_id=opened.count_id)
    do("count_enter", count_id=opened.count_id, lines=[{"variant_id": cup.pk, "units": 4}])
    do("scrap", variant_id=cup.pk, location_id=here.pk, units=2)
    do("count_post", count_id=opened.count_id)
    assert Level.objects.get().on_hand == 2
    with pytest.raises(CountNotOpen):
        do("count_cancel", count_id=opened.count_id)


def test_a_transfer_passes_through_transit():
    cup, origin, to = make.variant("CUP"), make.location(), make.location()
    make.level(cup, origin, 5)
    lines = [{"variant_id": cup.pk, "units": 4}]
    id_ = do("create_transfer", origin_id=origin.pk, destination_id=to.pk, lines=lines).result.transfer_id
    do("ship_transfer", transfer_id=id_)
    there = Level.objects.get(location=to)
    assert (there.on_hand, there.incoming) == (0, 4)
    do("receive_transfer", transfer_id=id_, lines=[{"variant_id": cup.pk, "units": 3}])
    there.refresh_from_db()
    assert (there.on_hand, there.incoming) == (3, 1)
    done = do("receive_transfer", transfer_id=id_)
    assert done.result.state == "received"
    assert Level.objects.get(location=to).on_hand == 4
    with pytest.raises(TransferNotOpen):
        do("cancel_transfer", transfer_id=id_)


def test_what_comes_with_a_transfer_is_taken_in_there_and_nowhere_else():
    cup, origin, to = make.variant("CUP"), make.location(), make.location()
    make.level(cup, origin, 5)
    lines = [{"variant_id": cup.pk, "units": 4}]
    id_ = do("create_transfer", origin_id=origin.pk, destination_id=to.pk, lines=lines).result.transfer_id
    do("ship_transfer", transfer_id=id_)
    arrival = Arrival.objects.get()
    for verb, given in (
        ("close_arrival", {"arrival_id": arrival.pk}),
        ("change_arrival", {"arrival_id": arrival.pk, "units": 1}),
        ("receive", {"arrival_id": arrival.pk, "variant_id": cup.pk, "location_id": to.pk, "units": 4}),
    ):
        with pytest.raises(BelongsToTransfer):
            do(verb, **given)
    there = Level.objects.get(location=to)
    assert (there.on_hand, there.incoming) == (0, 4)


def test_what_a_transfer_lost_is_written_off():
    cup, origin, to = make.variant("CUP"), make.location(), make.location()
    make.level(cup, origin, 5)
    lines = [{"variant_id": cup.pk, "units": 4}]
    id_ = do("create_transfer", origin_id=origin.pk, destination_id=to.pk, lines=lines).result.transfer_id
    do("ship_transfer", transfer_id=id_)
    do("receive_transfer", transfer_id=id_, lines=[{"variant_id": cup.pk, "units": 3}], close=True)
    assert Movement.objects.get(reason="written_off").units == 1
    assert Level.objects.get(location=to).incoming == 0
    assert Arrival.objects.get().closed_at is not None


def test_a_cancelled_transfer_goes_back():
    cup, origin, to = make.variant("CUP"), make.location(), make.location()
    make.level(cup, origin, 5)
    lines = [{"variant_id": cup.pk, "units": 4}]
    id_ = do("create_transfer", origin_id=origin.pk, destination_id=to.pk, lines=lines).result.transfer_id
    shipped = do("ship_transfer", transfer_id=id_)
    undo(shipped.call_id, actor=SYSTEM)
    assert Level.objects.get(location=origin).on_hand == 5
    assert Level.objects.get(location=to).incoming == 0
    assert differing_levels() == []


def test_waiting_orders_are_given_the_day_of_the_arrival_that_brings_their_goods():
    cup, here = make.variant("CUP"), make.location()
    commit_demands(make.call(), [make.demand(cup, 3, line=1, due=1), make.demand(cup, 3, line=2, due=2)])
    soon, then, late = (now().date() + timedelta(days=days) for days in (8, 16, 27))
    first = do("expect", variant_id=cup.pk, location_id=here.pk, units=4, expected_on=soon.isoformat())
    do("expect", variant_id=cup.pk, location_id=here.pk, units=4, expected_on=then.isoformat())
    days = {line.line_id: line.promised_on for line in short_lines()}
    assert days == {1: soon, 2: then}
    (arrival,) = first.result.arrivals
    moved = do("change_arrival", arrival_id=arrival, expected_on=late.isoformat())
    assert {line.line_id: line.promised_on for line in short_lines()}[1] == then
    undo(moved.call_id, actor=SYSTEM)
    assert {line.line_id: line.promised_on for line in short_lines()} == days
    do("close_arrival", arrival_id=arrival)
    assert [line.promised_on for line in short_lines()] == [then, None]
    with pytest.raises(ArrivalClosed):
        do("close_arrival", arrival_id=arrival)


def test_receiving_an_arrival_takes_it_off_incoming():
    cup, here = make.variant("CUP"), make.location()
    (arrival,) = do("expect", variant_id=cup.pk, location_id=here.pk, units=4).result.arrivals
    got = do("receive", variant_id=cup.pk, location_id=here.pk, units=3, arrival_id=arrival)
    assert Level.objects.get().incoming == 1
    undo(got.call_id, actor=SYSTEM)
    assert Level.objects.get().incoming == 4
    do("receive", variant_id=cup.pk, location_id=here.pk, units=5, arrival_id=arrival)
    assert Level.objects.get().incoming == 0
    assert Arrival.objects.get().closed_at is not None


def test_a_reservation_is_all_or_nothing_and_runs_out():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 3)
    with pytest.raises(NotEnough):
        do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 4}])
    do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 2}], minutes=5)
    do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 3}], minutes=5)
    assert commit_demands(make.call(), [make.demand(cup, 1, line=1, order=1)]).short == {1: 1}
    later = make.call(at=now() + timedelta(minutes=6))
    assert commit_demands(later, [make.demand(cup, 3, line=2, order=2)]).committed == {2: 2}
    assert Commitment.objects.get(line_id=1).units == 1
    assert Level.objects.get().reserved == 0


def test_an_order_uses_up_the_reservation_of_its_own_cart():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 3)
    do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 3}])
    commit_demands(make.call(), [make.demand(cup, 1, line=1)])
    decided = commit_demands(make.call(), [make.demand(cup, 2, line=2, order=2)], holders={2: "cart:1"})
    assert decided.committed == {2: 2}
    assert Commitment.objects.get(line_id=1).units == 1


def test_giving_a_reservation_back_serves_those_who_wait():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 3)
    do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 3}])
    commit_demands(make.call(), [make.demand(cup, 1, line=1)])
    do("release_reservation", holder="cart:1")
    assert not Shortfall.objects.exists()


def test_lowering_safety_stock_serves_those_who_wait():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 3, safety_stock=3)
    commit_demands(make.call(), [make.demand(cup, 1, line=1)])
    line = {"variant_id": cup.pk, "location_id": here.pk, "safety_stock": 0}
    outcome = do("set_policy", lines=[line])
    assert not Shortfall.objects.exists()
    undo(outcome.call_id, actor=SYSTEM)
    assert Level.objects.get().safety_stock == 3
    assert Commitment.objects.get().units == 1


def test_a_store_that_begins_to_ship_serves_those_who_wait():
    cup, store = make.variant("CUP"), make.location(ships_orders=False)
    make.level(cup, store, 3)
    commit_demands(make.call(), [make.demand(cup, 1, line=1)])
    outcome = do("change_location", location_id=store.pk, ships_orders=True)
    assert not Shortfall.objects.exists()
    assert "stock.promises_changed" in kinds(outcome)
    with pytest.raises(LocationNotEmpty):
        do("change_location", location_id=store.pk, active=False)


def test_a_file_sets_numbers_on_hand():
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    lines = [{"variant_id": v.pk, "location_id": here.pk, "units": 5} for v in (cup, tray)]
    outcome = do("set_on_hand", lines=lines)
    assert (outcome.result.changed, outcome.result.units_more) == (2, 10)
    assert set(Movement.objects.values_list("reason", flat=True)) == {"opening"}
    again = do("set_on_hand", lines=[lines[0], {**lines[1], "units": 3, "expected": 5}])
    assert (again.result.changed, again.result.unchanged, again.result.units_fewer) == (1, 1, 2)
    assert Movement.objects.get(reason="channel").units == 2
    with pytest.raises(LevelChanged):
        do("set_on_hand", lines=[{**lines[1], "units": 3, "expected": 5}])


def test_a_file_that_tells_what_is_available_has_promises_added():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    line = {"variant_id": cup.pk, "location_id": here.pk, "units": 1}
    do("set_on_hand", lines=[line], meaning="available")
    assert Level.objects.get().on_hand == 3


def test_reconciling_finds_and_repairs_what_somebody_broke():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    commit_demands(make.call(), [make.demand(cup, 3, line=1)])
    Level.objects.update(on_hand=9, committed=1)
    outcome = perform("stock.reconcile", {}, actor=SYSTEM)
    assert (outcome.result.differences, outcome.result.found) == (2, 2)
    assert [(d.part, d.stored, d.derived) for d in open_differences()] == [("on_hand", 9, 5), ("committed", 1, 3)]
    assert perform("stock.reconcile", {}, actor=SYSTEM).result.found == 0
    assert do("repair", difference_id=open_differences()[0].id).result.repaired == 2
    assert open_differences() == []
    assert (Level.objects.get().on_hand, Level.objects.get().committed) == (5, 3)


def test_reconciling_closes_differences_that_are_gone():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    Level.objects.update(on_hand=9)
    perform("stock.reconcile", {}, actor=SYSTEM)
    Level.objects.update(on_hand=5)
    assert do("reconcile").result.closed == 1
    assert Difference.objects.get().closed_at is not None


def test_repairing_loses_promises_that_nothing_stands_behind():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    Level.objects.update(on_hand=9)
    commit_demands(make.call(), [make.demand(cup, 7, line=1)])
    assert do("reconcile", repair=True).result.repaired == 1
    assert Commitment.objects.get().units == 5
    assert Shortfall.objects.get().kind == "lost"


def test_why_tells_the_movements_with_their_balances():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    do("scrap", variant_id=cup.pk, location_id=here.pk, units=2)
    commit_demands(make.call(), [make.demand(cup, 4, line=1, order=6)])
    told = why(cup.pk)
    assert [(step.change, step.balance, step.other_location) for step in told.steps] == [
        (-2, 3, "Scrap"),
        (5, 5, "Before the ledger"),
    ]
    assert [(p.order_id, p.units) for p in told.commitments] == [(6, 3)]
    assert [(p.order_id, p.units, p.kind) for p in told.shortfalls] == [(6, 1, "oversold")]
    assert (shortfall_list()[0].sku, shortfall_list()[0].units) == ("CUP", 1)
