"""A format made of a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from stockwright.channels.files.mapped.columns import MappedColumns
from stockwright.channels.files.mapped.invoices import read_orders
from stockwright.channels.files.mapped.products import read_products
from stockwright.channels.files.mapped.spec import FIELDS, Mapping
from stockwright.channels.files.mapped.stock import read_stock
from stockwright.channels.files.port import Format, Item, Kind, Options
from stockwright.channels.files.reading import Table

_READERS = {Kind.ORDERS: read_orders, Kind.PRODUCTS: read_products, Kind.STOCK: read_stock}


def mapped_format(mapping: Mapping) -> Format:
    """The format that reads files by this mapping."""

    def recognise(table: Table) -> float:
        there = table.index()
        wanted = [spec.column for spec in mapping.columns.values() if spec.column]
        return sum(column.casefold() in there for column in wanted) / max(1, len(wanted))

    def read(table: Table, options: Options) -> Iterator[Item]:
        columns = MappedColumns(table, mapping)
        needed = [key for key, (must, _kind) in FIELDS[mapping.kind].items() if must and mapping.columns[key].column]
        columns.need(
            table, needed, _("The mapping %(name)s looks for %(columns)s.")
            % {"name": mapping.name, "columns": ", ".join(mapping.columns[key].column for key in needed)},
        )  # fmt: skip
        yield from _READERS[mapping.kind](table, columns, mapping, with_defaults(options, mapping))

    return Format(
        code=f"mapping:{mapping.name}",
        title=mapping.title,
        kind=mapping.kind,
        recognise=recognise,
        read=read,
        doc=mapping.doc,
    )


def with_defaults(options: Options, mapping: Mapping) -> Options:
    """The import's options; what it leaves open is as the mapping says."""
    return replace(
        options,
        channel=options.channel or mapping.channel,
        currency=mapping.currency or options.currency,
        zone=mapping.zone or options.zone,
        date_format=options.date_format or mapping.date_format,
        decimal=options.decimal or mapping.decimal,
        history=options.history or mapping.history,
    )
