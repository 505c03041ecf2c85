"""Movements turned round: once, and only those that nobody else keeps."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from stockwright.kit.errors import NotFound
from stockwright.stock.actions import commit_demands, fulfil_demands
from stockwright.stock.errors import ArrivalElsewhere, NotReversible, ReversedAlready
from stockwright.stock.models import Arrival, Level, Movement
from stockwright.stock.queries import differing_levels
from stockwright.stock.tests import make
from stockwright.stock.tests.make import result


@pytest.mark.django_db
def test_refuses_to_reverse_a_movement_twice():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 10)
    (moved,) = result("scrap", variant_id=cup.pk, location_id=here.pk, units=2).movements
    result("reverse", movements=[moved, moved])
    assert Level.objects.get().on_hand == 10
    with pytest.raises(ReversedAlready):
        result("reverse", movements=[moved])
    assert Level.objects.get().on_hand == 10


@pytest.mark.django_db(transaction=True)
def test_two_who_reverse_the_same_movement_at_once_reverse_it_once():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 10)
    (moved,) = result("scrap", variant_id=cup.pk, location_id=here.pk, units=2).movements
    barrier, answers = threading.Barrier(2), []

    def turn() -> None:
        try:
            barrier.wait(10)
            result("reverse", movements=[moved])
            answers.append("done")
        except ReversedAlready:
            answers.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=turn) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == ["done", "refused"]
    assert Level.objects.get().on_hand == 10


@pytest.mark.django_db
def test_refuses_to_reverse_what_a_transfer_or_an_order_keeps():
    cup, here, there = make.variant("CUP"), make.location(), make.location()
    make.level(cup, here, 10)
    lines = [{"variant_id": cup.pk, "units": 4}]
    transfer = result("create_transfer", origin_id=here.pk, destination_id=there.pk, lines=lines).transfer_id
    left = result("ship_transfer", transfer_id=transfer).movements
    lost = result("receive_transfer", transfer_id=transfer, close=True).movements
    commit_demands(make.call(), [make.demand(cup, 1, line=1)])
    fulfil_demands(make.call(), {1: 1})
    shipped = Movement.objects.get(reason="shipped").pk
    for movements in (left, lost, [shipped]):
        with pytest.raises(NotReversible):
            result("reverse", movements=movements)
    assert Level.objects.get(location=here).on_hand == 5


@pytest.mark.django_db
def test_what_an_arrival_brought_is_expected_again_and_turned_round_once_more_it_has_come():
    cup, here = make.variant("CUP"), make.location()
    (arrival,) = result("expect", variant_id=cup.pk, location_id=here.pk, units=4).arrivals
    got = result("receive", variant_id=cup.pk, location_id=here.pk, units=3, arrival_id=arrival)
    back = result("reverse", movements=got.movements)
    assert Level.objects.get().incoming == 4
    result("reverse", movements=back.movements)
    assert (Level.objects.get().incoming, Level.objects.get().on_hand) == (1, 3)
    assert differing_levels() == []


@pytest.mark.django_db
def test_refuses_goods_against_an_arrival_that_brings_others_or_elsewhere():
    cup, tray, here, there = make.variant("CUP"), make.variant("TRAY"), make.location(), make.location()
    (arrival,) = result("expect", variant_id=cup.pk, location_id=here.pk, units=4).arrivals
    for variant, place in ((tray, here), (cup, there)):
        with pytest.raises(ArrivalElsewhere):
            result("receive", variant_id=variant.pk, location_id=place.pk, units=3, arrival_id=arrival)
    with pytest.raises(NotFound):
        result("receive", variant_id=cup.pk, location_id=here.pk, units=3, arrival_id=arrival + 1)
    assert Arrival.objects.get().received == 0


@pytest.mark.django_db
def test_a_transfer_of_which_nothing_came_is_written_off():
    cup, here, there = make.variant("CUP"), make.location(), make.location()
    make.level(cup, here, 10)
    lines = [{"variant_id": cup.pk, "units": 4}]
    transfer = result("create_transfer", origin_id=here.pk, destination_id=there.pk, lines=lines).transfer_id
    result("ship_transfer", transfer_id=transfer)
    done = result("receive_transfer", transfer_id=transfer, close=True)
    assert done.state == "received"
    lost = Movement.objects.get(reason="written_off")
    assert (lost.units, lost.to_location.kind) == (4, "shrinkage")
    assert (Level.objects.get(location=there).on_hand, Level.objects.get(location=there).incoming) == (0, 0)
    assert Level.objects.get(location=here).on_hand == 6
    assert differing_levels() == []
