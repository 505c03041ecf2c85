"""Stock rows of a mapped file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.mapped.columns import MappedColumns
from stockwright.channels.files.mapped.spec import Mapping
from stockwright.channels.files.port import Item, Options, Record, Rejected, rejected
from stockwright.channels.files.reading import BadRow, Row, Table


def read_stock(table: Table, columns: MappedColumns, _mapping: Mapping, options: Options) -> Iterator[Item]:
    """A stock record per row."""
    columns.survey(table, options, numbers=columns.of_kind("whole"), fallback="")
    seen: dict[tuple[str, str], int] = {}
    for row in table.rows():
        if isinstance(row, BadRow):
            yield Rejected([row], row.reason, row.line)
            continue
        try:
            payload = stock_of(columns, row, columns.text(row, "location") or options.location)
            first = seen.setdefault((payload["sku"], payload["location"]), row.line)
            if first != row.line:
                raise columns.bad(row, "sku", _("line %(first)s says it already") % {"first": first})
        except BadCell as error:
            yield rejected(error, [row], columns.text(row, "sku"))
            continue
        yield Record("stock", f"{payload['sku']} @ {payload['location']}", payload, [row])


def stock_of(columns: MappedColumns, row: Row, location: str) -> dict[str, Any]:
    """SKU, location and units of a row. Raises: BadCell."""
    sku = columns.text(row, "sku")
    if not sku:
        raise columns.bad(row, "sku", _("empty"))
    if not location:
        raise columns.bad(row, "location", _("no location: name one with --location"))
    units = columns.whole(row, "on_hand")
    if units is None:
        raise columns.bad(row, "on_hand", _("empty"))
    if units < 0:
        raise columns.bad(row, "on_hand", _("stock can't be less than nothing: count it"))
    payload: dict[str, Any] = {"sku": sku, "location": location, "on_hand": units}
    if shelf := columns.text(row, "bin"):
        payload["bin"] = shelf[:40]
    return payload
