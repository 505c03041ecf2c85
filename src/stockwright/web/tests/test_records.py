from __future__ import annotations

import re
from html import unescape

import pytest

from stockwright.kit.actions import Call, Given, action, perform
from stockwright.kit.inbox import Incoming, receive
from stockwright.kit.models import ApiKey
from stockwright.kit.people import SYSTEM, Role
from stockwright.web.tests import make

pytestmark = pytest.mark.django_db


class ManyGiven(Given):
    order_id: int
    facts: int


@action("testing.happen", title="Let much happen at once", for_people=False)
def happen(call: Call, given: ManyGiven) -> None:
    """Note many facts of one instant."""
    for n in range(given.facts):
        call.record(f"testing.fact_{n:03d}", ("order", given.order_id))


def test_what_happened_in_one_instant_is_told_whole_however_often_one_asks_for_earlier():
    shop = make.small_shop()
    perform("testing.happen", {"order_id": shop.order.pk, "facts": 75}, actor=SYSTEM)
    client = make.signed_in(Role.LEAD)
    text, seen, url = "", [], f"/orders/{shop.order.pk}/"
    while url:
        text = client.get(url).content.decode()
        seen += re.findall(r"Fact (\d{3})", text)
        more = re.search(rf'hx-get="(/timeline/order/{shop.order.pk}/[^"]+)"', text)
        url = unescape(more.group(1)) if more else ""
    assert seen == [f"{n:03d}" for n in reversed(range(75))]


@pytest.mark.parametrize("query", ["before=2026-13-45T00:00", "before=yesterday", "before=2026-01-01T00:00:00Z"])
def test_a_place_that_no_timeline_ends_at_is_refused(query: str):
    shop = make.small_shop()
    response = make.signed_in(Role.LEAD).get(f"/timeline/order/{shop.order.pk}/?{query}")
    assert response.status_code == 400
    assert b"open the record again" in response.content


def test_the_inbox_does_not_call_settled_what_is_quarantined():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    text = client.get("/inbox/").content.decode()
    assert "everything that came in is settled" not in text
    assert "One message is quarantined" in text
    assert shop.message.state == "quarantined"


def test_a_message_of_the_api_says_whose_key_brought_it():
    make.small_shop()
    client = make.signed_in(Role.LEAD)
    client.post("/do/key.create_own/", {"name": "till", "scopes": "*", "_apply": 1})
    receive(f"api:key:{ApiKey.objects.get().pk}", [Incoming("order.place", "one", {})])
    text = client.get("/inbox/?view=pending").content.decode()
    assert ">till<" in text
    assert "api:key" not in text


def test_the_action_log_says_of_which_record_each_action_was():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    perform("catalog.change_variant", {"variant_id": shop.variant.pk, "cost": "1.50"}, actor=SYSTEM)
    perform("orders.tag", {"order_ids": [shop.order.pk, shop.short_order.pk], "tag": "gift"}, actor=SYSTEM)
    text = re.sub(r"<[^>]+>", "", client.get("/calls/").content.decode())
    assert "Change variant LAMP-OAK" in text
    assert "Tag #1001 and 1 more" in text


def test_a_variants_story_says_what_changed_and_names_no_crowd():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    given = {"variant_id": shop.variant.pk, "cost": "1.50", "backorder": "continue"}
    perform("catalog.change_variant", given, actor=SYSTEM)
    skus = [{"sku": f"NEW-{n}"} for n in range(6)]
    perform(
        "catalog.save_products",
        {"products": [{"title": "Many", "handle": "many", "variants": skus}], "source": "file:1"},
        actor=SYSTEM,
    )
    text = client.get(f"/stock/variants/{shop.variant.pk}/").content.decode()
    assert "cost: nothing → €1.50" in text
    assert "when it has run out: stop selling → sell on backorder" in text
    new = type(shop.variant).objects.get(sku="NEW-1")
    story = client.get(f"/timeline/variant/{new.pk}/").content.decode()
    assert "Variants added" in story
    assert "NEW-2" not in story


def test_a_dialog_calls_choices_as_the_page_does():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    text = client.get(f"/do/catalog.change_variant/?variant_id={shop.variant.pk}").content.decode()
    assert ">Sell on backorder</option>" in text
    assert 'name="clear" value="cost"> Cost' in text
    assert "Offer after purchase" in client.get(f"/do/orders.hold/?order_ids={shop.order.pk}").content.decode()
