"""XLSX by calamine, after a look at how large it is once unpacked."""

from __future__ import annotations

import contextlib
import itertools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import limits
from stockwright.channels.files.reading.table import BadRow, Evidence, Row, Table, text, unfit
from stockwright.channels.files.reading.xlsx_extent import refuse_sparse


def open_xlsx(path: Path, name: str, *, sheet: str = "") -> Table:
    """A sheet of a workbook (the first with rows, unless named) as a table.

    Raises: UnreadableFile.
    """
    refuse_bomb(path, name)
    with _in_words(name):
        refuse_sparse(path, name)
        book = CalamineWorkbook.from_path(str(path))
        page = _chosen(book, sheet)
    if page is None:
        raise UnreadableFile(
            name=name,
            why=_("it has no sheet %(sheet)s") % {"sheet": sheet} if sheet else _("none of its sheets has rows"),
            cure=_("Its sheets: ") + ", ".join(book.sheet_names),
        )
    # Rows above the head are empty in what calamine gives; they still count as lines.
    above = (page.start or (0, 0))[0]
    head: list[Any] = []
    with _in_words(name):
        head = next(iter(page.iter_rows()), head)
    columns = [text(cell) for cell in head]
    chosen = page.name

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


@contextlib.contextmanager
def _in_words(name: str) -> Iterator[None]:
    try:
        yield
    except (CalamineError, zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        # Not as it should be, packed in a way that is not known, or under a password.
        raise UnreadableFile(name=name, why=str(error), cure=_("Save it again as XLSX or CSV.")) from error
    except BaseException as error:
        if not _is_panic(error):
            raise
        raise UnreadableFile(name=name, why=str(error), cure=_("Save it again as XLSX or CSV.")) from error


def _is_panic(error: BaseException) -> bool:
    """Whether the reader's own code gave up: what it raises then is no `Exception`, and its class has no module."""
    return type(error).__name__ == "PanicException"


def _chosen(book: CalamineWorkbook, sheet: str) -> Any:
    """The sheet of that name, else the first with rows. Each one looked at is read whole: that takes a while."""
    for name in book.sheet_names:
        if name == sheet or not sheet:
            page = book.get_sheet_by_name(name)
            if sheet or page.height:
                return page
    return None


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
    rows = iter(page.iter_rows())
    for number in itertools.count(above + 1):
        try:
            cells = next(rows)
        except StopIteration:
            return
        except BaseException as error:
            if not _is_panic(error):
                raise
            yield BadRow(number, _("A cell holds what no calendar or clock has: mend its date or time."))
            continue
        if number == above + 1 or not any(cell not in ("", None) for cell in cells):
            continue
        if why := unfit(cells):
            yield BadRow(number, why, list(cells))
        else:
            yield Row(number, list(cells[:width]))
