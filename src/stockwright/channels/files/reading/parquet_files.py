"""Parquet by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
from django.utils.translation import gettext as _

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading.table import BadRow, Evidence, Row, Table, unfit

_AT_ONCE = 10_000
# Read as texts: Python has no plain value for them.
_NESTED = frozenset(("list", "array", "struct", "map", "union", "blob", "bit", "interval", "time with time zone"))
_MOMENT = "timestamp with time zone"


def open_parquet(path: Path, name: str) -> Table:
    """A Parquet file as a table. Raises: UnreadableFile."""
    try:
        with duckdb.connect() as db:
            relation = db.read_parquet(str(path))
            columns, types = list(relation.columns), list(relation.types)
            count = relation.count("*").fetchall()
    except duckdb.Error as error:
        raise UnreadableFile(name=name, why=str(error).splitlines()[0], cure=_("Write it again.")) from error
    what = _selected(columns, [type_.id for type_ in types])

    def rows() -> Iterator[Row | BadRow]:
        return _rows(path, name, what)

    return Table(name, columns, rows, Evidence("Parquet"), int(count[0][0]))


def _selected(columns: Sequence[str], types: Sequence[str]) -> str:
    """All columns for a SELECT, those as texts that need it."""
    texts = []
    for column, type_ in zip(columns, types, strict=True):
        quoted = '"' + column.replace('"', '""') + '"'
        if type_ == _MOMENT:
            texts.append(f"CAST(timezone('UTC', {quoted}) AS VARCHAR) || 'Z' AS {quoted}")
        elif type_ in _NESTED:
            texts.append(f"CAST({quoted} AS VARCHAR) AS {quoted}")
    return f"* REPLACE ({', '.join(texts)})" if texts else "*"


def _rows(path: Path, name: str, what: str) -> Iterator[Row | BadRow]:
    with duckdb.connect() as db:
        db.execute("SET threads = 1; SET enable_progress_bar = false")
        try:
            result = db.execute(f"SELECT {what} FROM read_parquet(?)", [str(path)])  # noqa: S608 - names are quoted
            number = 0
            while batch := result.fetchmany(_AT_ONCE):
                for line, cells in enumerate(batch, number + 1):
                    why = unfit(cells)
                    yield BadRow(line, why, list(cells)) if why else Row(line, cells)  # type: ignore[arg-type]
                number += len(batch)
        except duckdb.Error as error:
            raise UnreadableFile(name=name, why=str(error).splitlines()[0], cure=_("Write it again.")) from error
