"""Stock rows of a mapped file."""

from __future__ import annotations

from collections.abc import Iterator

from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.mapped.columns import MappedColumns
from stockwright.channels.files.mapped.spec import Mapping
from stockwright.channels.files.port import Item, Options, Rejected, rejected
from stockwright.channels.files.reading import BadRow, Table
from stockwright.channels.files.stock_rows import StockRows


def read_stock(table: Table, columns: MappedColumns, mapping: Mapping, options: Options) -> Iterator[Item]:
    """A stock record per row."""
    columns.survey(table, options, numbers=columns.of_kind("whole"), fallback="")
    levels = StockRows(mapping.meaning)
    for row in table.rows():
        if isinstance(row, BadRow):
            yield Rejected([row], row.reason, row.line)
            continue
        try:
            sku, location = columns.text(row, "sku"), columns.text(row, "location") or options.location
            units = columns.whole(row, "on_hand")
            yield levels.record(row, columns.called("on_hand"), units, sku=sku, location=location)
        except BadCell as error:
            yield rejected(error, [row], columns.text(row, "sku"))
