"""Whose account a sign-in was tried for: what the lock-out counts by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
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
    # A row is one browser's; what locks is the sum over all that try an account from one network address.
    rows = AccessAttempt.objects.filter(attempt_time__gte=since).values("username", "ip_address")
    locked = rows.annotate(failures=Sum("failures_since_start")).filter(failures__gte=settings.AXES_FAILURE_LIMIT)
    return {row["username"].lower() for row in locked if row["username"]}
