"""Parquet by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
from django.utils.translation import gettext as _

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import limits
from stockwright.channels.files.reading.table import BadRow, Evidence, Row, Table

_AT_ONCE = 10_000


def open_parquet(path: Path, name: str) -> Table:
    """A Parquet file as a table. Raises: UnreadableFile."""
    try:
        with duckdb.connect() as db:
            relation = db.read_parquet(str(path))
            columns = list(relation.columns)
            count = relation.count("*").fetchall()
    except duckdb.Error as error:
        raise UnreadableFile(name=name, why=str(error).splitlines()[0], cure=_("Write it again.")) from error
    if len(columns) > limits.MAX_COLUMNS:
        raise UnreadableFile(
            name=name, why=_("it has %(n)s columns") % {"n": len(columns)}, cure=_("Keep the columns you need.")
        )

    def rows() -> Iterator[Row | BadRow]:
        return _rows(path, name)

    return Table(name, columns, rows, Evidence("Parquet"), int(count[0][0]))


def _rows(path: Path, name: str) -> Iterator[Row | BadRow]:
    with duckdb.connect() as db:
        db.execute("SET threads = 1; SET enable_progress_bar = false")
        try:
            result = db.execute("SELECT * FROM read_parquet(?)", [str(path)])
            number = 0
            while batch := result.fetchmany(_AT_ONCE):
                yield from map(Row, range(number + 1, number + len(batch) + 1), batch)  # type: ignore[arg-type]
                number += len(batch)
        except duckdb.Error as error:
            raise UnreadableFile(name=name, why=str(error).splitlines()[0], cure=_("Write it again.")) from error
