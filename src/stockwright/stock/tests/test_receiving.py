"""Goods that come in, and what is announced of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from stockwright.kit.actions import undo
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands, release_demands
from stockwright.stock.actions.promises import refresh_promises
from stockwright.stock.errors import (
    ArrivalClosed,
    KitHasNoStock,
    LotNeeded,
    NotStocked,
)
from stockwright.stock.models import Arrival, Commitment, Level, Movement, Shortfall
from stockwright.stock.queries import (
    contents_of,
    differing_levels,
    short_lines,
)
from stockwright.stock.tests import make
from stockwright.stock.tests.make import do, kinds

pytestmark = pytest.mark.django_db


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


def test_who_waits_ahead_of_a_released_line_keeps_the_day_and_who_waits_behind_gets_the_one_a_full_look_gives():
    cup, here = make.variant("CUP"), make.location()
    commit_demands(make.call(), [make.demand(cup, 2, line=line, order=line, due=line) for line in range(1, 7)])
    for days, units in ((8, 3), (16, 4), (27, 2)):
        day = (now().date() + timedelta(days=days)).isoformat()
        do("expect", variant_id=cup.pk, location_id=here.pk, units=units, expected_on=day)
    release_demands(make.call(), {3: 1, 5: None})
    told = {line.line_id: line.promised_on for line in short_lines()}
    assert refresh_promises([cup.pk], now()) == set()
    assert len(set(told.values())) == 3
    assert None not in told.values()


def test_a_release_looks_only_at_those_who_wait_behind():
    cup, here = make.variant("CUP"), make.location()
    commit_demands(make.call(), [make.demand(cup, 2, line=line, order=line, due=line) for line in range(1, 4)])
    do("expect", variant_id=cup.pk, location_id=here.pk, units=9, expected_on="2199-01-01")
    # A day that nobody gave: whoever looks at it puts it right.
    Shortfall.objects.update(promised_on="2198-01-01")
    release_demands(make.call(), {2: 1})
    told = {line.line_id: line.promised_on for line in short_lines()}
    assert told == {1: date(2198, 1, 1), 2: date(2199, 1, 1), 3: date(2199, 1, 1)}
