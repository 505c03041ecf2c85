"""What every reader yields: a head, and rows that know their line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from stockwright.channels.files.reading import limits

# One cell: text from CSV, typed values from XLSX and Parquet; empty is "" or None.
Cell = Any


@dataclass(slots=True)
class Row:
    """A row of the file. `line` is the line it begins on (of a sheet: its row; of Parquet: its number)."""

    line: int
    cells: list[Cell]


@dataclass(slots=True)
class BadRow:
    """A row that can't even be split into cells."""

    line: int
    reason: str
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How the file was understood, in words, so that a person can disagree."""

    kind: str
    encoding: str = ""
    delimiter: str = ""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Table:
    """A file as rows. `rows()` starts from the first one each time it is called."""

    name: str
    columns: list[str]
    rows: Callable[[], Iterator[Row | BadRow]]
    evidence: Evidence
    # Of rows; from the size of the file where the format does not say.
    estimate: int

    def index(self) -> dict[str, int]:
        """Position of each column by its name in lower case; of equal names the first."""
        positions: dict[str, int] = {}
        for position, column in enumerate(self.columns):
            positions.setdefault(fold(column), position)
        return positions


def fold(column: str) -> str:
    """A column's name for comparing: without case, BOM, outer blanks or doubled blanks."""
    return " ".join(column.replace("\ufeff", "").split()).casefold()


def text(cell: Cell) -> str:
    """A cell as trimmed text."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:  # noqa: PLR2004 - exact below
        return str(int(cell))
    return str(cell)


def unfit(cells: Sequence[Cell]) -> str:
    """Why a text of a row can't be kept, and which; empty when all can."""
    for cell in cells:
        if type(cell) is str and ("\0" in cell or len(cell) > limits.MAX_CELL):
            said = {"n": next(n for n, each in enumerate(cells, 1) if each is cell), "max": f"{limits.MAX_CELL:,}"}
            if "\0" in cell:
                return _("Cell %(n)s holds a NUL byte: remove it.") % said
            return _("Cell %(n)s holds more than %(max)s characters: shorten it.") % said
    return ""
