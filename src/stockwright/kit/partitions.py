"""Monthly partitions of the tables that only grow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from psycopg import sql

from stockwright.kit.locks import advisory_key

PARTITIONED = ["kit_journalevent", "kit_journalobject", "stock_movement"]

# Partitions known to be committed, per database: saves a look-up on every action.
_KNOWN: set[tuple[str, str]] = set()


def month_of(moment: datetime) -> datetime:
    """The first instant of the month, UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(month: datetime) -> datetime:
    """The first instant of the month after."""
    return month_of(month + timedelta(days=32))


def partition_name(table: str, month: datetime) -> str:
    """Such as kit_journalevent_2026_11."""
    return f"{table}_{month:%Y_%m}"


def ensure_months(table: str, first: datetime, last: datetime) -> list[str]:
    """Make the partitions from one month to another where missing, and name the new ones.

    Locks: an advisory lock per table while it makes one; without any missing month, one look-up.
    """
    months = []
    month = month_of(first)
    while month <= last:
        months.append(month)
        month = next_month(month)
    names = [partition_name(table, m) for m in months]
    database = str(connection.settings_dict["NAME"])
    if all((database, name) in _KNOWN for name in names):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = to_regclass(%s) AND c.relname = ANY(%s)",
            (table, names),
        )
        there = {row[0] for row in cursor.fetchall()}
        missing = [(n, m) for n, m in zip(names, months, strict=True) if n not in there]
        if missing:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (advisory_key(f"partitions {table}"),))
        for name, month in missing:
            cursor.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})").format(
                    sql.Identifier(name),
                    sql.Identifier(table),
                    sql.Literal(month.isoformat()),
                    sql.Literal(next_month(month).isoformat()),
                )
            )
    # Only after the commit: a rolled-back CREATE TABLE leaves nothing behind.
    transaction.on_commit(lambda: _KNOWN.update((database, name) for name in names))
    return [name for name, _ in missing]


def ensure_ahead(now: datetime, months: int = 3) -> list[str]:
    """Make every partitioned table's partitions for the coming months; a job calls it daily."""
    last = now
    for _ in range(months):
        last = next_month(last)
    return [name for table in PARTITIONED for name in ensure_months(table, now, last)]
