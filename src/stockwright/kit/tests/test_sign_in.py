from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from axes.models import AccessAttempt
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from stockwright.kit.actions import perform
from stockwright.kit.models import Person
from stockwright.kit.people import SYSTEM, Role
from stockwright.kit.tests.make import make_person

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXP"
HOME = "/accounts/password/change/"


@pytest.fixture(autouse=True)
def _fresh(settings: Settings) -> None:
    cache.clear()
    # The real one is slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def sign_in(client: Client, password: str = PASSWORD, email: str = "ada@shop.example") -> None:
    client.post("/accounts/login/", {"login": email, "password": password})


def inside(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def make_ada(*roles: Role) -> Person:
    return make_person(*(roles or (Role.PICKER,)), password=PASSWORD)


def code_now() -> str:
    return str(format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time())))))


def test_the_right_password_opens_in_any_case_of_the_address(client: Client):
    make_ada()
    sign_in(client, email="ADA@shop.example")
    assert inside(client)


def test_five_wrong_passwords_lock_out_for_a_quarter_of_an_hour_in_every_process(client: Client):
    make_ada()
    for _ in range(5):
        sign_in(client, "wrong")
        # As another process would find it: what counts is in the database.
        cache.clear()
    sign_in(client)
    assert not inside(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    cache.clear()
    sign_in(client)
    assert not inside(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    cache.clear()
    sign_in(client)
    assert inside(client)


def test_four_wrong_passwords_are_forgiven_by_the_right_one(client: Client):
    make_ada()
    for _ in range(2):
        for _ in range(4):
            sign_in(client, "wrong")
            cache.clear()
        sign_in(client)
        assert inside(client)
        client.logout()


def test_somebody_locked_out_is_let_in_by_a_lead(client: Client):
    person = make_ada()
    for _ in range(5):
        sign_in(client, "wrong")
        cache.clear()
    perform("person.unlock", {"person_id": person.pk}, actor=SYSTEM)
    sign_in(client)
    assert inside(client)


def test_guessing_one_account_does_not_lock_another(client: Client):
    make_ada()
    make_person(Role.PICKER, email="bo@shop.example", password=PASSWORD)
    for _ in range(6):
        sign_in(client, "wrong")
        cache.clear()
    sign_in(client, email="bo@shop.example")
    assert inside(client)


def test_a_wrong_address_and_a_wrong_password_look_alike(client: Client):
    make_ada()
    answers = [
        client.post("/accounts/login/", {"login": email, "password": "wrong"}).content.decode()
        for email in ("ada@shop.example", "nobody@shop.example")
    ]
    assert "not correct" in answers[0]
    assert "not correct" in answers[1]


def test_deactivation_ends_sessions_at_once_and_keeps_the_door_shut(client: Client):
    person = make_ada()
    sign_in(client)
    assert inside(client)
    perform("person.deactivate", {"person_id": person.pk}, actor=SYSTEM)
    assert not inside(client)
    client.logout()
    sign_in(client)
    assert not inside(client)


def test_other_sessions_end_when_the_password_changes(client: Client):
    make_ada()
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)
    changed = {"oldpassword": PASSWORD, "password1": "another long phrase", "password2": "another long phrase"}
    assert client.post(HOME, changed).status_code == 302
    assert not inside(elsewhere)
    sign_in(elsewhere, "another long phrase")
    assert inside(elsewhere)


def test_a_weak_new_password_is_refused(client: Client):
    make_ada()
    sign_in(client)
    answer = client.post(HOME, {"oldpassword": PASSWORD, "password1": "short", "password2": "short"})
    assert answer.status_code == 200
    assert Person.objects.get().check_password(PASSWORD)


def test_a_forgotten_password_is_set_anew_by_mail_once(client: Client):
    make_ada()
    client.post("/accounts/password/reset/", {"email": "ada@shop.example"})
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    path = "/" + link.split("/", 3)[3]
    form = client.get(path, follow=True)
    new = {"password1": "another long phrase", "password2": "another long phrase"}
    client.post(form.redirect_chain[-1][0], new)
    assert Person.objects.get().check_password("another long phrase")
    assert b"password1" not in Client().get(path, follow=True).content


def test_with_a_second_step_the_password_alone_does_not_open(client: Client):
    person = make_ada()
    TOTP.activate(person, SECRET)
    sign_in(client)
    assert not inside(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert not inside(client)
    cache.clear()
    client.post("/accounts/2fa/authenticate/", {"code": code_now()})
    assert inside(client)


def test_who_lost_the_telephone_signs_in_by_password_once_a_lead_removed_the_step(client: Client):
    person = make_ada()
    TOTP.activate(person, SECRET)
    perform("person.remove_second_step", {"person_id": person.pk}, actor=SYSTEM)
    assert not Authenticator.objects.exists()
    sign_in(client)
    assert inside(client)


def test_nobody_signs_up_by_themselves(client: Client):
    new = {"email": "eve@shop.example", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", new)
    assert not Person.objects.exists()


def test_the_session_cookie_is_not_for_scripts(client: Client):
    make_ada()
    sign_in(client)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
