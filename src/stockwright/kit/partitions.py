"""Monthly partitions of the tables that only grow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from stockwright.kit.errors import Invalid
from stockwright.kit.locks import advisory_key

PARTITIONED = ["kit_journalevent", "kit_journalobject", "stock_movement"]

# A shop's books begin and end here: a mistyped year must not make a partition.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

# Partitions known to be committed, per database: saves a look-up on every action.
_KNOWN: set[tuple[str, str]] = set()


class NoSuchTime(Invalid):
    """{when} is not a time at which a shop could have done anything: give one from 1970 to 2199."""


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
    """Make every partition from one month to another where missing, and name the new ones.

    Raises: NoSuchTime.
    """
    months = []
    month = month_of(checked(first))
    while month <= checked(last):
        months.append(month)
        month = next_month(month)
    return _ensure(table, months)


def ensure_moments(table: str, moments: Iterable[datetime]) -> list[str]:
    """Make the partitions that these moments fall into, and no others between them; name the new ones.

    Raises: NoSuchTime.
    """
    return _ensure(table, sorted({month_of(checked(moment)) for moment in set(moments)}))


def ensure_ahead(now: datetime, months: int = 3) -> list[str]:
    """Make every partitioned table's partitions for the coming months; a job calls it daily."""
    last = now
    for _ in range(months):
        last = next_month(last)
    return [name for table in PARTITIONED for name in ensure_months(table, now, last)]


def forget_partitions() -> None:
    """Drop what this process remembers of partitions: its database was replaced by another of the same name."""
    _KNOWN.clear()


def checked(moment: datetime) -> datetime:
    """The moment, if a shop could have lived it.

    Raises: NoSuchTime.
    """
    if not EARLIEST <= moment < LATEST:
        raise NoSuchTime(when=moment.isoformat())
    return moment


def _ensure(table: str, months: list[datetime]) -> list[str]:
    names = {partition_name(table, month): month for month in months}
    database = str(connection.settings_dict["NAME"])
    if all((database, name) in _KNOWN for name in names):
        return []
    missing = _missing(connection, table, names)
    if missing:
        try:
            _make_aside(table, missing)
        except OperationalError:
            # Somebody holds the tables it refers to, perhaps this very transaction: made within it they need no
            # lock that it lacks, and vanish with it if it fails.
            with transaction.atomic():
                _make(connection, table, missing)
    # Only after the commit: a rolled-back partition leaves nothing behind.
    transaction.on_commit(lambda: _KNOWN.update((database, name) for name in names))
    return list(missing)


def _missing(on: BaseDatabaseWrapper, table: str, names: dict[str, datetime]) -> dict[str, datetime]:
    with on.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = to_regclass(%s) AND c.relname = ANY(%s)",
            (table, list(names)),
        )
        there = {row[0] for row in cursor.fetchall()}
    return {name: month for name, month in names.items() if name not in there}


def _make_aside(table: str, missing: dict[str, datetime]) -> None:
    """Make them on a connection of their own, committed at once: nobody waits for the caller's long transaction.

    Raises: OperationalError when a lock is not had within a second.
    """
    aside = connection.copy()
    try:
        aside.ensure_connection()
        with aside.connection.transaction():
            _make(aside, table, missing, patience="1s")
    finally:
        aside.close()


def _make(on: BaseDatabaseWrapper, table: str, missing: dict[str, datetime], *, patience: str = "30s") -> None:
    """Make each as a table beside and attach it: unlike CREATE ... PARTITION OF, that lets others go on writing.

    Locks: an advisory lock per table; the parent in SHARE UPDATE EXCLUSIVE.
    """
    with on.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", (patience,))
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (advisory_key(f"partitions {table}"),))
        for name, month in _missing(on, table, missing).items():
            parts = {
                "name": sql.Identifier(name),
                "table": sql.Identifier(table),
                "first": sql.Literal(month.isoformat()),
                "end": sql.Literal(next_month(month).isoformat()),
            }
            cursor.execute(
                sql.SQL("CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)")
                .format(**parts)
            )  # fmt: skip
            cursor.execute(
                sql.SQL("ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})")
                .format(**parts)
            )  # fmt: skip
