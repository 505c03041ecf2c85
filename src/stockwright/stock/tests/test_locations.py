"""Locations that change while goods move."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from stockwright.kit.actions import perform
from stockwright.kit.people import SYSTEM
from stockwright.stock.models import Level
from stockwright.stock.tests import make


@pytest.mark.django_db(transaction=True)
def test_goods_go_on_moving_while_a_location_is_being_changed():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    changed, moved = threading.Event(), threading.Event()

    def change() -> None:
        try:
            with transaction.atomic():
                perform("stock.change_location", {"location_id": here.pk, "name": "North"}, actor=SYSTEM)
                changed.set()
                moved.wait(10)
        finally:
            connection.close()

    other = threading.Thread(target=change)
    other.start()
    try:
        assert changed.wait(10)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            perform("stock.scrap", {"variant_id": cup.pk, "location_id": here.pk, "units": 1}, actor=SYSTEM)
    finally:
        moved.set()
        other.join(10)
    assert Level.objects.get().on_hand == 4
