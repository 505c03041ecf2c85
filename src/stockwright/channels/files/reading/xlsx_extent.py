"""How far the cells of a workbook reach: its reader makes room for the whole rectangle, be there two cells in it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import limits

_CELL = re.compile(rb"""r\s*=\s*["']([A-Za-z]{1,9})(\d{1,12})["']""")
# Cells and rows need not say where they are: they then follow what stands before them.
_CELL_TAG = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW_TAG = re.compile(rb"<(?:\w+:)?row\b")
_PLACED = re.compile(rb"<(?:\w+:)?c\b[^>]*?\sr\s*=")
_ROW = re.compile(rb"""\sr\s*=\s*["'](\d{1,12})["']""")
_PIECE = 1 << 22
# Where an archive says how long a part's name and what follows it are, before its bytes.
_LENGTHS_AT = 26
# No place of a cell is written longer.
_LONGEST = 64
_LONGEST_TAG = 1 << 16


def refuse_sparse(path: Path, name: str) -> None:
    """Look where the cells are before anybody makes room for all that could be between them.

    Raises: UnreadableFile.
    """
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        for part in archive.infolist():
            rows, columns, cells = _extent(_unpacked(file, part, name))
            if rows * columns > max(limits.SMALL_AREA, limits.AREA_OF_CELL * cells):
                raise UnreadableFile(
                    name=name,
                    why=_("its %(cells)s cells are scattered over %(rows)s rows and %(columns)s columns")
                    % {"cells": f"{cells:,}", "rows": f"{rows:,}", "columns": f"{columns:,}"},
                    cure=_("Delete the rows and columns that look empty, or save the sheet as CSV."),
                )


def _unpacked(file: BinaryIO, part: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """A part piece by piece, as long as it really is: an archive may say less than it holds.

    Raises: UnreadableFile, where it does.
    """
    file.seek(part.header_offset + _LENGTHS_AT)
    file.seek(sum(struct.unpack("<HH", file.read(4))), io.SEEK_CUR)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if part.compress_type == zipfile.ZIP_DEFLATED else None
    packed, left = part.compress_size, part.file_size
    while packed > 0 and (read := file.read(min(packed, _PIECE))):
        packed -= len(read)
        while read:
            piece = inflate.decompress(read, _PIECE) if inflate else read
            read = inflate.unconsumed_tail if inflate else b""
            left -= len(piece)
            if left < 0:
                raise UnreadableFile(
                    name=name, why=_("it holds more than it says"), cure=_("Save it again as XLSX or CSV.")
                )
            yield piece


def _extent(pieces: Iterator[bytes]) -> tuple[int, int, int]:
    """The last row and the last column that a part's cells can reach, and how many cells it has."""
    rows: set[bytes] = set()
    columns: set[bytes] = set()
    # Only where cells do not name their place: the rows that rows name, how many there are, and most such cells in one.
    named: set[bytes] = set()
    many = placeless = most = cells = 0
    tail = b""
    for piece in pieces:
        held = tail + piece
        # Up to the end of a tag; the rest is looked at with the next piece, unless no tag is as long.
        ended = held.rfind(b">") + 1
        if not ended and len(held) < _LONGEST_TAG:
            tail = held
            continue
        cut = ended or len(held)
        found = _CELL.findall(held, 0, cut)
        tags, placed = len(_CELL_TAG.findall(held, 0, cut)), len(_PLACED.findall(held, 0, cut))
        cells += max(len(found), tags)
        columns.update(column for column, _row in found)
        rows.update(row for _column, row in found)
        named.update(_ROW.findall(held, 0, cut))
        for place, part in enumerate(_ROW_TAG.split(held[:cut]) if tags > placed or placeless else ()):
            # The first part goes on with the row that the last piece broke off in.
            placeless = (0 if place else placeless) + len(_CELL_TAG.findall(part)) - len(_PLACED.findall(part))
            many, most = many + bool(place), max(most, placeless)
        tail = held[cut:] if ended else held[-_LONGEST:]
    height, width = max(map(int, rows), default=0), max(map(_number, columns), default=0)
    if most > 0:
        height, width = max(height, many, *map(int, named)), width + most
    return height, width, cells


def _number(column: bytes) -> int:
    number = 0
    for letter in column.upper():
        number = number * 26 + letter - 64
    return number
