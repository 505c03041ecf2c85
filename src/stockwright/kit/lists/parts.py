"""What a list is declared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

Rows = QuerySet[Any, Any]
Narrow = Callable[[Rows], Rows]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its plain value (for files), and how it looks (for people)."""

    name: str
    label: Any
    value: Callable[[Any], Any]
    # HTML instead of the plain value; None shows the value by its kind.
    show: Callable[[Any], Any] | None = None
    # text, number, money, time (how long ago), day (today 16:00)
    kind: str = "text"
    # Of money: where the row keeps its currency.
    currency: Callable[[Any], str] | None = None
    # The Sort it is sorted by.
    sort: str = ""
    # Shows as the link to the record.
    link: bool = False
    # Gives way to the panel at the side.
    minor: bool = False
    # Only in files.
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """An order by one indexed column and the key."""

    field: str
    # Nulls stand where the index has them: last ascending, first descending.
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A question that narrows the list."""

    name: str
    label: Any
    apply: Callable[[Rows, str], Rows]
    # choice, text, flag, since (a day, from it on), until (a day, up to its end)
    kind: str = "choice"
    choices: Callable[[], Sequence[tuple[str, Any]]] | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A list that is often wanted, as a tab."""

    name: str
    label: Any
    narrow: Narrow
    sort: str = ""
    # Counted on the tab: only where a partial index makes that cheap.
    counted: bool = False


def key_of(row: Model) -> int:
    """The primary key of a row."""
    return int(row.pk)
