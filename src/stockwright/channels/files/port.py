"""What a format is: it knows its own head, and turns rows into records or rejects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.reading import BadRow, Row, Table


class Kind(StrEnum):
    """What the records of a file are."""

    ORDERS = "orders"
    PRODUCTS = "products"
    STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Options:
    """What the person importing says of the file."""

    # The channel that orders come from.
    channel: str = ""
    # The location that stock is at, where the file names none.
    location: str = ""
    currency: str = "EUR"
    zone: str = "UTC"
    # dmy, mdy, ymd or a pattern; empty: told by the column.
    date_format: str = ""
    # "point" or "comma"; empty: told by the column.
    decimal: str = ""
    # Of weights whose file names none.
    weight_unit: str = "kg"
    # Orders are taken as done, whatever their file says.
    history: bool = False

    @property
    def tz(self) -> ZoneInfo:
        """The zone of times that name none."""
        return ZoneInfo(self.zone)


@dataclass(slots=True)
class Record:
    """An order, a product or a stock row, as the rooms' drafts want it."""

    # order, product, product_if_new, stock or write_off: which draft the payload is; absorbed: it went into others.
    type: str
    key: str
    payload: dict[str, Any]
    rows: list[Row | BadRow]
    # What a reject of it holds where its rows alone would not be understood again.
    family: Callable[[], list[Row | BadRow]] | None = None


@dataclass(slots=True)
class Rejected:
    """Rows that can't go in, and the cell that is to blame."""

    rows: list[Row | BadRow]
    reason: str
    line: int
    column: str = ""
    value: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """What comes next needs what came before: products before the orders that name them."""


Item = Record | Rejected | Wait


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file."""

    code: str
    title: str
    kind: Kind
    # 0 (not mine) to 1 (certainly mine), by the head.
    recognise: Callable[[Table], float]
    # Raises: errors of files.errors before the first item, when the file as a whole can't be taken.
    read: Callable[[Table, Options], Iterator[Item]]
    doc: str = ""
    # Options that only some formats ask for: what their files leave open.
    asks: frozenset[str] = frozenset()


def rejected(error: BadCell, rows: list[Row | BadRow], key: str = "") -> Rejected:
    """A reject from the error that a cell raised."""
    line = error.line if error.line is not None else rows[0].line
    return Rejected(rows, error.reason, line, error.column, error.value[:200], key)
