"""Signing in: nobody signs up by themselves."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's, with the sign-up closed: people are invited by an operations lead."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - by contract
        """Never."""
        return False
