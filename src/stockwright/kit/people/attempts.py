"""Whose account a sign-in was tried for: what the lock-out counts by."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest


def attempted_email(request: HttpRequest | None, credentials: Mapping[str, str] | None = None) -> str | None:
    """The e-mail address of an attempt, as accounts hold it; the sign-in form and the backends name it differently."""
    given = credentials or {}
    sent = request.POST if request is not None else {}
    address = given.get("email") or given.get("username") or given.get("login") or sent.get("login")
    return address.strip().lower()[:255] if address else None
