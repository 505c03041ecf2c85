from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest

from stockwright.api.paging import write_cursor
from stockwright.api.tests.make import Caller, make_caller
from stockwright.kit.inbox import Message, Settled, handles
from stockwright.kit.models import InboxMessage, Person
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
    sent = [{"id": 1, "v": 1}, {"id": 1, "v": 2}, {"v": 2, "id": 1}]
    response = caller.post("/inbox/probe.door?id_field=id&version_field=v", sent)
    assert response.status_code == 202
    assert (response.json()["received"], response.json()["duplicates"]) == (3, 1)
    stored = caller.get(f"/inbox/{response.json()['ids'][1]}").json()
    assert (stored["payload"], stored["external_id"], stored["version"]) == ({"id": 1, "v": 2}, "1", "2")
    assert stored["source"].startswith("api:key:")


def stored(caller: Caller, *payloads: dict[str, Any], query: str = "?id_field=id", **headers: str) -> list[int]:
    """How many new messages each payload made, sent one by one."""
    answers = [caller.post(f"/inbox/probe.door{query}", payload, **headers).json() for payload in payloads]
    return [answer["received"] - answer["duplicates"] for answer in answers]


def test_a_record_told_again_as_it_was_last_told_is_stored_once():
    caller = make_caller(Role.LEAD)
    assert stored(caller, {"id": 7, "x": 1}, {"x": 1, "id": 7}, {"id": 8, "x": 1}) == [1, 0, 1]


def test_a_record_that_goes_back_to_what_it_once_was_is_news():
    caller = make_caller(Role.LEAD)
    one, two = {"id": "é" * 150, "x": 1}, {"id": "é" * 150, "x": 2}
    assert stored(caller, one, two, one, one, two, one) == [1, 1, 1, 0, 1, 1]
    # All in one body, too.
    assert (
        len(set(caller.post("/inbox/probe.door?id_field=id", [{"id": 1, "x": x} for x in (1, 2, 2, 1)]).json()["ids"]))
        == 3
    )


def test_a_correction_at_the_same_version_is_stored():
    caller = make_caller(Role.LEAD)
    query = "?id_field=id&version_field=v"
    assert stored(caller, {"id": 1, "v": 3, "x": 1}, {"id": 1, "v": 3, "x": 2}, query=query) == [1, 1]


def test_without_a_key_and_an_id_every_delivery_is_a_message_of_its_own():
    caller = make_caller(Role.LEAD)
    assert stored(caller, {"a": 1}, {"a": 1}, {"id": None}, query="") == [1, 1, 1]
    assert stored(caller, {"id": None}, {"id": None}) == [1, 1]


def test_what_is_there_already_is_answered_with_the_message_that_holds_it():
    caller = make_caller(Role.LEAD)
    first = caller.post("/inbox/probe.door?id_field=id", [{"id": 1}, {"id": 2}]).json()
    again = caller.post("/inbox/probe.door?id_field=id", [{"id": 2}, {"id": 3}, {"id": 1}, {"id": 3}]).json()
    assert again["duplicates"] == 3
    assert [again["ids"][0], again["ids"][2]] == first["ids"][::-1]
    assert again["ids"][1] == again["ids"][3]
    assert len(set(again["ids"])) == 3


def test_an_idempotency_key_makes_a_delivery_sent_again_one():
    caller = make_caller(Role.LEAD)
    assert stored(caller, {"x": 1}, {"x": 1}, query="", Idempotency_Key="k-1") == [1, 0]
    assert stored(caller, {"x": 2}, query="", Idempotency_Key="k-1") == [1]
    assert stored(caller, {"x": 1}, query="", Idempotency_Key="k-2") == [1]


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
    ada = Person.objects.get().pk
    for i in range(5):
        caller.post("/actions/comment.add", {"type": "person", "object_id": ada, "text": f"n{i}"})
    events = walk(caller, "/journal?limit=2&kind=comment.added")
    assert [e["data"]["text"] for e in events] == ["n4", "n3", "n2", "n1", "n0"]
    assert events[0]["objects"] == [{"type": "person", "id": ada, "role": "subject"}]
    assert len(walk(caller, f"/timeline/person/{ada}?limit=2")) == 5
    calls = walk(caller, "/calls?limit=2&action=comment.add")
    assert len(calls) == 5
    # What a batch was given and answered may be megabytes: it is told of one call at a time.
    assert not calls[0].keys() & {"given", "result"}
    assert caller.get(f"/calls/{calls[0]['id']}").json()["given"]["text"] == "n4"


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("/calls", Role.PICKER, 403), ("/calls", Role.READER, 200),
        ("/journal", Role.PICKER, 403), ("/journal", Role.READER, 200),
        ("/timeline/order/1", Role.PICKER, 200), ("/timeline/variant/1", Role.PICKER, 200),
        ("/timeline/customer/1", Role.PICKER, 403), ("/timeline/person/1", Role.PICKER, 403),
        ("/timeline/import/1", Role.PICKER, 403), ("/timeline/proposal/1", Role.PICKER, 200),
        ("/timeline/line/1", Role.PICKER, 403), ("/timeline/line/1", Role.READER, 200),
        ("/timeline/customer/1", Role.SUPPORT, 200),
    ],
)  # fmt: skip
def test_what_happened_is_read_by_who_may_see_the_record_on_its_page(path: str, role: Role, status: int):
    assert make_caller(role).get(path).status_code == status


NOW = "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "values",
    [
        [NOW, 5], [5, NOW], [NOW, None], [NOW, []], [NOW, "5"], ["NaN", "1"], ["Infinity", "1"], ["1", "x"], [NOW], "ab", {"a": 1, "b": 2},
        [True, True], ["9999-12-31T23:59:59-14:00", "1"], ["1" * 30, "1"], ["1e99999", "1"], ["\ud800", "1"], ["\x00", "\x00"],
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/calls", "/journal", "/timeline/order/1", "/orders", "/inbox", "/proposals", "/imports"]
)
def test_a_well_formed_cursor_of_nothing_is_refused_and_breaks_nothing(path: str, values: Any):
    after = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    assert make_caller(Role.LEAD).get(f"{path}?after={after}").status_code in {200, 400}
    if values == [NOW, 5]:
        assert make_caller(Role.LEAD, email="b@shop.example").get(f"{path}?after={after}").status_code == 400


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
