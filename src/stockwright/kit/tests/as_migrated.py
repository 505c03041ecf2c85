"""After a test that commits, the database is again as the migrations made it.

Django's own flush knows neither partitioned tables nor rows that migrations wrote.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import TransactionTestCase

# What Django keeps for the whole run, and what the worker's library keeps of its own schema.
_KEPT = ("django_migrations", "django_content_type", "auth_permission")
_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND NOT relispartition AND relname <> ALL(%s)
"""


def install() -> None:
    """Have every test that commits begin with, and leave, the rows that are in the database now."""
    rows = {table: _copied(table) for table in _full_tables()}

    def nothing(_cls: type[TransactionTestCase]) -> None:
        """Nothing to set up: the test before has left things in order."""

    def restore(_self: TransactionTestCase) -> None:
        """Empty what is not empty, and put back what was there."""
        _empty()
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for table, written in rows.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(written)
            cursor.execute("SET session_replication_role = origin")

    setattr(TransactionTestCase, "_fixture_setup", classmethod(nothing))  # noqa: B010 - the types don't know the hook
    setattr(TransactionTestCase, "_fixture_teardown", restore)  # noqa: B010


def _empty() -> None:
    # A table that refers to an emptied one is emptied with it, so those that are kept for good must not refer.
    if tables := _full_tables():
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in tables) + " CASCADE")


def _full_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, (list(_KEPT),))
        names = [row[0] for row in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f"SELECT '{n}' WHERE EXISTS (SELECT FROM \"{n}\")" for n in names))  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def _copied(table: str) -> bytes:
    with connection.cursor() as cursor:
        cursor_any: Any = cursor
        with cursor_any.copy(f'COPY "{table}" TO STDOUT') as copy:
            return b"".join(bytes(part) for part in copy)
