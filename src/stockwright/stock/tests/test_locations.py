"""Locations: changed by a dialog, and while goods move."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from stockwright.kit.actions import perform
from stockwright.kit.models import ActionCall
from stockwright.kit.people import SYSTEM
from stockwright.stock.models import Level, Location
from stockwright.stock.tests import make
from stockwright.stock.tests.make import client, text


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


@pytest.mark.django_db
def test_a_locations_address_is_typed_field_by_field_read_on_its_page_and_taken_back():
    here, lead = make.location("north", name="North"), client("lead")
    perform("stock.change_location", {"location_id": here.pk, "address": {"city": "Ghent"}}, actor=SYSTEM)
    dialog = text(lead.get(f"/do/stock.change_location/?location_id={here.pk}"))
    assert 'name="address.city" value="Ghent"' in dialog
    sent = {"location_id": here.pk, "address.address1": "Quay 1", "address.city": "Lier", "_apply": 1}
    lead.post("/do/stock.change_location/", sent)
    assert Location.objects.get(pk=here.pk).address == {"address1": "Quay 1", "city": "Lier"}
    page = text(lead.get(f"/stock/locations/{here.pk}/"))
    assert "Quay 1, Lier" in page
    lead.post(f"/undo/{ActionCall.objects.filter(action='stock.change_location').latest('performed_at').pk}/")
    assert Location.objects.get(pk=here.pk).address == {"city": "Ghent"}
