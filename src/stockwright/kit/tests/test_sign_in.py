from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from axes.models import AccessAttempt
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from stockwright.kit.actions import perform, undo
from stockwright.kit.models import OutboxEffect, Person
from stockwright.kit.outbox import deliver
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


def test_who_is_let_in_again_signs_in_anew(client: Client):
    person, other = make_ada(), make_person(Role.PICKER, email="bo@shop.example", password=PASSWORD)
    elsewhere, theirs = Client(), Client()
    for one, email in ((client, person.email), (elsewhere, person.email), (theirs, other.email)):
        sign_in(one, email=email)
    call = perform("person.deactivate", {"person_id": person.pk}, actor=SYSTEM).call_id
    undo(call, actor=SYSTEM)
    assert (inside(client), inside(elsewhere), inside(theirs)) == (False, False, True)
    sign_in(client)
    assert inside(client)


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
    deliver(OutboxEffect.objects.get().pk)
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    path = "/" + link.split("/", 3)[3]
    form = client.get(path, follow=True)
    new = {"password1": "another long phrase", "password2": "another long phrase"}
    client.post(form.redirect_chain[-1][0], new)
    assert Person.objects.get().check_password("another long phrase")
    assert b"password1" not in Client().get(path, follow=True).content


def test_the_link_for_a_new_password_is_never_of_the_host_that_a_request_names(client: Client, settings: Settings):
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], "https://shop.example"
    make_ada()
    client.post("/accounts/password/reset/", {"email": "ada@shop.example"}, headers={"host": "evil.example"})
    deliver(OutboxEffect.objects.get().pk)
    (sent,) = mail.outbox
    assert "https://shop.example/accounts/password/reset/key/" in sent.body
    assert "evil" not in sent.body


def test_asking_for_a_new_password_needs_no_mail_server_and_tells_nobody_who_is_here(
    client: Client, settings: Settings
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    make_ada()
    answers = [
        client.post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in ("ada@shop.example", "nobody@shop.example")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert [effect.kind for effect in OutboxEffect.objects.all()] == ["person.reset"]


def test_the_second_steps_secrets_lie_sealed():
    person = make_ada()
    TOTP.activate(person, SECRET)
    codes = RecoveryCodes.activate(person)
    held = [str(value) for data in Authenticator.objects.values_list("data", flat=True) for value in data.values()]
    assert SECRET not in str(held)
    assert sum(value.startswith("gAAAA") for value in held) == 2
    assert RecoveryCodes(Authenticator.objects.get(pk=codes.instance.pk)).validate_code(codes.generate_codes()[0])


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


@pytest.mark.parametrize(
    "path", ["signup/", "email/", "confirm-email/", "password/set/", "login/code/confirm/", "login/code/", ""]
)
def test_the_sign_in_library_has_no_door_but_those_that_are_used(client: Client, path: str):
    make_ada()
    sign_in(client)
    other = {"email": "eve@shop.example", "action_add": "", "password1": PASSWORD, "password2": PASSWORD}
    assert client.get(f"/accounts/{path}").status_code == 404
    assert client.post(f"/accounts/{path}", other).status_code == 404
    assert [person.email for person in Person.objects.all()] == ["ada@shop.example"]


def test_its_pages_that_are_used_open(client: Client):
    make_ada()
    for path in ("login/", "password/reset/", "password/reset/done/", "inactive/"):
        assert client.get(f"/accounts/{path}").status_code == 200, path
    sign_in(client)
    for path in ("password/change/", "logout/", "2fa/", "2fa/totp/activate/"):
        assert client.get(f"/accounts/{path}", follow=True).status_code == 200, path


def test_the_session_cookie_is_not_for_scripts(client: Client):
    make_ada()
    sign_in(client)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
