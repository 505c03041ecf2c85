"""What a location keeps back, where it keeps things, and whether it ships."""

from __future__ import annotations

import pytest

from stockwright.kit.actions import undo
from stockwright.kit.actions.perform import ChangedSince
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands
from stockwright.stock.errors import (
    LocationNotEmpty,
)
from stockwright.stock.models import Bin, Commitment, Level, Shortfall
from stockwright.stock.tests import make
from stockwright.stock.tests.make import do, kinds

pytestmark = pytest.mark.django_db


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


def test_undo_of_a_policy_puts_the_bin_back_as_well():
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    for code in ("A1", "B2"):
        do("add_bin", location_id=here.pk, code=code)
    at = {"location_id": here.pk}
    do("set_policy", lines=[{"variant_id": cup.pk, **at, "safety_stock": 1, "bin": "A1"}])
    moved = do(
        "set_policy",
        lines=[
            {"variant_id": cup.pk, **at, "safety_stock": 4, "bin": "A1"},
            {"variant_id": cup.pk, **at, "safety_stock": 3, "bin": "B2"},
            {"variant_id": tray.pk, **at, "bin": "B2"},
        ],
    )
    assert moved.result.changed == 2
    undo(moved.call_id, actor=SYSTEM)
    rows = Level.objects.order_by("variant").values_list("variant", "safety_stock", "bin__code")
    assert list(rows) == [(cup.pk, 1, "A1"), (tray.pk, 0, None)]


def test_refuses_to_undo_a_policy_whose_bin_was_changed_since():
    cup, here = make.variant("CUP"), make.location()
    for code in ("A1", "B2"):
        do("add_bin", location_id=here.pk, code=code)
    line = {"variant_id": cup.pk, "location_id": here.pk}
    first = do("set_policy", lines=[{**line, "bin": "A1"}])
    do("set_policy", lines=[{**line, "bin": "B2"}])
    with pytest.raises(ChangedSince):
        undo(first.call_id, actor=SYSTEM)
    assert Level.objects.get().bin == Bin.objects.get(code="B2")
