from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from stockwright.api.limits import TooMany, forget_idle, take
from stockwright.api.models import RateBucket
from stockwright.api.problems import problem_of
from stockwright.api.tests.make import make_caller, make_key, make_person
from stockwright.kit.bulk import execute
from stockwright.kit.clock import now
from stockwright.kit.errors import Unavailable
from stockwright.kit.models import ApiKey, Person
from stockwright.kit.people import Role
from stockwright.kit.tests.make import at_once

pytestmark = pytest.mark.django_db


def is_problem(response: Any, status: int) -> bool:
    return bool(
        response.status_code == status
        and response["Content-Type"] == "application/problem+json"
        and response.json()["status"] == status
    )


# Who asks


def test_without_a_key_it_says_how_to_sign_in():
    response = Client().get("/api/v1/actions")
    assert is_problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("key", ["nonsense", "sw_00000000_" + "a" * 43, "", "Ω"])
def test_a_wrong_key_opens_nothing_even_with_a_session(key: str):
    client = Client()
    client.force_login(make_person(Role.LEAD))
    response = client.get("/api/v1/actions", headers={"Authorization": f"Bearer {key}"})
    assert is_problem(response, 401)


def test_a_key_of_somebody_deactivated_opens_nothing():
    caller = make_caller(Role.LEAD)
    Person.objects.update(is_active=False)
    assert is_problem(caller.get("/actions"), 401)


def test_an_expired_key_opens_nothing():
    caller = make_caller(Role.LEAD)
    ApiKey.objects.update(expires_at=now() - timedelta(seconds=1))
    assert is_problem(caller.get("/actions"), 401)


def test_scopes_bound_a_key():
    caller = make_caller(Role.LEAD, scopes=("view.stock", "settings.*"))
    assert caller.get("/levels").status_code == 200
    assert is_problem(caller.get("/orders"), 403)
    assert is_problem(caller.post("/actions/person.invite", {}), 403)


def test_a_session_reads_and_needs_the_token_to_change():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_person(Role.LEAD))
    assert client.get("/api/v1/actions").status_code == 200
    body = {"group": "shop", "values": {}}
    refused = client.post("/api/v1/actions/settings.change", body, content_type="application/json")
    assert is_problem(refused, 403)
    client.cookies["csrftoken"] = "a" * 32
    done = client.post(
        "/api/v1/actions/settings.change", body, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert done.status_code == 200


# Every refusal


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v2/orders", "/api/v1/nothing", "/api/v1/orders/x", "/api/v1/orders/0x1"]
)
def test_addresses_that_are_not_there_are_problems(path: str):
    assert is_problem(Client().get(path), 404)
    assert is_problem(Client().post(path, {}), 404)


def test_a_wrong_method_is_a_problem_that_names_the_right_ones():
    response = Client().delete("/api/v1/orders")
    assert is_problem(response, 405)
    assert response["Allow"] == "GET"


def test_a_body_too_large_is_refused_unread(settings: Settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = make_caller(Role.LEAD).post("/actions/settings.change", {"group": "x" * 2000, "values": {}})
    assert is_problem(response, 413)


def test_a_database_out_of_reach_says_when_to_try_again(monkeypatch: pytest.MonkeyPatch):
    caller = make_caller(Role.LEAD)

    def refuse(*_args: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("stockwright.api.auth.find_key", refuse)
    response = caller.get("/orders")
    assert is_problem(response, 503)
    assert response["Retry-After"] == "5"
    assert problem_of(Unavailable())["Retry-After"] == "5"


def test_a_defect_is_a_problem_that_tells_nothing(monkeypatch: pytest.MonkeyPatch):
    caller = make_caller(Role.LEAD)

    def break_(*_args: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("stockwright.api.auth.find_key", break_)
    response = caller.get("/orders")
    assert is_problem(response, 500)
    assert "secret" not in response.content.decode()


# How often


def test_every_answer_says_what_is_left(settings: Settings):
    settings.API_RATE_BURST, settings.API_RATE_PER_SECOND = 5, 0.001
    caller = make_caller(Role.READER)
    left = [int(caller.get("/actions")["RateLimit-Remaining"]) for _ in range(3)]
    assert left == [4, 3, 2]


def test_past_the_burst_it_is_told_to_wait(settings: Settings):
    settings.API_RATE_BURST, settings.API_RATE_PER_SECOND = 2, 0.5
    caller = make_caller(Role.READER)
    statuses = [caller.get("/actions").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    response = caller.get("/actions")
    assert is_problem(response, 429)
    assert response["Retry-After"] == "2"
    RateBucket.objects.update(filled_at=now() - timedelta(seconds=3))
    assert caller.get("/actions").status_code == 200


def test_callers_do_not_share_a_bucket(settings: Settings):
    settings.API_RATE_BURST, settings.API_RATE_PER_SECOND = 1, 0.01
    first = make_caller(Role.READER)
    other = make_caller(Role.READER, email="o@shop.example")
    assert [first.get("/actions").status_code, first.get("/actions").status_code] == [200, 429]
    assert other.get("/actions").status_code == 200


def test_who_tries_keys_is_slowed_down():
    client = Client()
    statuses = {
        client.get("/api/v1/actions", headers={"Authorization": f"Bearer sw_{i}"}).status_code for i in range(25)
    }
    assert statuses == {401, 429}


def test_idle_buckets_are_forgotten():
    make_caller(Role.READER).get("/actions")
    RateBucket.objects.create(caller="old", tokens=1, filled_at=now() - timedelta(days=2))
    assert forget_idle() == 1
    assert RateBucket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_bucket_is_shared_by_everybody_who_answers():
    def work() -> int:
        passed = 0
        for _ in range(10):
            try:
                take(RequestFactory().get("/"), "key:1", size=12, per_second=0.001)
            except TooMany:
                continue
            passed += 1
        return passed

    passed: list[Any] = at_once(work, work, work)
    assert sum(passed) == 12


@given(gaps=st.lists(st.floats(0, 5), min_size=1, max_size=30))
def test_no_caller_ever_gets_more_than_the_burst_and_the_rate(gaps: list[float]):
    RateBucket.objects.all().delete()
    size, rate, passed, elapsed = 3, 0.5, 0, 0.0
    for gap in gaps:
        execute("UPDATE api_ratebucket SET filled_at = filled_at - make_interval(secs => %s)", (gap,))
        elapsed += gap
        try:
            take(RequestFactory().get("/"), "key:1", size=size, per_second=rate)
        except TooMany:
            continue
        passed += 1
    assert passed <= size + (elapsed + 5) * rate


def test_nothing_is_cached_on_the_way():
    assert Client().get("/api/v1/actions")["Cache-Control"] == "no-store"
    assert make_key(make_person(Role.READER)).startswith("sw_")
