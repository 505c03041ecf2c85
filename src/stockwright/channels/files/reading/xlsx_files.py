"""XLSX by calamine, after a look at how large it is once unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import limits
from stockwright.channels.files.reading.table import BadRow, Evidence, Row, Table, text


def open_xlsx(path: Path, name: str, *, sheet: str = "") -> Table:
    """A sheet of a workbook (the first with rows, unless named) as a table.

    Raises: UnreadableFile.
    """
    refuse_bomb(path, name)
    try:
        book = CalamineWorkbook.from_path(str(path))
        chosen = sheet or next((s for s in book.sheet_names if book.get_sheet_by_name(s).height), "")
        if chosen not in book.sheet_names:
            raise UnreadableFile(
                name=name,
                why=_("it has no sheet %(sheet)s with rows") % {"sheet": sheet},
                cure=_("Its sheets: ") + ", ".join(book.sheet_names),
            )
        page = book.get_sheet_by_name(chosen)
    except (CalamineError, zipfile.BadZipFile, OSError) as error:
        raise UnreadableFile(name=name, why=str(error), cure=_("Save it again as XLSX or CSV.")) from error
    if page.width > limits.MAX_COLUMNS:
        raise UnreadableFile(
            name=name, why=_("it has %(n)s columns") % {"n": page.width}, cure=_("Keep the columns you need.")
        )
    # Rows above the head are empty in what calamine gives; they still count as lines.
    above = (page.start or (0, 0))[0]
    head = next(iter(page.iter_rows()), [])
    columns = [text(cell) for cell in head]

    def rows() -> Iterator[Row | BadRow]:
        fresh = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(chosen)
        return _rows(fresh, above, len(columns))

    return Table(
        name,
        columns,
        rows,
        Evidence("XLSX", notes=(_("sheet %(sheet)s") % {"sheet": chosen},)),
        max(0, page.height - 1),
    )


def refuse_bomb(path: Path, name: str) -> None:
    """Look at the archive's own list before anything is unpacked.

    Raises: UnreadableFile.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise UnreadableFile(name=name, why=_("it is no XLSX file"), cure=_("Save it again as XLSX or CSV.")) from error
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    too_dense = unpacked > limits.RATIO_COUNTS_FROM and unpacked / packed > limits.MAX_RATIO
    if unpacked > limits.MAX_UNPACKED or too_dense or len(parts) > limits.MAX_PARTS:
        raise UnreadableFile(
            name=name,
            why=_("unpacked it would be %(mb)s MB from %(packed)s MB")
            % {"mb": f"{unpacked / 1e6:,.0f}", "packed": f"{packed / 1e6:,.1f}"},
            cure=_("Save the sheet as CSV."),
        )


def _rows(page: Any, above: int, width: int) -> Iterator[Row | BadRow]:
    for number, cells in enumerate(page.iter_rows(), above + 1):
        if number == above + 1 or not any(cell not in ("", None) for cell in cells):
            continue
        if any(isinstance(cell, str) and ("\0" in cell or len(cell) > limits.MAX_CELL) for cell in cells):
            yield BadRow(number, _("A cell holds a NUL byte or too long a text."), list(cells))
        else:
            yield Row(number, list(cells[:width]))
