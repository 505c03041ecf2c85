"""Cells by name, and rows by the record they belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from stockwright.channels.files.cells import words
from stockwright.channels.files.cells.moments import MomentEvidence, Moments, check_declared
from stockwright.channels.files.cells.numbers import DECLARED, POINT, NumberEvidence, number, whole
from stockwright.channels.files.errors import BadCell, MissingColumns, TwiceNamed
from stockwright.channels.files.port import Options
from stockwright.channels.files.reading import BadRow, Row, Table
from stockwright.channels.files.reading.table import fold, text

T = TypeVar("T")
_REMEMBERED = 100_000
_REPEATED = frozenset((str, float))


class Columns:
    """Reads cells of a table by what their columns are called, under any of several names."""

    def __init__(self, table: Table, names: Mapping[str, Sequence[str]]) -> None:
        there = table.index()
        times = Counter(map(fold, table.columns))
        self._at: dict[str, int] = {}
        self._called: dict[str, str] = {}
        # Of the columns that are read: those whose name another one has, too.
        self._twice: list[str] = []
        for key, aliases in names.items():
            for alias in aliases:
                if (position := there.get(fold(alias))) is not None:
                    self._at[key] = position
                    self._called[key] = table.columns[position]
                    if times[fold(alias)] > 1:
                        self._twice.append(table.columns[position])
                    break
        self.mark = POINT
        self.moments: dict[str, Moments] = {}
        # Fields whose cells are changed before they are read, or that no column fills (mapped files).
        self.changes: frozenset[str] = frozenset()
        # Texts and floats that were read as numbers; they never equal one another.
        self._numbers: dict[Any, Decimal] = {}

    def has(self, key: str) -> bool:
        """Whether the file has that column."""
        return key in self._at

    def called(self, key: str) -> str:
        """The column's name in this file."""
        return self._called.get(key, key)

    def need(self, table: Table, keys: Iterable[str], cure: str) -> None:
        """Raises: MissingColumns."""
        if missing := [key for key in keys if key not in self._at]:
            raise MissingColumns(name=table.name, columns=", ".join(missing), cure=cure)

    def text(self, row: Row, key: str) -> str:
        """The cell as trimmed text; empty where the column or the value is missing."""
        position = self._at.get(key)
        if position is None:
            return ""
        cell = row.cells[position]
        return cell.strip() if type(cell) is str else text(cell)

    def texts(self, key: str) -> Callable[[Row], str]:
        """The same as `text` for one column, made for hot loops."""
        position = self._at.get(key)
        if position is None or key in self.changes:
            return lambda row: self.text(row, key)

        def plain(row: Row) -> str:
            cell = row.cells[position]
            return cell.strip() if type(cell) is str else text(cell)

        return plain

    def cell(self, row: Row, key: str) -> Any:
        """The cell as it is, or as it is changed; None where the column is missing."""
        position = self._at.get(key)
        return None if position is None else row.cells[position]

    def cells(self, key: str) -> Callable[[Row], Any]:
        """The same as `cell` for one column, made for hot loops."""
        position = self._at.get(key)
        if position is None or key in self.changes:
            return lambda row: self.cell(row, key)
        return lambda row: row.cells[position]

    def alone(self, rows: Sequence[Row | BadRow], row: Row, key: str) -> Callable[[], list[Row | BadRow]]:
        """Asked for when it is needed: all these rows, of which only this one still has the cell."""
        position = self._at.get(key, -1)

        def blanked() -> list[Row | BadRow]:
            return [
                each
                if each is row or position < 0 or isinstance(each, BadRow)
                else Row(each.line, [*each.cells[:position], "", *each.cells[position + 1 :]])
                for each in rows
            ]

        return blanked

    def fills(self, key: str) -> bool:
        """Whether anything fills the field: a column, or the same for every row."""
        return key in self._at or key in self.changes

    def number(self, row: Row, key: str) -> Decimal | None:
        """The cell as a number. Raises: BadCell."""
        position = self._at.get(key)
        if position is None or key in self.changes or type(row.cells[position]) not in _REPEATED:
            return self._read(row, key, self._number)  # type: ignore[no-any-return]
        # Prices repeat: most of a file's numbers were read before.
        cell = row.cells[position]
        found: Decimal | None = self._numbers.get(cell)
        if found is None:
            found = self._read(row, key, self._number)
            if found is not None and len(self._numbers) < _REMEMBERED:
                self._numbers[cell] = found
        return found

    def _number(self, cell: Any) -> Decimal | None:
        return number(cell, self.mark)

    def positive(self, row: Row, key: str) -> Decimal | None:
        """The cell as a number that is not negative. Raises: BadCell."""
        found = self.number(row, key)
        if found is not None and found < 0:
            raise BadCell(_("less than nothing"), column=self.called(key), value=str(found), line=row.line)
        return found

    def whole(self, row: Row, key: str) -> int | None:
        """The cell as a whole number. Raises: BadCell."""
        return self._read(row, key, self._whole)  # type: ignore[no-any-return]

    def _whole(self, cell: Any) -> int | None:
        return whole(cell, self.mark)

    def moment(self, row: Row, key: str) -> Any:
        """The cell as an instant; None where the column is missing. Raises: BadCell."""
        moments = self.moments.get(key)
        return None if moments is None else self._read(row, key, moments.read)

    def yes(self, row: Row, key: str, *, fallback: bool) -> bool:
        """The cell as yes or no. Raises: BadCell."""
        return bool(self._read(row, key, lambda cell: words.yes(text(cell), fallback=fallback), fallback))

    def bad(self, row: Row, key: str, reason: str) -> BadCell:
        """An error about this cell."""
        return BadCell(reason, column=self.called(key), value=self.text(row, key), line=row.line)

    def _read(self, row: Row, key: str, how: Callable[[Any], T], missing: Any = None) -> Any:
        position = self._at.get(key)
        if position is None:
            return missing
        try:
            return how(row.cells[position])
        except BadCell as error:
            raise BadCell(
                error.reason, column=self.called(key), value=error.value or text(row.cells[position]), line=row.line
            ) from None

    def survey(
        self,
        table: Table,
        options: Options,
        *,
        numbers: Sequence[str] = (),
        moments: Sequence[str] = (),
        group: str = "",
        also: Callable[[Row], None] | None = None,
        fallback: str = POINT,
    ) -> Counter[str]:
        """Go through the whole file once: find the decimal mark and the order of dates, count rows per group.

        `fallback` is the decimal mark where the cells leave it open; empty when the file's writer is not known.
        Raises: TwiceNamed, AmbiguousNumbers, MixedNumbers, AmbiguousDates, MixedDates, UnreadableFile.
        """
        if self._twice:
            raise TwiceNamed(name=table.name, columns=", ".join(dict.fromkeys(self._twice)))
        declared_mark = DECLARED.get(options.decimal.lower(), "")
        declared_date = check_declared(options.date_format)
        figures = {k: NumberEvidence(self.called(k)) for k in numbers if self.fills(k)}
        dates = {k: MomentEvidence(self.called(k)) for k in moments if self.fills(k)}
        evidence: dict[str, NumberEvidence | MomentEvidence] = {**figures, **dates}
        plain = [(self._at[key], found) for key, found in evidence.items() if key not in self.changes]
        changed = [(key, found) for key, found in evidence.items() if key in self.changes]
        rows_of: Counter[str] = Counter()
        name_of = self.names(group) if group else None
        last = ""
        for row in table.rows():
            if name_of is not None:
                last = name_of(row) or last
                rows_of[last] += 1
            if type(row) is BadRow:
                continue
            cells, line = row.cells, row.line
            for position, found in plain:
                found.see(cells[position], line)
            for key, found in changed:
                found.see(self.cell(row, key), line)  # type: ignore[arg-type]
            if also is not None:
                also(row)  # type: ignore[arg-type]
        self.mark = declared_mark or _mark(list(figures.values()), fallback)
        for key, date in dates.items():
            order = "" if declared_date else date.order()
            self.moments[key] = Moments(options.tz, order=order, declared=declared_date)
        return rows_of

    def names(self, group: str) -> Callable[[Row | BadRow], str]:
        """What the record is called that a row belongs to; empty where the row does not say."""
        position = self._at.get(group, -1)
        if group in self.changes:
            return lambda row: self.text(row, group) if len(row.cells) > position else ""  # type: ignore[arg-type]

        def name(row: Row | BadRow) -> str:
            if position < 0 or len(row.cells) <= position:
                return ""
            key = row.cells[position]
            return key.strip() if type(key) is str else text(key)

        return name

    def groups(self, table: Table, group: str, rows_of: Counter[str]) -> Iterator[tuple[str, list[Row | BadRow]]]:
        """Rows of each record, as soon as the last of them has come, however they lie in the file."""
        name_of = self.names(group)
        open_: dict[str, list[Row | BadRow]] = {}
        last = ""
        for row in table.rows():
            last = name_of(row) or last
            rows = open_.get(last)
            if rows is None:
                rows = open_[last] = []
            rows.append(row)
            if len(rows) == rows_of[last]:
                yield last, open_.pop(last)
        yield from open_.items()


def _mark(figures: Sequence[NumberEvidence], fallback: str) -> str:
    """One mark for the whole file: a program writes all its numbers alike."""
    together = NumberEvidence(figures[0].column if figures else "")
    for figure in figures:
        if not fallback:
            # Each column has to agree with itself first: the message then names the right one.
            figure.mark(POINT)
        for kind in ("point", "comma", "unclear"):
            if getattr(together, kind) is None and getattr(figure, kind) is not None:
                setattr(together, kind, getattr(figure, kind))
                together.column = figure.column if kind == "unclear" else together.column
    if fallback and together.point and together.comma:
        # Its writer is known to write one way: a cell that is written otherwise is a bad cell, not a bad file.
        return fallback
    return together.mark(fallback)


def first_bad(rows: Sequence[Row | BadRow]) -> BadCell | None:
    """The error of the first row that could not be split into cells."""
    for row in rows:
        if isinstance(row, BadRow):
            return BadCell(row.reason, line=row.line)
    return None


def good(rows: Sequence[Row | BadRow]) -> list[Row]:
    """The rows that could be split into cells."""
    return [row for row in rows if isinstance(row, Row)]
