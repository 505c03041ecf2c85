"""Effects the ground floor delivers by itself: mail, invitations, and links for new passwords."""

from __future__ import annotations

import hashlib
import smtplib
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import BadHeaderError
from django.utils.translation import gettext as _

from stockwright.kit.errors import DeliveryError
from stockwright.kit.models import Person
from stockwright.kit.outbox import delivers
from stockwright.kit.people.invitations import invitation_link

# SMTP answers from here on mean "never"; those below, "not now".
_PERMANENT = 500
_FULL_QUEUE_WAIT = 120.0


@delivers("mail.send")
def send_mail(payload: dict[str, Any], key: str) -> dict[str, Any]:
    """Send one mail by the configured SMTP server.

    Shape: payload has `to` (addresses), `subject`, `text`; perhaps `html`, `reply_to`, `headers`.
    The Message-ID is made of the key, so that a mail sent twice after a crash shows as one.
    Raises: DeliveryError.
    """
    try:
        send(
            payload["to"], payload["subject"], payload["text"], key=key, html=payload.get("html", ""),
            reply_to=payload.get("reply_to", ()), headers=payload.get("headers", {}),
        )  # fmt: skip
    except KeyError as error:
        raise DeliveryError(f"the mail has no {error.args[0]}", permanent=True) from error
    return {"message_id": message_id(key)}


@delivers("person.invite")
def send_invitation(payload: dict[str, Any], key: str) -> dict[str, Any] | None:
    """Mail somebody the link for their first password; it is made now, so that it is stored nowhere.

    Raises: DeliveryError.
    """
    return _send_link(
        payload["person_id"],
        key,
        _("Your invitation to Stockwright"),
        _(
            "Hello %(name)s,\n\nyou have been invited to Stockwright. Choose your password here:\n\n%(link)s\n\n"
            "The link works once, for three days."
        ),
    )


@delivers("person.reset")
def send_reset(payload: dict[str, Any], key: str) -> dict[str, Any] | None:
    """Mail somebody who forgot their password the link for a new one; it too is made now.

    Raises: DeliveryError.
    """
    return _send_link(
        payload["person_id"],
        key,
        _("A new password for Stockwright"),
        _(
            "Hello %(name)s,\n\nsomebody asked for a new password of yours. If it was you, choose it here:\n\n%(link)s\n\n"
            "The link works once, for three days. If it was not you, nothing has changed."
        ),
    )


def _send_link(person_id: int, key: str, subject: str, text: str) -> dict[str, Any]:
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None:
        return {"skipped": "no such active person"}
    send([person.email], subject, text % {"name": person.name, "link": invitation_link(person)}, key=key)
    return {"message_id": message_id(key)}


def message_id(key: str) -> str:
    """The Message-ID of the mail of an effect."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "stockwright.invalid"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def send(
    to: Sequence[str], subject: str, text: str, *, key: str, html: str = "", reply_to: Sequence[str] = (),
    headers: dict[str, str] | None = None,
) -> None:  # fmt: skip
    """Hand a mail to the SMTP server, and turn its refusals into words the outbox acts on.

    Raises: DeliveryError.
    """
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()), body=text, to=list(to), reply_to=list(reply_to),
        headers={"Message-ID": message_id(key), **(headers or {})},
    )  # fmt: skip
    if html:
        mail.attach_alternative(html, "text/html")
    if not mail.recipients():
        raise DeliveryError("the mail has no recipient", permanent=True)
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        worst = min(code for code, _ in error.recipients.values())
        raise _refusal(worst, "the mail server refused the recipient") from error
    except smtplib.SMTPAuthenticationError as error:
        # Somebody has to correct the settings; until then every mail would be refused.
        raise DeliveryError("the mail server refused our name or password", retry_after=3600) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, "the mail server refused the mail", error.smtp_error) from error
    except (BadHeaderError, UnicodeError, ValueError) as error:
        raise DeliveryError(f"the mail can't be written: {error}", permanent=True) from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(f"the mail server can't be reached: {error}") from error


def _refusal(code: int, words: str, said: bytes | str = "") -> DeliveryError:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    permanent = code >= _PERMANENT
    message = f"{words} ({code}{' ' + text if text else ''})"
    return DeliveryError(message, permanent=permanent, retry_after=None if permanent else _FULL_QUEUE_WAIT)
