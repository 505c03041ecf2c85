"""Set-based reading and writing below the ORM, for hot paths: COPY in, tuples out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from psycopg import Cursor, sql

from stockwright.kit.errors import OutOfBounds


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


def fetch_prepared(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement that a connection runs again and again: parsed and planned by the server once."""
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        return list(cursor.execute(statement, parameters, prepare=True).fetchall())


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
    with connection.wrap_database_errors, raw.cursor() as cursor, cursor.copy(statement) as copy:
        if types:
            copy.set_types(types)
        write = copy.write_row
        for row in rows:
            write(row)


def copy_text(table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """COPY rows that are laid out as text already: the fastest way for wide rows, three times that of tuples.

    Shape: each line tab-separated in the order of `columns` and ended by a line feed, free text through `copy_word`.
    """
    connection.ensure_connection()
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    # Errors as Django's, like those of every other statement.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write("".join(lines))


_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def copy_word(text: str) -> str:
    """Free text as a column of `copy_text`."""
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text) if _SPECIAL.search(text) else text


def as_array(values: Iterable[int | str | datetime | None]) -> str:
    """An array as the text PostgreSQL reads, for `%s::bigint[]` and `%s::text[]` on hot paths.

    Psycopg's own lists cost some microseconds an element, as it looks at each one's type.
    """
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: int | str | datetime | None) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return f'"{value!s}"'
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL"


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
    Raises: OutOfBounds for half a surrogate pair or an integer beyond 64 bits.
    """
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError as error:
        raise OutOfBounds(detail=str(error)) from None
