"""Products of a mapped file: a row per variant, put together by handle (or title) where the mapping has options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP
from functools import partial
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from stockwright.channels.files.cells.words import country, parts
from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.grouping import first_bad, good
from stockwright.channels.files.mapped.columns import MappedColumns
from stockwright.channels.files.mapped.spec import Mapping
from stockwright.channels.files.port import Item, Options, Record, Wait, rejected
from stockwright.channels.files.reading import Row, Table
from stockwright.channels.files.skus import SkusSeen
from stockwright.channels.files.stock_rows import StockRows

_MEASURES = ("grams", "length_mm", "width_mm", "height_mm")
_STATUSES = ("active", "draft", "archived", "unlisted")


def read_products(table: Table, columns: MappedColumns, mapping: Mapping, options: Options) -> Iterator[Item]:
    """Products, then their stock where the file has it."""
    group = "handle" if columns.fills("handle") else "title" if columns.fills("option1_value") else "sku"
    numbers = [*columns.of_kind("number"), *columns.of_kind("whole")]
    rows_of = columns.survey(table, options, numbers=numbers, group=group, fallback="")
    seen, levels = SkusSeen(), StockRows(mapping.meaning)
    stock: list[Record] = []
    for key, rows in columns.groups(table, group, rows_of):
        try:
            if error := first_bad(rows):
                raise error
            product = _product(columns, key, good(rows))
            seen.take(
                [(v["sku"], r.line, columns.called("sku")) for v, r in zip(product["variants"], rows, strict=True)]
            )
        except BadCell as error:
            yield rejected(error, rows, key)
            continue
        yield Record("product", product["handle"], product, rows)
        for row in good(rows):
            called, units = columns.called("on_hand"), partial(columns.whole, row, "on_hand")
            sku = columns.text(row, "sku")
            family = columns.alone(rows, row, "on_hand")
            yield from levels.beside(stock, row, called, units, sku=sku, location=options.location, family=family)
    if stock:
        yield Wait()
        yield from stock


def _product(columns: MappedColumns, key: str, rows: Sequence[Row]) -> dict[str, Any]:
    first = rows[0]
    title = columns.text(first, "title")
    if not title:
        raise columns.bad(first, "title", _("a product needs a title"))
    status = columns.text(first, "status").lower() or "active"
    if status not in _STATUSES:
        raise columns.bad(first, "status", _("a product is active, draft, archived or unlisted"))
    image = columns.text(first, "image")
    return {
        "handle": (columns.text(first, "handle") or slugify(key, allow_unicode=True) or key)[:200],
        "title": title[:300],
        "description": columns.text(first, "description"),
        "brand": columns.text(first, "brand")[:200],
        "kind": columns.text(first, "kind")[:200],
        "status": status,
        "tags": parts(columns.text(first, "tags")),
        "attributes": {},
        "variants": [_variant(columns, row) for row in rows],
        "images": [{"url": image, "alt": "", "position": 1}] if image else [],
    }


def _variant(columns: MappedColumns, row: Row) -> dict[str, Any]:
    sku = columns.text(row, "sku")
    if not sku:
        raise columns.bad(row, "sku", _("a variant needs a SKU"))
    options = {
        name: value
        for n in (1, 2, 3)
        if (value := columns.text(row, f"option{n}_value"))
        and (name := columns.text(row, f"option{n}_name") or _("Option %(n)s") % {"n": n})
    }
    made_in = country(columns.text(row, "origin"))
    variant: dict[str, Any] = {
        "sku": sku,
        "title": " / ".join(options.values())[:300],
        "options": options,
        "price": columns.positive(row, "price"),
        "compare_at_price": columns.positive(row, "compare_at_price"),
        "cost": columns.positive(row, "cost"),
        "hs_code": columns.text(row, "hs_code")[:20],
        "origin": made_in if len(made_in) == 2 else "",  # noqa: PLR2004 - ISO code
        "barcodes": [code] if (code := columns.text(row, "barcode")) else [],
    }
    for key in _MEASURES:
        if (amount := columns.positive(row, key)) is not None:
            variant[key] = int(amount.to_integral_value(rounding=ROUND_HALF_UP))
    return variant
