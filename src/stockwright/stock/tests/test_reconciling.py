"""Numbers compared with what they are made of, and told apart."""

from __future__ import annotations

import pytest

from stockwright.kit.actions import perform
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands
from stockwright.stock.models import Commitment, Difference, Level, Shortfall
from stockwright.stock.queries import (
    open_differences,
    shortfall_list,
    steps_of,
    why,
)
from stockwright.stock.tests import make
from stockwright.stock.tests.make import do

pytestmark = pytest.mark.django_db


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
    assert [(step.change, step.balance, step.other_location) for step in steps_of(cup.pk)] == [
        (-2, 3, "Scrap"),
        (5, 5, "Before the ledger"),
    ]
    assert [(p.order_id, p.units) for p in told.commitments] == [(6, 3)]
    assert [(p.order_id, p.units, p.kind) for p in told.shortfalls] == [(6, 1, "oversold")]
    assert (shortfall_list()[0].sku, shortfall_list()[0].units) == ("CUP", 1)
