"""Tables out of the program, as CSV and XLSX, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from typing import IO, Any
from zoneinfo import ZoneInfo

# A text that begins so is a formula to a spreadsheet: an order note could then run commands on the reader's machine.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_LINES_PER_PIECE = 1000
# So many rows tell which columns of a sheet hold moments.
_LOOKED_AT = 5000
# What XLSX itself allows.
MAX_SHEET_ROWS = 1_048_576
MAX_CELL = 32_767
# Beyond fifteen digits a spreadsheet's numbers round: such codes stay text.
_EXACT_DIGITS = 15


def neutral(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front; everything else as it is."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return "'" + value
    return value


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, zone: str = "UTC") -> Iterator[bytes]:
    """A CSV file piece by piece: UTF-8 with BOM (spreadsheets then read it right), CRLF, decimal point.

    Shape: `rows` in the order of `columns`; None is an empty cell, moments are written in `zone` with its offset.
    """
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    writer.writerow([neutral(str(column)) for column in columns])
    there = ZoneInfo(zone)
    for number, row in enumerate(rows, 1):
        writer.writerow([_csv_cell(value, there) for value in row])
        if number % _LINES_PER_PIECE == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_xlsx(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], file: IO[bytes], *, zone: str = "UTC", sheet: str = "Sheet1"
) -> int:
    """An XLSX file with a bold, frozen head; numbers stay numbers, texts stay texts whatever they begin with.

    A cell can't hold an offset: moments are written on the clock of `zone`, which their column's head names.
    Units: the number of rows written; rows past the format's limit go on in further sheets.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
        "nan_inf_to_errors": True,
    }
    # Every command loads this module; few of them need what this takes to load.
    import xlsxwriter  # noqa: PLC0415

    there = ZoneInfo(zone)
    written = 0
    with xlsxwriter.Workbook(file, options) as book:
        head = book.add_format({"bold": True})
        formats: dict[type | int, Any] = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
            time: book.add_format({"num_format": "hh:mm:ss"}),
            # Of exact numbers, by their decimals: money in its currency's.
            **{digits: book.add_format({"num_format": f"0.{'0' * digits}"}) for digits in range(1, 5)},
        }
        page: Any = None
        line = MAX_SHEET_ROWS
        beginning, rows = _beginning(rows)
        heads = [_zoned(str(column), place, beginning, zone) for place, column in enumerate(columns)]
        for row in _at_least_one(rows):
            if line >= MAX_SHEET_ROWS:
                page = book.add_worksheet(sheet if page is None else None)
                page.freeze_panes(1, 0)
                for position, column in enumerate(heads):
                    page.write_string(0, position, column, head)
                    page.set_column(position, position, min(40, max(10, len(column) + 2)))
                line = 1
            if row is None:
                break
            for position, value in enumerate(row):
                _write_cell(page, (line, position), value, formats, there)
            line += 1
            written += 1
    return written


def _beginning(rows: Iterable[Sequence[Any]]) -> tuple[list[Sequence[Any]], Iterator[Sequence[Any]]]:
    """The first rows to look at, and all of them."""
    left = iter(rows)
    first = list(islice(left, _LOOKED_AT))
    return first, chain(first, left)


def _zoned(column: str, place: int, rows: list[Sequence[Any]], zone: str) -> str:
    moments = (row[place] for row in rows if place < len(row))
    return f"{column} ({zone})" if any(isinstance(m, datetime) and m.tzinfo for m in moments) else column


def _at_least_one(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any] | None]:
    """The rows, then None: a table without rows still has its head."""
    yield from rows
    yield None


def _csv_cell(value: Any, zone: ZoneInfo) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return _local(value, zone).isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int | float | date | time):
        return str(value)
    # Without NUL, which many readers stop at.
    return neutral(str(value).replace("\0", ""))


def _write_cell(page: Any, at: tuple[int, int], value: Any, formats: dict[type | int, Any], zone: ZoneInfo) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(*at, value)
    elif isinstance(value, int | float | Decimal):
        if math.isfinite(value) and len(str(abs(value)).replace(".", "")) <= _EXACT_DIGITS:
            digits = -int(value.as_tuple().exponent) if isinstance(value, Decimal) else 0
            page.write_number(*at, value, formats.get(digits))
        else:
            page.write_string(*at, str(value))
    elif isinstance(value, datetime):
        page.write_datetime(*at, _local(value, zone).replace(tzinfo=None), formats[datetime])
    elif isinstance(value, date | time):
        page.write_datetime(*at, value, formats[date if isinstance(value, date) else time])
    else:
        page.write_string(*at, str(value).replace("\0", "")[:MAX_CELL])


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone) if moment.tzinfo else moment
