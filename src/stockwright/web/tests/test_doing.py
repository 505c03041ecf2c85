from __future__ import annotations

import pytest

from stockwright.kit.actions import perform
from stockwright.kit.models import ActionCall, ApiKey, Comment, SavedView, Setting
from stockwright.kit.people import SYSTEM, Role
from stockwright.web.tests import make
from stockwright.web.tests.make import Count, Hold, Level, Order

pytestmark = pytest.mark.django_db


def hold(shop: make.Shop, **more: object) -> dict[str, object]:
    return {"order_ids": shop.order.pk, "reason": "incorrect_address", "_apply": 1, "_next": "/orders/", **more}


def test_the_dialog_knows_what_it_is_about():
    shop = make.small_shop()
    response = make.signed_in(Role.LEAD).get(
        f"/do/orders.hold/?order_ids={shop.order.pk}", headers={"HX-Request": "true"}
    )
    text = response.content.decode()
    assert "#1001" in text
    assert ">Address</option>" in text
    assert 'name="_key"' in text


def test_an_action_is_done_once_however_often_the_form_is_sent():
    shop = make.small_shop()
    client = make.signed_in(Role.LEAD)
    for _time in range(2):
        response = client.post("/do/orders.hold/", hold(shop, _key="same"))
        assert (response.status_code, response["Location"]) == (302, "/orders/")
    assert Hold.objects.count() == 1
    assert ActionCall.objects.filter(action="orders.hold").count() == 1


def test_a_preview_tells_and_changes_nothing():
    shop = make.small_shop()
    sent = hold(shop, _preview=1)
    text = make.signed_in(Role.LEAD).post("/do/orders.hold/", sent).content.decode()
    assert "What will change" in text
    assert "Held: address" in text
    assert not Hold.objects.exists()


def test_what_was_done_can_be_undone_from_the_next_page():
    shop = make.small_shop()
    client = make.signed_in(Role.LEAD)
    client.post("/do/orders.hold/", hold(shop))
    call = ActionCall.objects.get(action="orders.hold")
    assert f"/undo/{call.pk}/" in client.get("/orders/").content.decode()
    client.post(f"/undo/{call.pk}/")
    assert Order.objects.get(pk=shop.order.pk).holds == 0


def test_a_refusal_is_shown_in_the_form_and_changes_nothing():
    shop = make.small_shop()
    response = make.signed_in(Role.LEAD).post("/do/orders.release_hold/", {"order_ids": shop.order.pk, "_apply": 1})
    assert response.status_code == 409
    assert "Nothing of this is left to be done" in response.content.decode()


def test_a_field_that_is_wrong_is_marked():
    shop = make.small_shop()
    given = {"variant_id": shop.variant.pk, "location_id": shop.location.pk, "units": "-3", "_apply": 1}
    text = make.signed_in(Role.LEAD).post("/do/stock.receive/", given, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-invalid="true"' in text
    assert "Should be greater than 0" in text


def test_what_takes_away_wants_to_be_told_why():
    shop = make.small_shop()
    given = {"variant_id": shop.variant.pk, "location_id": shop.location.pk, "change": "-1", "_apply": 1}
    client = make.signed_in(Role.LEAD)
    for asked in (given, {**given, "_preview": 1}):
        assert "Please say why" in client.post("/do/stock.adjust/", asked).content.decode()
    client.post("/do/stock.adjust/", {**given, "_reason": "broken in the shop"})
    assert ActionCall.objects.get(action="stock.adjust").reason == "broken in the shop"
    assert Level.objects.get(variant=shop.variant, location=shop.location).on_hand == 19


def test_the_way_back_stays_within_the_shop():
    shop = make.small_shop()
    response = make.signed_in(Role.LEAD).post("/do/orders.hold/", hold(shop, _next="https://elsewhere.example/"))
    assert response["Location"] == "/"


def test_several_records_at_once_and_each_refusal_by_name():
    shop = make.small_shop()
    client = make.signed_in(Role.LEAD)
    ids = [shop.order.pk, shop.short_order.pk]
    assert "2 records" in client.post("/do-many/orders.tag/", {"ids": ids}).content.decode()
    client.post("/do-many/orders.tag/", {"ids": ids, "tag": "gift", "_apply": 1, "_key": "k"})
    assert Order.objects.filter(tags=["gift"]).count() == 2
    given = {"ids": [shop.count.pk, 999], "_reason": "too early", "_looked": 1, "_apply": 1, "_key": "m"}
    text = client.post("/do-many/stock.count_cancel/", given).content.decode()
    assert "Done for 1 record" in text
    assert "count 999" in text


def test_cancelling_several_orders_asks_why_and_shows_what_will_come_of_it_before_it_does():
    shop = make.small_shop()
    client = make.signed_in(Role.LEAD)
    perform("orders.cancel", {"order_ids": [shop.short_order.pk]}, actor=SYSTEM)
    url, given = "/do-many/orders.cancel/", {"ids": [shop.order.pk, shop.short_order.pk], "cancel_reason": "customer"}
    assert 'name="_apply"' not in client.post(url, given).content.decode()
    assert "Please say why" in client.post(url, {**given, "_apply": 1}).content.decode()
    given |= {"_reason": "asked by telephone", "_key": "k"}
    shown = client.post(url, {**given, "_apply": 1}).content.decode()
    assert "It will be done for 1 record" in shown
    assert "Nothing of this is left to be done" in shown
    assert Order.objects.get(pk=shop.order.pk).fulfilment != "cancelled"
    client.post(url, {**given, "_apply": 1, "_looked": 1, "skip": [shop.short_order.pk]})
    assert Order.objects.get(pk=shop.order.pk).fulfilment == "cancelled"
    assert ActionCall.objects.filter(action="orders.cancel").latest("pk").reason == "asked by telephone"


def test_what_is_wrong_with_the_form_for_several_records_is_said_at_its_field():
    shop = make.small_shop()
    given = {"ids": [shop.order.pk, shop.short_order.pk], "tag": "", "_apply": 1}
    text = make.signed_in(Role.LEAD).post("/do-many/orders.tag/", given).content.decode()
    assert 'aria-invalid="true"' in text
    assert not Order.objects.exclude(tags=[]).exists()


def test_a_secret_is_shown_once_and_not_kept_by_the_browser():
    response = make.signed_in(Role.LEAD).post(
        "/do/key.create_own/", {"name": "reports", "scopes": "*", "days": "30", "_apply": 1}
    )
    assert "shown this once" in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert ApiKey.objects.get().name == "reports"


def test_what_a_key_may_do_is_ticked_room_by_room_and_nothing_is_ticked_beforehand():
    text = make.signed_in(Role.LEAD).get("/do/key.create_own/").content.decode()
    assert 'name="scopes" value="orders.*"> Do: Orders' in text
    assert 'name="scopes" value="view.stock"> See: Stock' in text
    assert " checked" not in text


def test_a_comment_is_written_from_the_record():
    shop = make.small_shop()
    given = {"type": "order", "object_id": shop.order.pk, "text": "Rang the customer", "_apply": 1}
    client = make.signed_in(Role.READER)
    client.post("/do/comment.add/", given)
    assert Comment.objects.get().text == "Rang the customer"
    assert "Rang the customer" in client.get(f"/orders/{shop.order.pk}/").content.decode()


def test_settings_are_saved_by_their_action_and_refused_at_the_field():
    client = make.signed_in(Role.LEAD)
    client.post("/settings/", {"group": "shop", "name": "Oak & Clay", "currency": "GBP"})
    assert Setting.objects.get(pk="shop").value["currency"] == "GBP"
    response = client.post("/settings/", {"group": "shop", "name": "Oak & Clay", "currency": "ducats"})
    assert response.status_code == 422
    assert "ISO 4217" in response.content.decode()


def test_a_view_is_saved_shared_shown_and_deleted():
    make.small_shop()
    client, other = make.signed_in(Role.LEAD), make.signed_in(Role.READER)
    given = {
        "page": "orders",
        "name": "Gifts",
        "query": "view=all&tag=gift",
        "shared": "1",
        "_check": "shared",
        "_apply": 1,
    }
    client.post("/do/view_saved.save/", given)
    view = SavedView.objects.get()
    text = other.get("/orders/").content.decode()
    assert "Gifts" in text
    assert f"saved={view.pk}" in text
    client.post("/do/view_saved.delete/", {"view_id": view.pk, "_apply": 1})
    assert not SavedView.objects.exists()


def test_the_palette_finds_orders_barcodes_customers_pages_and_actions():
    make.small_shop()
    client = make.signed_in(Role.LEAD)
    for typed, found in [
        ("1001", "#1001"),
        ("8719000144711", "LAMP-OAK"),
        ("anna", "Anna Bell"),
        ("count", "Counts"),
        ("invite", "Invite"),
    ]:
        assert found in client.get("/palette/", {"q": typed}).content.decode(), typed


def test_the_palette_finds_nothing_that_may_not_be_seen():
    make.small_shop()
    text = make.signed_in().get("/palette/", {"q": "1001"}).content.decode()
    assert "#1001" not in text
    assert "/do/orders.hold/" in make.signed_in(Role.LEAD).get("/palette/", {"q": "Hold"}).content.decode()
    assert "/do/orders.hold/" not in make.signed_in(Role.READER).get("/palette/", {"q": "Hold"}).content.decode()


def test_records_of_a_list_are_searched_for_and_gathered_by_their_names():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    text = client.get(
        f"/do/stock.count_open/?location_id={shop.location.pk}&variants={shop.variant.pk}"
    ).content.decode()
    assert 'data-pick="/pick/variant/" data-gather="variants"' in text
    assert f'name="variants" value="{shop.variant.pk}" checked> LAMP-OAK' in text
    given = {"location_id": shop.location.pk, "_check": "variants", "variants": [shop.variant.pk], "_apply": 1}
    assert client.post("/do/stock.count_open/", given).status_code == 302
    assert [line.variant_id for line in Count.objects.latest("pk").lines.all()] == [shop.variant.pk]
