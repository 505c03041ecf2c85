from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from stockwright.kit.people import Role
from stockwright.web.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_attempts() -> None:
    cache.clear()


def sign_in(client: Client, password: str) -> int:
    return client.post("/accounts/login/", {"login": "lead@shop.example", "password": password}).status_code


def test_the_right_password_opens_the_shop(client: Client):
    make.person(Role.LEAD)
    assert sign_in(client, make.PASSWORD) == 302
    assert client.get("/orders/").status_code == 200


def test_after_five_wrong_passwords_the_right_one_does_not_help(client: Client):
    make.person(Role.LEAD)
    for _time in range(5):
        sign_in(client, "a wrong password")
    response = client.post("/accounts/login/", {"login": "lead@shop.example", "password": make.PASSWORD})
    assert response.status_code in (200, 403, 429)
    assert client.get("/orders/").status_code == 302


def test_the_second_step_and_the_password_are_changed_in_our_look():
    client = make.signed_in(Role.READER)
    for url in ("/accounts/password/change/", "/accounts/2fa/"):
        response = client.get(url, follow=True)
        assert response.status_code == 200
        assert b"stockwright.css" in response.content
