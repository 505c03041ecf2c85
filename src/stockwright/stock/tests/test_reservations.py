"""What is kept for somebody who has not ordered yet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict

from stockwright.kit.actions import can_undo, undo
from stockwright.kit.actions.perform import CannotUndo
from stockwright.kit.clock import now
from stockwright.kit.forms import form_of
from stockwright.kit.forms.form import read_form
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands
from stockwright.stock.errors import (
    NotEnough,
    ReservedSince,
)
from stockwright.stock.models import Commitment, Level, Reservation, Shortfall
from stockwright.stock.tests import make
from stockwright.stock.tests.make import do

pytestmark = pytest.mark.django_db


def test_a_reservation_is_lost_before_a_commitment():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 3)
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 1}])
    do("adjust", variant_id=cup.pk, location_id=here.pk, change=-1)
    assert not Reservation.objects.exists()
    assert Commitment.objects.get().units == 2


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


def test_undo_of_a_reservation_leaves_alone_what_was_reserved_anew():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    first = do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 2}])
    do("release_reservation", holder="cart:1")
    second = do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 3}])
    with pytest.raises(ReservedSince):
        undo(first.call_id, actor=SYSTEM)
    assert Level.objects.get().reserved == 3
    undo(second.call_id, actor=SYSTEM)
    assert Level.objects.get().reserved == 0


def test_a_reservation_that_replaced_another_cannot_be_undone():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 2}])
    again = do("reserve", holder="cart:1", lines=[{"variant_id": cup.pk, "units": 3}])
    with pytest.raises(CannotUndo):
        undo(again.call_id, actor=SYSTEM)
    assert Level.objects.get().reserved == 3


def test_the_dialog_asks_nobody_for_the_numbers_of_reservations():
    form = form_of("stock.release_reservation", QueryDict("holder=cart:1"))
    assert {made.name: made.kind for made in form.fields}["reservations"] == "hidden"
    assert read_form(form, QueryDict("holder=cart:1&reservations=")) == {"holder": "cart:1", "reservations": []}


def test_a_reservation_of_services_alone_keeps_nothing_that_could_be_undone():
    wrap, here = make.variant("WRAP", stocked=False), make.location()
    kept = do("reserve", holder="cart:1", lines=[{"variant_id": wrap.pk, "units": 2}])
    assert kept.result.units == 0
    assert not can_undo(kept.call_id)
    assert not Level.objects.filter(location=here).exists()
