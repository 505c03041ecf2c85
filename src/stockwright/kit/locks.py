"""Row locks in one order, and advisory locks by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def lock_rows(model: type[M], ids: Iterable[int]) -> dict[int, M]:
    """Lock rows by primary key and return them by key.

    Locks: FOR UPDATE on these rows alone, in key order, so that two callers can never wait for each other in a ring.
    """
    wanted = sorted(set(ids))
    manager = model._default_manager  # noqa: SLF001 - Django's documented way
    rows = manager.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
    return {row.pk: row for row in rows}


def advisory_key(name: str) -> int:
    """A signed 64-bit key for PostgreSQL's advisory locks, from a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def try_lock(name: str) -> bool:
    """Take a named lock until the transaction ends, or answer False at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (advisory_key(name),))
        row = cursor.fetchone()
        return bool(row and row[0])


def wait_lock(name: str) -> None:
    """Take a named lock until the transaction ends, waiting for it (at most the connection's lock_timeout)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (advisory_key(name),))


def share_lock(name: str) -> None:
    """Take a named lock until the transaction ends together with others who share it; `wait_lock` waits for all of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (advisory_key(name),))
