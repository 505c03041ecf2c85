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
    for _again in range(3):
        response = client.post("/accounts/login/", {"login": "lead@shop.example", "password": make.PASSWORD})
        assert response.status_code == 429
        assert "Wait a quarter of an hour" in response.content.decode()
    assert client.get("/orders/").status_code == 302


def test_who_is_locked_out_stands_in_the_list_of_people_and_is_let_in_from_there(client: Client):
    lead = make.signed_in(Role.LEAD)
    picker = make.person(Role.PICKER)
    assert "locked" not in lead.get("/settings/people/").content.decode()
    for browser in ("one", "one", "one", "other", "other"):
        given = {"login": picker.email, "password": "a wrong password"}
        client.post("/accounts/login/", given, headers={"User-Agent": browser})
    text = lead.get("/settings/people/").content.decode()
    assert "locked" in text
    assert f"/do/person.unlock/?person_id={picker.pk}" in text
    assert lead.get(f"/settings/people/{picker.pk}/").content.decode().count(" href='/do/person.unlock/") == 1
    assert lead.post("/do/person.unlock/", {"person_id": picker.pk, "_apply": 1}).status_code == 302
    assert "locked" not in lead.get("/settings/people/").content.decode()
    assert client.post("/accounts/login/", {"login": picker.email, "password": make.PASSWORD}).status_code == 302


def test_the_pages_for_a_forgotten_password_speak_of_this_shop(client: Client):
    for url in ("/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/password/reset/key/1-set-x/"):
        text = client.get(url, follow=True).content.decode().lower()
        assert "stockwright" in text
        assert "contact us" not in text
        assert "bad token" not in text


def test_the_second_step_and_the_password_are_changed_in_our_look():
    client = make.signed_in(Role.READER)
    for url in ("/accounts/password/change/", "/accounts/2fa/"):
        response = client.get(url, follow=True)
        assert response.status_code == 200
        assert b"stockwright.css" in response.content
