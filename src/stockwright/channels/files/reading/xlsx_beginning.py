"""The first rows of a workbook as a workbook of its own: whoever only looks at it must not unpack all of it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import IO

from stockwright.channels.files.reading.xlsx_files import refuse_bomb

_SHEETS = "xl/worksheets/"
# The end of a row, and how the file calls its names' space: <x:row> as well as <row>.
_ROW_END = re.compile(rb"</((?:\w+:)?)row>")


def copy_beginning(path: Path, name: str, to: IO[bytes], most: int) -> bool:
    """Copy a workbook with at most so many bytes of each sheet, up to the end of a row; whether any sheet was longer.

    Nothing is written where none was. What is no workbook is left to the reader to refuse.
    Raises: UnreadableFile for one that would unpack to a mountain.
    """
    refuse_bomb(path, name)
    try:
        with zipfile.ZipFile(path) as archive:
            long = [part for part in archive.infolist() if part.filename.startswith(_SHEETS) and part.file_size > most]
            if not long:
                return False
            with zipfile.ZipFile(to, "w") as copy:
                for part in archive.infolist():
                    copy.writestr(part.filename, _first(archive, part, most) if part in long else archive.read(part))
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        # Damaged, packed in a way that is not known, or under a password.
        return False
    return True


def _first(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(part) as sheet:
        xml = sheet.read(most)
    ends = list(_ROW_END.finditer(xml))
    if not ends:
        return xml
    space = ends[-1][1]
    return xml[: ends[-1].end()] + b"</" + space + b"sheetData></" + space + b"worksheet>"
