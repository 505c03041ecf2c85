"""Whose account a sign-in was tried for: what the lock-out counts by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest

from stockwright.kit.clock import now


def attempted_email(request: HttpRequest | None, credentials: Mapping[str, str] | None = None) -> str | None:
    """The e-mail address of an attempt, as accounts hold it; the sign-in form and the backends name it differently."""
    given = credentials or {}
    sent = request.POST if request is not None else {}
    address = given.get("email") or given.get("username") or given.get("login") or sent.get("login")
    return address.strip().lower()[:255] if address else None


def locked_emails() -> set[str]:
    """The addresses that nobody can sign in with just now, for too many wrong passwords."""
    since = now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    rows = AccessAttempt.objects.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gte=since)
    return {name.lower() for name in rows.values_list("username", flat=True) if name}
