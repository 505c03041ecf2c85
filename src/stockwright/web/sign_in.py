"""How people come in: by invitation of an operations lead, never by signing up."""

from __future__ import annotations

from typing import Any

from allauth.account import views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.urls import include, path, re_path
from django.utils.translation import gettext_lazy as _

from stockwright.kit.actions import perform
from stockwright.kit.crypto import seal, unseal
from stockwright.kit.models import Person
from stockwright.kit.people import SYSTEM

# The library's pages that the shop has. Not among them: signing up, and changing one's address, which would need
# neither password nor operations lead.
urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"
    ),
    path("2fa/", include("allauth.mfa.urls")),
]  # fmt: skip


class ByInvitation(DefaultAccountAdapter):  # type: ignore[misc]
    """The sign-in library's rules for this shop."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _("Too many wrong passwords came from here. Wait a minute, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the library's signature
        """Nobody makes an account for themselves."""
        return False

    def send_password_reset_mail(self, user: Person, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002 - the library's signature
        """By the outbox, which waits for a mail server and makes the link itself: never of the request's host."""
        perform("person.send_reset", {"person_id": user.pk}, actor=SYSTEM, door="web")


class SealedSecondStep(DefaultMFAAdapter):  # type: ignore[misc]
    """The second step's secrets as they lie in the database: sealed with the shop's own."""

    def encrypt(self, text: str) -> str:
        """Seal."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Unseal."""
        return unseal(encrypted_text)
