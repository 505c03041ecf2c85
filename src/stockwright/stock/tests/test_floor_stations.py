from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from stockwright.catalog.models import Barcode
from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands
from stockwright.stock.models import Arrival, Commitment, Count, CountLine, Level, Location, Lot, Transfer
from stockwright.stock.queries import differing_levels
from stockwright.stock.tests import make
from stockwright.stock.tests.make import client, text

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def here() -> Location:
    return make.location("north", name="Warehouse North")


@pytest.fixture
def picker() -> Client:
    return client("picker")


def opened(here: Location, *variants: Any) -> Count:
    given = {"location_id": here.pk, "variants": [v.pk for v in variants]}
    return Count.objects.get(pk=perform("stock.count_open", given, actor=SYSTEM).result.count_id)


# Counting ---------------------------------------------------------------------------------------------------------------


def test_a_barcode_is_looked_up_with_the_units_it_stands_for(here: Location, picker: Client):
    cup = make.variant("CUP")
    make.level(cup, here, 7)
    Barcode.objects.create(variant=cup, code="4006381333931", units=12)
    count = opened(here, cup)
    item = picker.get(f"/stock/counts/{count.pk}/enter/", {"code": "4006381333931"}, headers=JSON).json()["item"]
    assert (item["sku"], item["units"], item["counted"], item["listed"]) == ("CUP", 12, None, True)


def test_a_sku_is_found_in_any_case_unless_two_differ_by_it(here: Location, picker: Client):
    make.variant("85123A")
    count = opened(here, make.variant("CUP"))
    url = f"/stock/counts/{count.pk}/enter/"
    assert picker.get(url, {"code": "85123a"}, headers=JSON).json()["item"]["sku"] == "85123A"
    make.variant("85123a")
    assert picker.get(url, {"code": "85123a"}, headers=JSON).json()["item"]["sku"] == "85123a"
    assert picker.get(url, {"code": "cUp"}, headers=JSON).json()["item"]["sku"] == "CUP"


def test_the_leading_nought_of_a_barcode_does_not_matter(here: Location, picker: Client):
    cup = make.variant("CUP")
    Barcode.objects.create(variant=cup, code="036000291452")
    count = opened(here, cup)
    answer = picker.get(f"/stock/counts/{count.pk}/enter/", {"code": "0036000291452"}, headers=JSON)
    assert answer.json()["item"]["sku"] == "CUP"


def test_an_unknown_code_a_kit_and_a_service_are_refused_in_words(here: Location, picker: Client):
    make.kit("SET", CUP=2)
    make.variant("WRAP", stocked=False)
    url = f"/stock/counts/{opened(here, make.variant('TRAY')).pk}/enter/"
    for code, words in (("nope", "nope is no barcode or SKU"), ("SET", "is a kit"), ("WRAP", "service or fee")):
        answer = picker.get(url, {"code": code}, headers=JSON)
        assert answer.status_code in (409, 422)
        assert words in answer.json()["words"]
        assert words in text(picker.get(url, {"code": code}))


def test_the_counter_is_never_told_what_the_books_say(here: Location, picker: Client):
    cup = make.variant("CUP")
    make.level(cup, here, 4711)
    count = opened(here, cup)
    for query in ("", "?code=CUP"):
        assert "4711" not in text(picker.get(f"/stock/counts/{count.pk}/enter/{query}"))
    assert "4711" not in text(picker.get(f"/stock/counts/{count.pk}/"))


def test_an_entry_is_noted_once_however_often_it_is_sent(here: Location, picker: Client):
    cup = make.variant("CUP")
    make.level(cup, here, 7)
    count = opened(here, cup, make.variant("TRAY"))
    url, sent = f"/stock/counts/{count.pk}/enter/", {"variant_id": cup.pk, "units": 5, "_key": "floor-1"}
    answers = [picker.post(url, sent, headers=JSON).json() for _turn in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0]["words"], answers[0]["done"], answers[0]["every"]) == ("CUP: 5 counted", 1, 2)
    assert CountLine.objects.get(variant=cup).counted == 5


def test_a_plain_form_works_without_the_script(here: Location, picker: Client):
    cup = make.variant("CUP")
    make.level(cup, here, 7)
    count = opened(here, cup)
    url = f"/stock/counts/{count.pk}/enter/"
    page = text(picker.get(url, {"code": "CUP"}))
    assert 'name="units" value="1"' in page
    followed = picker.post(url, {"variant_id": cup.pk, "units": 5, "_key": "k"}, follow=True)
    assert "CUP: 5 counted" in text(followed)
    assert "All counted" in text(followed)


def test_a_refused_entry_keeps_what_was_typed(here: Location, picker: Client):
    cup = make.variant("CUP")
    count = opened(here, cup)
    url = f"/stock/counts/{count.pk}/enter/"
    response = picker.post(url, {"variant_id": cup.pk, "units": "-3", "_key": "k"})
    assert response.status_code == 422
    assert 'value="-3"' in text(response)
    assert "Units:" in text(response)
    assert picker.post(url, {"variant_id": cup.pk, "units": "x"}, headers=JSON).json()["ok"] is False


def test_an_entry_kept_on_the_device_tells_when_somebody_looked(here: Location, picker: Client):
    cup = make.variant("CUP")
    make.level(cup, here, 10)
    moment = now()
    perform("stock.scrap", {"variant_id": cup.pk, "location_id": here.pk, "units": 3}, actor=SYSTEM)
    count = opened(here, cup)
    sent = {"variant_id": cup.pk, "units": 10, "counted_at": moment.isoformat(), "_key": "floor-2"}
    assert picker.post(f"/stock/counts/{count.pk}/enter/", sent, headers=JSON).json()["ok"]
    posted = perform("stock.count_post", {"count_id": count.pk}, actor=SYSTEM).result
    assert posted.variances == {cup.pk: 0}


def test_a_closed_count_says_so(here: Location, picker: Client):
    cup = make.variant("CUP")
    count = opened(here, cup)
    perform("stock.count_cancel", {"count_id": count.pk}, actor=SYSTEM)
    url = f"/stock/counts/{count.pk}/enter/"
    assert "This count is cancelled." in text(picker.get(url))
    answer = picker.post(url, {"variant_id": cup.pk, "units": 1, "_key": "k"}, headers=JSON)
    assert answer.status_code == 409
    assert "cancelled" in answer.json()["words"]


def test_stations_are_for_those_who_may(here: Location):
    reader = client("reader")
    count = opened(here, make.variant("CUP"))
    for url in (f"/stock/counts/{count.pk}/enter/", "/stock/receive/"):
        assert reader.get(url).status_code == 403
    assert client().get("/stock/counts/").status_code == 403
    assert reader.get(f"/stock/counts/{count.pk}/").status_code == 200


# Receiving --------------------------------------------------------------------------------------------------------------


def test_receiving_takes_goods_off_what_is_expected_and_says_whom_they_served(here: Location, picker: Client):
    cup = make.variant("CUP")
    arrival = make.arrival(cup, here, 10)
    commit_demands(make.call(), [make.demand(cup, 3, line=1, order=8)])
    url = f"/stock/receive/?location={here.pk}"
    sent = {"variant_id": cup.pk, "location_id": here.pk, "units": 4, "arrival_id": arrival.pk, "condition": "sellable"}
    answer = picker.post(url, {**sent, "_key": "a"}, headers=JSON).json()
    assert answer["words"] == "4 × CUP received, 6 still to come"
    assert answer["note"] == "Served 1 waiting order: order 8 (3)"
    assert answer["undo"] == ""
    assert Commitment.objects.get().units == 3
    assert picker.post(url, {**sent, "_key": "a"}, headers=JSON).json()["ok"] is True
    assert Level.objects.get().on_hand == 4
    assert "2 more than expected" in picker.post(url, {**sent, "units": 8, "_key": "b"}, headers=JSON).json()["words"]
    assert Arrival.objects.get().closed_at is not None
    assert differing_levels() == []


def test_goods_that_nobody_announced_are_received_too(here: Location, picker: Client):
    cup = make.variant("CUP")
    url = f"/stock/receive/?location={here.pk}"
    item = picker.get(url, {"location": str(here.pk), "code": "CUP"}, headers=JSON).json()["item"]
    assert item["arrivals"] == []
    sent = {"variant_id": cup.pk, "location_id": here.pk, "units": 2, "condition": "damaged", "_key": "a"}
    assert "nobody announced it" in picker.post(url, sent, headers=JSON).json()["words"]
    level = Level.objects.get()
    assert (level.on_hand, level.damaged) == (2, 2)


def test_lot_and_expiry_are_asked_only_for_what_is_tracked(here: Location, picker: Client):
    make.variant("CUP")
    milk = make.variant("MILK", tracking="expiry")
    url = f"/stock/receive/?location={here.pk}"
    sent = {"variant_id": milk.pk, "location_id": here.pk, "units": 2, "condition": "sellable"}
    refused = picker.post(url, {**sent, "_key": "a"})
    assert refused.status_code == 422
    assert "tracked by lot" in text(refused)
    assert 'name="units" value="2"' in text(refused)
    assert 'id="lot" name="lot" maxlength="80" autocomplete="off" value="" required' in text(refused)
    untracked = text(picker.get(url, {"location": str(here.pk), "code": "CUP"}))
    assert "required" not in untracked.split('id="lot"')[1].split(">")[0]
    picker.post(url, {**sent, "lot": "L1", "expires_on": "2027-01-31", "_key": "b"})
    assert Lot.objects.get().code == "L1"


def test_expected_goods_are_shown_by_what_brings_them(here: Location, picker: Client):
    given = {
        "location_id": here.pk,
        "units": 5,
        "reference": "PO-1",
        "expected_on": str(now().date() - timedelta(days=2)),
    }
    for sku in ("CUP", "TRAY"):
        perform("stock.expect", {**given, "variant_id": make.variant(sku).pk}, actor=SYSTEM)
    page = text(picker.get("/stock/receive/"))
    assert "PO-1" in page
    assert "2 lines" in page
    assert "late" in page
    inside = text(picker.get("/stock/receive/", {"location": here.pk, "delivery": Arrival.objects.earliest("pk").pk}))
    assert "0 / 5" in inside
    assert "5 to come" in inside


def test_goods_of_a_transfer_are_received_by_the_transfer(here: Location, picker: Client):
    cup, shop = make.variant("CUP"), make.location("shop")
    make.level(cup, shop, 9)
    lines = [{"variant_id": cup.pk, "units": 6}]
    given = {"origin_id": shop.pk, "destination_id": here.pk, "lines": lines}
    made = perform("stock.create_transfer", given, actor=SYSTEM).result.transfer_id
    perform("stock.ship_transfer", {"transfer_id": made}, actor=SYSTEM)
    arrival = Arrival.objects.get()
    sent = {
        "variant_id": cup.pk,
        "location_id": here.pk,
        "units": 6,
        "arrival_id": arrival.pk,
        "condition": "sellable",
        "_key": "a",
    }
    assert "all of it is here" in picker.post(f"/stock/receive/?location={here.pk}", sent, headers=JSON).json()["words"]
    assert Transfer.objects.get().state == "received"


def test_receiving_asks_where_when_there_are_several_places(here: Location, picker: Client):
    make.location("shop")
    assert "Where are you?" in text(picker.get("/stock/receive/"))
    assert "Receive at Warehouse North" in text(picker.get("/stock/receive/", {"location": here.pk}))
    assert "Receive at Warehouse North" in text(picker.get("/stock/receive/"))
    assert "Where are you?" in text(picker.get("/stock/receive/", {"where": 1}))


def test_a_lead_may_undo_what_was_just_received(here: Location):
    cup, lead = make.variant("CUP"), client("lead")
    sent = {"variant_id": cup.pk, "location_id": here.pk, "units": 2, "condition": "sellable", "_key": "a"}
    undo = lead.post(f"/stock/receive/?location={here.pk}", sent, headers=JSON).json()["undo"]
    assert lead.post(undo).status_code == 302
    assert Level.objects.get().on_hand == 0


def test_receiving_without_any_location_says_what_to_do(picker: Client):
    assert "There is no location to receive at" in text(picker.get("/stock/receive/"))


# Transfers taken in -------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(here: Location) -> Transfer:
    shop = make.location("shop")
    lines = []
    for sku in ("CUP", "TRAY"):
        made = make.variant(sku)
        make.level(made, shop, 9)
        lines.append({"variant_id": made.pk, "units": 6})
    given = {"origin_id": shop.pk, "destination_id": here.pk, "lines": lines}
    pk = perform("stock.create_transfer", given, actor=SYSTEM).result.transfer_id
    perform("stock.ship_transfer", {"transfer_id": pk}, actor=SYSTEM)
    return Transfer.objects.get(pk=pk)


def test_a_transfer_is_taken_in_with_what_is_missing_lost(sent: Transfer, picker: Client):
    cup, tray = sent.lines.order_by("variant__sku")
    given = {
        f"units.{cup.variant_id}": "6",
        f"units.{tray.variant_id}": "4",
        "close": "1",
        "condition": "sellable",
        "_key": "a",
    }
    followed = picker.post(f"/stock/transfers/{sent.pk}/receive/", given, follow=True)
    assert "10 units taken in." in text(followed)
    assert "2 missing" in text(followed)
    sent.refresh_from_db()
    assert sent.state == "received"
    assert differing_levels() == []


def test_more_than_was_sent_is_refused_with_the_input_kept(sent: Transfer, picker: Client):
    cup = sent.lines.get(variant__sku="CUP")
    url = f"/stock/transfers/{sent.pk}/receive/"
    refused = picker.post(url, {f"units.{cup.variant_id}": "7", "condition": "damaged", "_key": "a"})
    assert refused.status_code == 422
    assert "more than the transfer has" in text(refused)
    assert f'name="units.{cup.variant_id}" value="7"' in text(refused)
    assert 'value="damaged" checked' in text(refused)


def test_nothing_scanned_is_not_everything_received(sent: Transfer, picker: Client):
    refused = picker.post(f"/stock/transfers/{sent.pk}/receive/", {"condition": "sellable", "close": "", "_key": "a"})
    assert refused.status_code == 422
    sent.refresh_from_db()
    assert sent.state == "in_transit"


def test_nothing_scanned_and_all_of_it_lost_writes_the_transfer_off(sent: Transfer, picker: Client):
    given = {"condition": "sellable", "close": "1", "_key": "a"}
    followed = picker.post(f"/stock/transfers/{sent.pk}/receive/", given, follow=True)
    assert "Nothing came: all of it is written off." in text(followed)
    assert "12 missing" in text(followed)
    sent.refresh_from_db()
    assert sent.state == "received"
    assert not Level.objects.filter(location=sent.destination, on_hand__gt=0).exists()
    assert differing_levels() == []
