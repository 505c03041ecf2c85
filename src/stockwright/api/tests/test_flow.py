from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from stockwright.api.paging import write_cursor
from stockwright.api.tests.make import Caller, make_caller
from stockwright.kit.inbox import Message, Settled, handles
from stockwright.kit.models import InboxMessage
from stockwright.kit.people import Role

pytestmark = pytest.mark.django_db


@handles("probe.door")
def swallow(messages: Sequence[Message]) -> Settled:
    """Take everything."""
    del messages
    return Settled()


def walk(caller: Caller, path: str) -> list[Any]:
    """Every item of a list, page by page."""
    items: list[Any] = []
    address: str | None = path
    while address:
        page = caller.get(address).json()
        assert len(page["items"]) <= 2
        items += page["items"]
        address = page["next"].removeprefix("/api/v1") if page["next"] else None
    return items


def test_payloads_are_stored_raw_and_told_apart():
    caller = make_caller(Role.LEAD)
    sent = [{"id": 1, "v": 1}, {"id": 1, "v": 2}, {"id": 1, "v": 2, "again": True}]
    response = caller.post("/inbox/probe.door?id_field=id&version_field=v", sent)
    assert response.status_code == 202
    assert (response.json()["received"], response.json()["duplicates"]) == (3, 1)
    stored = caller.get(f"/inbox/{response.json()['ids'][1]}").json()
    assert (stored["payload"], stored["external_id"], stored["version"]) == ({"id": 1, "v": 2}, "1", "2")
    assert stored["source"].startswith("api:key:")


def test_without_fields_the_payload_itself_is_the_key():
    caller = make_caller(Role.LEAD)
    assert caller.post("/inbox/probe.door", {"a": 1, "b": 2}).json()["duplicates"] == 0
    assert caller.post("/inbox/probe.door", {"b": 2, "a": 1}).json()["duplicates"] == 1


@pytest.mark.parametrize("body", [[], [1], "x", [{}] * 501])
def test_refuses_what_are_no_payloads(body: Any):
    assert make_caller(Role.LEAD).post("/inbox/probe.door", body).status_code == 400
    assert not InboxMessage.objects.exists()


def test_refuses_topics_nobody_understands_and_callers_who_may_not():
    assert make_caller(Role.LEAD).post("/inbox/no.such", {}).status_code == 404
    assert make_caller(Role.BUYER, email="b@shop.example").post("/inbox/probe.door", {}).status_code == 403


def test_lists_go_on_where_the_last_page_ended():
    caller = make_caller(Role.LEAD)
    ids = caller.post("/inbox/probe.door", [{"n": i} for i in range(5)]).json()["ids"]
    assert [m["id"] for m in walk(caller, "/inbox?limit=2&state=pending")] == ids[::-1]


def test_the_journal_is_read_by_kind_and_by_record():
    caller = make_caller(Role.LEAD)
    for i in range(5):
        caller.post("/actions/comment.add", {"type": "order", "object_id": 7, "text": f"n{i}"})
    events = walk(caller, "/journal?limit=2&kind=comment.added")
    assert [e["data"]["text"] for e in events] == ["n4", "n3", "n2", "n1", "n0"]
    assert events[0]["objects"] == [{"type": "order", "id": 7, "role": "subject"}]
    assert len(walk(caller, "/timeline/order/7?limit=2")) == 5
    assert len(walk(caller, "/calls?limit=2&action=comment.add")) == 5


@pytest.mark.parametrize(
    "after", ["x", "%00", "W10", write_cursor(["no time", 1]), write_cursor(["2026-01-01", 2]), "é", "A" * 401]
)
@pytest.mark.parametrize("path", ["/journal", "/calls", "/orders", "/inbox", "/timeline/order/1"])
def test_a_cursor_that_is_none_is_refused(path: str, after: str):
    response = make_caller(Role.LEAD).get(f"{path}?after={after}")
    assert (response.status_code, response.json()["code"] in {"bad_cursor", "bad_input"}) == (400, True)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "since=yesterday", "since=2026-01-01T00:00:00"])
def test_refuses_queries_out_of_bounds(query: str):
    assert make_caller(Role.LEAD).get(f"/journal?{query}").status_code == 400


def test_effects_are_read_with_what_they_send():
    caller = make_caller(Role.LEAD)
    caller.post("/actions/person.invite", {"email": "n@shop.example", "name": "N", "roles": ["reader"]})
    (effect,) = caller.get("/outbox?kind=person.invite").json()["items"]
    assert "payload" not in effect
    assert caller.get(f"/outbox/{effect['id']}").json()["payload"].keys() == {"person_id"}
    assert caller.get("/outbox/999999999").status_code == 404
