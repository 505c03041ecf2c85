from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from stockwright.kit.clock import now
from stockwright.kit.models import ActionCall, Comment, Notification, OutboxEffect, Person, StoredFile
from stockwright.kit.pages.comments import COMMENTS, read_comments
from stockwright.kit.people import Role
from stockwright.web.tests import make

pytestmark = pytest.mark.django_db


def say_much(type_: str, id_: object, many: int) -> None:
    person, at = make.person(Role.BUYER), now()
    rows = [
        Comment(type=type_, object_id=str(id_), person=person, text=f"word {n:03d}", created_at=at) for n in range(many)
    ]
    Comment.objects.bulk_create(rows)


def test_the_newest_comments_are_shown_and_the_earlier_ones_when_asked_for():
    shop = make.small_shop()
    say_much("order", shop.order.pk, 2 * COMMENTS + 7)
    client = make.signed_in(Role.LEAD)
    url, parts = f"/orders/{shop.order.pk}/", []
    while url:
        text = client.get(url).content.decode()
        parts.append(re.findall(r"word (\d{3})", text))
        more = re.search(r'hx-get="(/comments/[^"]+)"', text)
        url = unescape(more.group(1)) if more else ""
    assert [len(part) for part in parts] == [COMMENTS, COMMENTS, 7]
    assert parts[2] + parts[1] + parts[0] == [f"{n:03d}" for n in range(2 * COMMENTS + 7)]


def test_comments_are_read_by_one_query_that_an_index_answers():
    say_much("order", 1, COMMENTS + 5)
    with CaptureQueriesContext(connection) as asked:
        said, more = read_comments("order", 1)
        assert [comment.person.name for comment in said[:1]] == ["Buyer"]
    assert (len(said), more, len(asked)) == (COMMENTS, True, 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {asked.captured_queries[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "comment_on_record" in plan
    assert "Sort" not in plan


def records(shop: make.Shop) -> dict[str, tuple[str, object]]:
    """A record of every type that has a page: its address, and its key."""
    call = ActionCall.objects.order_by("pk").first()
    effect = OutboxEffect.objects.create(kind="mail.send", key="k", payload={"subject": "x"}, created_at=now())
    file = StoredFile.objects.create(name="a.csv", digest="d", bytes=1, path="p", created_at=now())
    model: Any = apps.get_model("channels", "Import")
    run = model.objects.create(kind="shopify_orders", name="a.csv", file=file, actor="system", created_at=now())
    someone = Person.objects.order_by("pk")[0]
    assert call is not None
    return {
        "order": (f"/orders/{shop.order.pk}/", shop.order.pk),
        "customer": (f"/customers/{shop.order.customer_id}/", shop.order.customer_id),
        "variant": (f"/stock/variants/{shop.variant.pk}/", shop.variant.pk),
        "product": (reverse("product", args=[shop.variant.product_id]), shop.variant.product_id),
        "location": (f"/stock/locations/{shop.location.pk}/", shop.location.pk),
        "transfer": (f"/stock/transfers/{shop.transfer.pk}/", shop.transfer.pk),
        "count": (f"/stock/counts/{shop.count.pk}/", shop.count.pk),
        "inbox_message": (f"/inbox/{shop.message.pk}/", shop.message.pk),
        "outbox_effect": (f"/outbox/{effect.pk}/", effect.pk),
        "person": (f"/settings/people/{someone.pk}/", someone.pk),
        "import": (f"/imports/{run.pk}/", run.pk),
        "call": (f"/calls/{call.pk}/", call.pk),
    }


def test_every_record_tells_what_happened_and_takes_comments_that_tell_whom_they_mention():
    client, shop = make.signed_in(Role.LEAD), make.small_shop()
    told = make.person(Role.READER)
    for type_, (url, key) in records(shop).items():
        Notification.objects.all().delete()
        given = {
            "type": type_,
            "object_id": str(key),
            "text": f"@reader look at this {type_}",
            "_apply": "1",
            "_next": url,
        }
        assert client.post("/do/comment.add/", given).status_code == 302, type_
        text = client.get(url).content.decode()
        assert f"look at this {type_}" in text, type_
        assert "What happened" in text or "What changed" in text, type_
        assert list(Notification.objects.values_list("person", "url")) == [(told.pk, url)], type_


@pytest.mark.parametrize(("type_", "key"), [("call", "1"), ("order", "0190aaaa-0000-7000-8000-000000000000")])
def test_a_comment_on_a_key_of_another_sort_is_refused(type_: str, key: str):
    client = make.signed_in(Role.LEAD)
    given = {"type": type_, "object_id": key, "text": "hello", "_apply": "1"}
    assert client.post("/do/comment.add/", given).status_code == 404
    assert not Comment.objects.exists()


def test_earlier_comments_are_shown_only_to_who_may_read_the_record():
    say_much("order", 1, 3)
    assert make.signed_in().get("/comments/order/1/").status_code == 403
    assert make.signed_in(Role.READER).get("/comments/order/1/?before=x").status_code == 400
    assert make.signed_in(Role.LEAD).get("/comments/nonsense/1/").status_code == 404
