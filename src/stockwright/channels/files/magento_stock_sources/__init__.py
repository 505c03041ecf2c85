"""Magento's stock sources: what each source has physically; open orders are not taken off it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.grouping import Columns
from stockwright.channels.files.port import Format, Item, Kind, Options, Rejected, rejected
from stockwright.channels.files.reading import BadRow, Table
from stockwright.channels.files.stock_rows import StockRows

# The columns that are read, under any of their names.
NAMES: dict[str, Sequence[str]] = {
    "source": ("source_code", "source_id"),
    "sku": ("sku",),
    "status": ("status",),
    "quantity": ("quantity",),
}


def recognise(table: Table) -> float:
    """By source, SKU and quantity."""
    columns = Columns(table, NAMES)
    return 1.0 if all(columns.has(key) for key in ("source", "sku", "quantity")) else 0.0


def read(table: Table, options: Options) -> Iterator[Item]:
    """A stock record per source and SKU; a source switched off for a SKU has none to sell."""
    columns = Columns(table, NAMES)
    columns.need(table, ("source", "sku", "quantity"), _("Export the stock sources with all columns."))
    columns.survey(table, options, numbers=("quantity",))
    levels = StockRows()
    for row in table.rows():
        if isinstance(row, BadRow):
            yield Rejected([row], row.reason, row.line)
            continue
        sku, source = columns.text(row, "sku"), columns.text(row, "source")
        try:
            if not source:
                raise columns.bad(row, "source", _("empty"))
            units = columns.whole(row, "quantity")
            on = columns.text(row, "status") in ("", "1")
            told = levels.record(row, columns.called("quantity"), units, sku=sku, location=source)
            yield told if on else replace(told, payload={**told.payload, "units": 0})
        except BadCell as error:
            yield rejected(error, [row], sku)


FORMAT = Format(
    code="magento-stock",
    title=str(gettext_lazy("Magento stock sources")),
    kind=Kind.STOCK,
    recognise=recognise,
    read=read,
    doc=__doc__ or "",
)
