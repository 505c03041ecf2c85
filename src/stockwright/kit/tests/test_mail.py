from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from email.message import Message
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings

from stockwright.kit.effects import message_id, send, send_invitation, send_mail
from stockwright.kit.errors import DeliveryError
from stockwright.kit.people import Role
from stockwright.kit.tests.make import make_person


class Postbox:
    """A mail server's ear: keeps what comes, and says what the test wants it to say."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.says = "250 OK"
        self.rcpt = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(email.message_from_bytes(envelope.original_content or b""))
        return self.says


def text_of(mail: Message) -> str:
    return cast("bytes", mail.get_payload(decode=True)).decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def postbox(settings: Settings) -> Iterator[Postbox]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.DEFAULT_FROM_EMAIL = "Shop <shop@example.org>"
    box = Postbox()
    server = Controller(box, hostname="127.0.0.1", port=settings.EMAIL_PORT)
    server.start()
    yield box
    server.stop()


MAIL = {"to": ["ada@example.org"], "subject": "Hello", "text": "Grüße, Ω\n"}


def test_a_mail_arrives_as_it_was_written(postbox: Postbox):
    answer = send_mail({**MAIL, "html": "<p>Hi</p>", "reply_to": ["desk@example.org"]}, "key 1")
    (mail,) = postbox.mails
    assert (mail["To"], mail["Subject"], mail["Reply-To"]) == ("ada@example.org", "Hello", "desk@example.org")
    plain, html = cast("list[Message]", mail.get_payload())
    assert text_of(plain).strip() == "Grüße, Ω"
    assert html.get_content_type() == "text/html"
    assert answer == {"message_id": mail["Message-ID"]}


def test_the_same_effect_has_the_same_message_id(postbox: Postbox):
    send_mail(MAIL, "key 1")
    send_mail(MAIL, "key 1")
    send_mail(MAIL, "key 2")
    first, second, third = (mail["Message-ID"] for mail in postbox.mails)
    assert first == second == message_id("key 1")
    assert third != first
    assert first.endswith("@example.org>")


@pytest.mark.parametrize(("answer", "permanent"), [("451 try later", False), ("554 spam", True)])
def test_the_servers_word_decides_whether_to_try_again(postbox: Postbox, answer: str, permanent: bool):
    postbox.says = answer
    with pytest.raises(DeliveryError) as caught:
        send_mail(MAIL, "k")
    assert caught.value.permanent is permanent
    assert (caught.value.retry_after is None) is permanent


@pytest.mark.parametrize(("answer", "permanent"), [("450 greylisted", False), ("550 no such user", True)])
def test_a_refused_recipient_decides_likewise(postbox: Postbox, answer: str, permanent: bool):
    postbox.rcpt = answer
    with pytest.raises(DeliveryError) as caught:
        send_mail(MAIL, "k")
    assert caught.value.permanent is permanent


def test_a_server_that_is_away_is_tried_again(settings: Settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    with pytest.raises(DeliveryError, match="can't be reached") as caught:
        send_mail(MAIL, "k")
    assert not caught.value.permanent


@pytest.mark.parametrize("broken", [{"to": []}, {"to": ["a@b.org\nBcc: x@y.org"]}])
def test_what_is_no_mail_is_given_up(postbox: Postbox, broken: dict[str, Any]):
    with pytest.raises(DeliveryError) as caught:
        send_mail({**MAIL, **broken}, "k")
    assert caught.value.permanent
    assert postbox.mails == []


def test_a_mail_without_text_is_given_up():
    with pytest.raises(DeliveryError, match="has no text") as caught:
        send_mail({"to": ["a@b.org"], "subject": "s"}, "k")
    assert caught.value.permanent


def test_a_subject_of_two_lines_becomes_one(postbox: Postbox):
    send(["a@b.org"], "one\ntwo", "text", key="k")
    assert postbox.mails[0]["Subject"] == "one two"


@pytest.mark.django_db
def test_an_invitation_carries_a_link_that_is_made_on_the_way_out(postbox: Postbox, settings: Settings):
    settings.PUBLIC_URL = "https://shop.example"
    person = make_person(Role.PICKER, email="new@example.org")
    send_invitation({"person_id": person.pk}, "k")
    text = text_of(postbox.mails[0])
    assert "https://shop.example/accounts/password/reset/key/" in text


@pytest.mark.django_db
def test_nobody_deactivated_is_invited(postbox: Postbox):
    assert send_invitation({"person_id": 12345}, "k") == {"skipped": "no such active person"}
    assert postbox.mails == []
