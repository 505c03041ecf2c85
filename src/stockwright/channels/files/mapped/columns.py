"""Cells of a mapped file: as `Columns`, with the mapping's changes applied on the way."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from stockwright.channels.files.cells.numbers import number, whole
from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.grouping import Columns
from stockwright.channels.files.mapped.spec import FIELDS, Column, Mapping
from stockwright.channels.files.reading import Row, Table
from stockwright.channels.files.reading.table import text


class MappedColumns(Columns):
    """Reads fields of a mapping."""

    def __init__(self, table: Table, mapping: Mapping) -> None:
        super().__init__(table, {key: (spec.column,) for key, spec in mapping.columns.items() if spec.column})
        specs = {key: spec for key, spec in mapping.columns.items() if not spec.plain}
        # A column that this file lacks fills nothing.
        self._specs = {key: spec for key, spec in specs.items() if spec.constant or key in self._at}
        self.changes = frozenset(self._specs)
        self.kinds = {key: kind for key, (_, kind) in FIELDS[mapping.kind].items() if key in mapping.columns}

    def of_kind(self, kind: str) -> list[str]:
        """The mapped fields read as this kind."""
        return [key for key, is_kind in self.kinds.items() if is_kind == kind]

    def text(self, row: Row, key: str) -> str:
        """The cell as trimmed text, changed as the mapping says."""
        spec = self._specs.get(key)
        if spec is None:
            return super().text(row, key)
        return spec.constant or changed(super().text(row, key), spec)

    def cell(self, row: Row, key: str) -> Any:
        """The cell, changed as the mapping says: a text then, unless it is only multiplied."""
        spec = self._specs.get(key)
        if spec is None:
            return super().cell(row, key)
        if spec.constant:
            return spec.constant
        cell = row.cells[self._at[key]]
        if isinstance(cell, str) or spec.strip or spec.split or spec.words or spec.prefix:
            return changed(text(cell), spec)
        return cell

    def _read(self, row: Row, key: str, how: Callable[[Any], Any], missing: Any = None) -> Any:
        spec = self._specs.get(key)
        if spec is None:
            return super()._read(row, key, how, missing)
        cell = self.cell(row, key)
        try:
            found = _times(how(cell), spec.multiply)
        except BadCell as error:
            raise BadCell(error.reason, column=self.called(key), value=text(cell), line=row.line) from None
        return found


def _times(found: Any, factor: float) -> Any:
    """A number times a factor; whole ones stay whole. Raises: BadCell."""
    if factor == 1 or not isinstance(found, Decimal | int):
        return found
    product = found * Decimal(repr(factor))
    return number(product) if isinstance(found, Decimal) else whole(product)


def changed(value: str, spec: Column) -> str:
    """A cell after strip, split, words and prefix."""
    if spec.strip:
        value = value.strip(spec.strip)
    if spec.split:
        found = value.split(spec.split)
        value = found[spec.part].strip() if -len(found) <= spec.part < len(found) else ""
    value = spec.words.get(value, value)
    return spec.prefix + value if spec.prefix and value else value
