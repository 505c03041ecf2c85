"""Magento's stock sources: what each source has physically; open orders are not taken off it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.grouping import Columns
from stockwright.channels.files.port import Format, Item, Kind, Options, Record, Rejected, rejected
from stockwright.channels.files.reading import BadRow, Table

_NAMES: dict[str, Sequence[str]] = {
    "source": ("source_code", "source_id"),
    "sku": ("sku",),
    "status": ("status",),
    "quantity": ("quantity",),
}


def recognise(table: Table) -> float:
    """By source, SKU and quantity."""
    columns = Columns(table, _NAMES)
    return 1.0 if all(columns.has(key) for key in ("source", "sku", "quantity")) else 0.0


def read(table: Table, options: Options) -> Iterator[Item]:
    """A stock record per source and SKU; a source switched off for a SKU has none to sell."""
    columns = Columns(table, _NAMES)
    columns.need(table, ("source", "sku", "quantity"), _("Export the stock sources with all columns."))
    columns.survey(table, options, numbers=("quantity",))
    seen: dict[tuple[str, str], int] = {}
    for row in table.rows():
        if isinstance(row, BadRow):
            yield Rejected([row], row.reason, row.line)
            continue
        sku, source = columns.text(row, "sku"), columns.text(row, "source")
        try:
            for key, value in (("sku", sku), ("source", source)):
                if not value:
                    raise columns.bad(row, key, _("empty"))
            units = columns.whole(row, "quantity")
            if units is None or units < 0:
                raise columns.bad(row, "quantity", _("stock can't be less than nothing: count it"))
            first = seen.setdefault((sku, source), row.line)
            if first != row.line:
                raise columns.bad(row, "sku", _("line %(first)s says it already") % {"first": first})
        except BadCell as error:
            yield rejected(error, [row], sku)
            continue
        on = columns.text(row, "status") in ("", "1")
        payload = {"sku": sku, "location": source, "on_hand": units if on else 0}
        yield Record("stock", f"{sku} @ {source}", payload, [row])


FORMAT = Format(
    code="magento-stock",
    title=str(gettext_lazy("Magento stock sources")),
    kind=Kind.STOCK,
    recognise=recognise,
    read=read,
    doc=__doc__ or "",
)
