from __future__ import annotations

import re
from html import unescape

import pytest

from stockwright.kit.actions import Call, Given, action, perform
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
