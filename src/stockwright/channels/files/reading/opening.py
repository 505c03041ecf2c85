"""Which reader takes a file: by its first bytes, not by its name."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import limits
from stockwright.channels.files.reading.csv_files import open_csv
from stockwright.channels.files.reading.rejects import without_reasons
from stockwright.channels.files.reading.table import Table
from stockwright.channels.files.reading.xlsx_files import open_xlsx

_NOT_TABLES = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"\x1f\x8b": "gzip",
    b"{": "JSON",
    b"\xd0\xcf\x11\xe0": _("an old XLS"),
    b"SQLite format": "SQLite",
}


def open_table(path: Path, name: str = "", *, encoding: str = "", delimiter: str = "", sheet: str = "") -> Table:
    """The file as a table of rows.

    Raises: UnreadableFile when it is none, or asks too much.
    """
    name = name or path.name
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise UnreadableFile(name=name, why=error.strerror or str(error), cure="") from error
    if not start:
        raise UnreadableFile(name=name, why=_("it is empty"), cure=_("The first line must name the columns."))
    table = _reader(path, name, start, encoding=encoding, delimiter=delimiter, sheet=sheet)
    _check_head(name, table.columns)
    return without_reasons(table)


def _reader(path: Path, name: str, start: bytes, *, encoding: str, delimiter: str, sheet: str) -> Table:
    if start.startswith(b"PK\x03\x04"):
        return open_xlsx(path, name, sheet=sheet)
    if start.startswith(b"PAR1"):
        # Every command loads this module; few of them need what DuckDB takes to load.
        from stockwright.channels.files.reading.parquet_files import open_parquet  # noqa: PLC0415

        return open_parquet(path, name)
    for mark, kind in _NOT_TABLES.items():
        if start.startswith(mark):
            raise UnreadableFile(
                name=name, why=_("it is %(kind)s") % {"kind": kind}, cure=_("CSV, XLSX and Parquet can be read.")
            )
    return open_csv(path, name, encoding=encoding, delimiter=delimiter)


def _check_head(name: str, columns: list[str]) -> None:
    if not any(columns):
        raise UnreadableFile(name=name, why=_("it is empty"), cure=_("The first line must name the columns."))
    if len(columns) > limits.MAX_COLUMNS:
        raise UnreadableFile(
            name=name,
            why=_("it has %(n)s columns, more than %(max)s") % {"n": len(columns), "max": limits.MAX_COLUMNS},
            cure=_("Keep the columns you need."),
        )
    if any("\0" in column for column in columns):
        raise UnreadableFile(name=name, why=_("its head has NUL bytes"), cure=_("Save it as a CSV file in UTF-8."))
