"""Goods between our own locations."""

from __future__ import annotations

import pytest

from stockwright.kit.actions import undo
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands
from stockwright.stock.errors import (
    BelongsToTransfer,
    TransferNotOpen,
)
from stockwright.stock.models import Arrival, Level, Movement
from stockwright.stock.pages.telling import planned
from stockwright.stock.queries import (
    differing_levels,
)
from stockwright.stock.tests import make
from stockwright.stock.tests.make import do

pytestmark = pytest.mark.django_db


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


def test_planning_more_than_is_free_at_the_origin_is_told():
    cup, here, there = make.variant("CUP"), make.location(), make.location()
    make.level(cup, here, 679)
    commit_demands(make.call(), [make.demand(cup, 29, line=1)])
    for units, words in (
        (650, "Transfer planned"),
        (999_999, "Transfer planned, more of CUP than is free there: 999,999 planned, 679 there, 650 free"),
    ):
        lines = [{"variant_id": cup.pk, "units": units}]
        outcome = do("create_transfer", origin_id=here.pk, destination_id=there.pk, lines=lines)
        assert [planned(fact.data) for fact in outcome.facts] == [words]
