"""How far the cells of a workbook reach: its reader makes room for the whole rectangle, be there two cells in it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import limits

_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,9})(\d{1,12})["']""")
_PIECE = 1 << 22
# No place of a cell is written longer.
_LONGEST = 64


def refuse_sparse(path: Path, name: str) -> None:
    """Look where the cells are before anybody makes room for all that could be between them.

    Raises: UnreadableFile.
    """
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            rows, columns, cells = _extent(archive, part)
            if rows * columns > max(limits.SMALL_AREA, limits.AREA_OF_CELL * cells):
                raise UnreadableFile(
                    name=name,
                    why=_("its %(cells)s cells are scattered over %(rows)s rows and %(columns)s columns")
                    % {"cells": f"{cells:,}", "rows": f"{rows:,}", "columns": f"{columns:,}"},
                    cure=_("Delete the rows and columns that look empty, or save the sheet as CSV."),
                )


def _extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int, int]:
    """The last row and the last column that a part names, and how many cells it has."""
    rows: set[bytes] = set()
    columns: set[bytes] = set()
    cells = 0
    with archive.open(part) as xml:
        tail = b""
        while piece := xml.read(_PIECE):
            held = tail + piece
            # Up to the end of a tag; the rest is looked at with the next piece.
            cut = held.rfind(b">") + 1 or len(held)
            found = _CELL.findall(held, 0, cut)
            cells += len(found)
            columns.update(column for column, _row in found)
            rows.update(row for _column, row in found)
            tail = held[cut:] or held[-_LONGEST:]
    return max(map(int, rows), default=0), max(map(_number, columns), default=0), cells


def _number(column: bytes) -> int:
    number = 0
    for letter in column.upper():
        number = number * 26 + letter - 64
    return number
