from __future__ import annotations

import pytest
from django.test import Client

from stockwright.api.tests.make import make_caller, make_person
from stockwright.kit.models import ActionCall, Setting
from stockwright.kit.people import Role

pytestmark = pytest.mark.django_db
CHANGE = {"group": "shop", "values": {"name": "Teapots"}}


def test_an_action_is_performed_with_reason_and_key():
    caller = make_caller(Role.LEAD)
    response = caller.post("/actions/settings.change", CHANGE, Idempotency_Key="k", X_Reason="Grüße")
    assert response.status_code == 200
    told = response.json()
    assert told["result"]["after"] == {"name": "Teapots"}
    assert told["facts"][0]["kind"] == "settings.changed"
    row = ActionCall.objects.get(pk=told["call"])
    assert (row.door, row.key, row.actor[:4]) == ("api", "k", "key:")
    assert row.reason == "Grüße"


def test_the_same_key_answers_with_the_first_result_and_says_so():
    caller = make_caller(Role.LEAD)
    first = caller.post("/actions/settings.change", CHANGE, Idempotency_Key="k")
    again = caller.post("/actions/settings.change", CHANGE, Idempotency_Key="k")
    assert again.json()["call"] == first.json()["call"]
    assert again["Idempotent-Replayed"] == "true"
    other = caller.post("/actions/settings.change", {"group": "shop", "values": {}}, Idempotency_Key="k")
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")


def test_a_dry_run_changes_nothing():
    response = make_caller(Role.LEAD).post("/actions/settings.change?dry_run=1", CHANGE)
    assert response.json()["dry_run"] is True
    assert not Setting.objects.exists()
    assert make_caller(Role.LEAD, email="b@shop.example").post(
        "/actions/settings.change?dry_run=perhaps", CHANGE
    ).status_code == 400  # fmt: skip


def test_a_call_is_read_and_undone():
    caller = make_caller(Role.LEAD)
    call = caller.post("/actions/settings.change", CHANGE).json()["call"]
    read = caller.get(f"/calls/{call}").json()
    assert (read["can_be_undone"], read["given"]["group"]) == (True, "shop")
    assert caller.post(f"/calls/{call}/undo").json()["result"]["after"] == {"name": "My shop"}
    assert caller.post(f"/calls/{call}/undo").json()["code"] == "already_undone"
    assert caller.get(f"/calls/{call}").json()["can_be_undone"] is False


def test_a_new_key_is_shown_once_and_masked_ever_after():
    client = Client()
    client.force_login(make_person(Role.READER))
    made = client.post(
        "/api/v1/actions/key.create_own", {"name": "script", "scopes": ["view.*"]}, content_type="application/json"
    )
    secret = made.json()["result"]["secret"]
    assert secret.startswith("sw_")
    lead = make_caller(Role.LEAD, email="lead@shop.example")
    assert lead.get(f"/calls/{made.json()['call']}").json()["result"]["secret"] == "********"
    assert client.get("/api/v1/actions", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"group": "shop"}, 400, "bad_input"),
        ({"group": "nothing", "values": {}}, 404, "not_found"),
        ({"group": "shop\x00", "values": {}}, 404, "not_found"),
        ([1, 2], 400, "bad_input"),
        ("text", 400, "not_json"),
    ],
)
def test_refusals_are_problems_with_a_stable_code(body: object, status: int, code: str):
    response = make_caller(Role.LEAD).post("/actions/settings.change", body)
    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()["status"], response.json()["code"]) == (status, status, code)


@pytest.mark.parametrize(
    "body", [b"{", b'{"a": NaN}', b"\xff", b'{"a": "\\ud800"}', b"[" * 300 + b"]" * 300, b"[" * 3000]
)
def test_what_is_not_json_is_said_to_be_none(body: bytes):
    caller = make_caller(Role.LEAD)
    response = caller.client.post(
        "/api/v1/actions/settings.change", body, content_type="application/json",
        headers={"Authorization": f"Bearer {caller.key}"},
    )  # fmt: skip
    assert (response.status_code, response.json()["code"]) == (400, "not_json")


def test_every_wrong_field_is_named():
    response = make_caller(Role.LEAD).post("/actions/comment.add", {"type": "order", "colour": 1})
    assert {error["field"] for error in response.json()["errors"]} == {"object_id", "text", "colour"}


def test_an_unknown_action_is_not_found():
    assert make_caller(Role.LEAD).post("/actions/no.such", {}).status_code == 404


def test_the_list_says_what_the_caller_may_do():
    listed = {a["name"]: a for a in make_caller(Role.READER).get("/actions").json()}
    assert listed["comment.add"]["permitted"]
    assert not listed["settings.change"]["permitted"]
    assert listed["settings.change"]["can_be_undone"]


def test_the_document_types_every_action_and_result():
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    post = document["paths"]["/api/v1/actions/key.create_own"]["post"]
    name = post["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    assert document["components"]["schemas"][name]["properties"]["days"]["title"] == "Valid for (days)"
    done = post["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["result"]
    assert "secret" in document["components"]["schemas"][done["$ref"].rsplit("/", 1)[-1]]["properties"]
    ids = [o["operationId"] for path in document["paths"].values() for o in path.values()]
    assert len(ids) == len(set(ids))


def test_the_document_types_what_is_sent_to_the_inbox():
    document = Client().get("/api/v1/openapi.json").json()
    body = document["paths"]["/api/v1/inbox/order.place"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    one, many = body["anyOf"]
    assert many["items"] == one
    order = document["components"]["schemas"][one["$ref"].rsplit("/", 1)[-1]]
    assert order["properties"]["currency"]["examples"] == ["EUR"]
    assert {"channel", "number", "placed_at", "currency", "lines"} <= set(order["required"])


def test_the_documentation_page_fetches_nothing_from_elsewhere():
    page = Client().get("/api/v1/docs").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "//cdn" not in page
    assert "https://" not in page
