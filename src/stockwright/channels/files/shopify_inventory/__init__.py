"""Shopify's inventory export: a row per variant and location, or (before 2023) a column per location."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.channels.files.cells.numbers import whole
from stockwright.channels.files.errors import BadCell, MissingColumns
from stockwright.channels.files.grouping import Columns
from stockwright.channels.files.port import Format, Item, Kind, Options, Rejected, rejected
from stockwright.channels.files.reading import BadRow, Row, Table
from stockwright.channels.files.reading.table import fold, text
from stockwright.channels.files.skus import derived
from stockwright.channels.files.stock_rows import AVAILABLE, ON_HAND, StockRows

# The columns that are read, under any of their names.
NAMES: dict[str, Sequence[str]] = {
    "handle": ("Handle", "URL handle"),
    "sku": ("SKU",),
    "location": ("Location",),
    # Shopify reads the first on import; its own export fills the second.
    "new": ("On hand (new)",),
    "current": ("On hand (current)", "On hand"),
    **{f"value{n}": (f"Option{n} value",) for n in (1, 2, 3)},
}
_NOT_STOCKED = "not stocked"
_TALL_SIGNS = ("on hand (current)", "on hand (new)", "on hand", "available (not editable)")
# Columns of the wide layout that are no location.
_OTHERS = frozenset(
    ("handle", "title", "sku", "hs code", "coo", "url handle", "barcode", "bin name", "location", *_TALL_SIGNS)
)
_OTHER_STARTS = ("option", "variant ", "incoming", "unavailable", "committed", "available")


def recognise(table: Table) -> float:
    """By its stock columns, or by locations after the country of origin."""
    there = table.index()
    if not {"handle", "sku"} <= there.keys():
        return 0.0
    if "location" in there and any(sign in there for sign in _TALL_SIGNS):
        return 1.0
    return 0.8 if {"coo", "hs code"} <= there.keys() and _locations(table) else 0.0


def _locations(table: Table) -> list[tuple[int, str]]:
    """Columns named after a location, in the wide layout."""
    return [
        (position, column)
        for position, column in enumerate(table.columns)
        if column and fold(column) not in _OTHERS and not fold(column).startswith(_OTHER_STARTS)
    ]


def read(table: Table, options: Options) -> Iterator[Item]:
    """A stock record per variant and location; a location where it is `not stocked` is none."""
    columns = Columns(table, NAMES)
    columns.need(table, ("sku",), _("Export the inventory from Shopify, all columns."))
    tall = columns.has("new") or columns.has("current")
    wide = [] if tall else _locations(table)
    if not tall and not wide:
        raise MissingColumns(
            name=table.name, columns="On hand (new)", cure=_("Export the inventory from Shopify, all columns.")
        )
    columns.survey(table, options, numbers=("new", "current"))
    # Under a location's name stands what can still be sold there.
    levels = StockRows(ON_HAND if tall else AVAILABLE)
    for row in table.rows():
        if isinstance(row, BadRow):
            yield Rejected([row], row.reason, row.line)
            continue
        yield from _tall(columns, levels, row, options) if tall else _wide(columns, levels, row, wide)


def _sku(columns: Columns, row: Row) -> str:
    sku = columns.text(row, "sku").lstrip("'")
    return sku or derived(columns.text(row, "handle"), (columns.text(row, f"value{n}") for n in (1, 2, 3)))


def _tall(columns: Columns, levels: StockRows, row: Row, options: Options) -> Iterator[Item]:
    key = "new" if columns.text(row, "new") else "current"
    if columns.text(row, key).lower() in (_NOT_STOCKED, ""):
        return
    sku, location = _sku(columns, row), columns.text(row, "location") or options.location
    try:
        yield levels.record(row, columns.called(key), columns.whole(row, key), sku=sku, location=location)
    except BadCell as error:
        yield rejected(error, [row], sku)


def _wide(columns: Columns, levels: StockRows, row: Row, wide: Sequence[tuple[int, str]]) -> Iterator[Item]:
    sku = _sku(columns, row)
    for position, location in wide:
        cell = row.cells[position]
        if text(cell).lower() in (_NOT_STOCKED, ""):
            continue
        try:
            told = levels.record(row, location, whole(cell, columns.mark), sku=sku, location=location)
            # What the other locations have goes in by itself.
            told.family = partial(_alone, row, position, wide)
            yield told
        except BadCell as error:
            mine = _alone(row, position, wide)
            yield Rejected(mine, error.reason, row.line, error.column or location, error.value, sku)


def _alone(row: Row, position: int, wide: Sequence[tuple[int, str]]) -> list[Row | BadRow]:
    """A row as if it told this location alone."""
    others = {other for other, _location in wide} - {position}
    return [Row(row.line, ["" if at in others else cell for at, cell in enumerate(row.cells)])]


FORMAT = Format(
    code="shopify-inventory",
    title=str(gettext_lazy("Shopify inventory")),
    kind=Kind.STOCK,
    recognise=recognise,
    read=read,
    doc=__doc__ or "",
)
