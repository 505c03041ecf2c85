"""Set-based reading and writing below the ORM, for hot paths: COPY in, tuples out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from django.db import connection
from psycopg import sql


def execute(statement: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> int:
    """Run one statement on Django's connection.

    Units: the number of rows it touched.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def fetch(statement: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one statement as tuples."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def stream(statement: str, parameters: Sequence[Any] = (), *, size: int = 5000) -> Iterator[tuple[Any, ...]]:
    """Rows of a long statement, without holding them all; needs an open transaction (server-side cursor)."""
    connection.ensure_connection()
    raw = connection.connection
    with raw.cursor(name="stockwright_stream") as cursor:
        cursor.itersize = size
        cursor.execute(statement, parameters)
        yield from cursor


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], types: Sequence[str] = ()) -> None:
    """COPY rows into a table inside the current transaction.

    Shape: each row in the order of `columns`; dicts and lists for JSON columns are given as `as_json(value)`.
    Binary COPY when `types` names every column's type (about a third faster), text otherwise.
    """
    connection.ensure_connection()
    raw = connection.connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN{}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(" WITH (FORMAT BINARY)" if types else ""),
    )
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        if types:
            copy.set_types(types)
        write = copy.write_row
        for row in rows:
            write(row)


def reserve_ids(table: str, count: int) -> list[int]:
    """Take `count` primary keys from a table's own sequence in one trip."""
    if not count:
        return []
    rows = fetch(
        "SELECT nextval(seq) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS seq OFFSET 0) s,"
        " generate_series(1, %s)",
        (table, count),
    )
    return [row[0] for row in rows]


def as_json(value: Any) -> str:
    """A value as JSON text, for COPY and for `::jsonb` parameters.

    What JSON does not know (Decimal, sets, our own types) becomes its text; NaN becomes null.
    Raises: TypeError for half a surrogate pair or an integer beyond 64 bits.
    """
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
