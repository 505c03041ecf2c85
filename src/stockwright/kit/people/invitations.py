"""Links by which somebody sets their first password."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from stockwright.kit.models import Person


def invitation_link(person: Person) -> str:
    """The address where this person sets a password; it works once, and for PASSWORD_RESET_TIMEOUT seconds."""
    token = default_token_generator.make_token(person)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": token}
    )  # fmt: skip
    return f"{settings.PUBLIC_URL}{path}"
