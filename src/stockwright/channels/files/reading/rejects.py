"""Files of rejects: rows that did not go in, with why in front of them, mended and given to us again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from stockwright.channels.files.reading.table import BadRow, Cell, Row, Table
from stockwright.kit.sheets import FORMULA_STARTS

# What stands before the file's own columns: why a row did not go in.
HEAD = ("Line", "Column", "Value", "Reason")


def guarded(cell: str) -> str:
    """A cell for a file of rejects: one that has apostrophes before a formula's sign gets one more.

    A formula alone gets its first one from whoever writes the file; so `as_it_was` always has exactly one to take off.
    """
    return f"'{cell}" if cell.startswith("'") and _is_formula(cell) else cell


def as_it_was(cell: Cell) -> Cell:
    """A cell of a file of rejects without the apostrophe that kept spreadsheets from running it."""
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    return cell.lstrip("'").lstrip(" ").startswith(FORMULA_STARTS)


def without_reasons(table: Table) -> Table:
    """A file of rejects as the file its rows came from; any other as it is."""
    if tuple(table.columns[: len(HEAD)]) != HEAD:
        return table

    def rows() -> Iterator[Row | BadRow]:
        for row in table.rows():
            yield replace(row, cells=[as_it_was(cell) for cell in row.cells[len(HEAD) :]])

    note = _("a file of rejects: what stands before its own columns is left out")
    return replace(
        table,
        columns=[str(as_it_was(column)) for column in table.columns[len(HEAD) :]],
        rows=rows,
        evidence=replace(table.evidence, notes=(*table.evidence.notes, note)),
    )
