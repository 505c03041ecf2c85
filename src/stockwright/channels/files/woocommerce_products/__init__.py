"""WooCommerce's product export: simple and variable products with their variations, in any order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.channels.files.cells.words import GRAMS, MILLIMETRES, measure, parts
from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.grouping import Columns
from stockwright.channels.files.port import Format, Item, Kind, Options, Record, Rejected, Wait, rejected
from stockwright.channels.files.reading import BadRow, Row, Table
from stockwright.channels.files.reading.table import fold
from stockwright.channels.files.sales import DAYS, prices
from stockwright.channels.files.skus import SkusSeen
from stockwright.channels.files.stock_rows import AVAILABLE, StockRows

# The columns that are read, under any of their names.
NAMES: dict[str, Sequence[str]] = {
    "id": ("ID",),
    "type": ("Type",),
    "sku": ("SKU",),
    "gtin": ("GTIN, UPC, EAN, or ISBN",),
    "name": ("Name",),
    "published": ("Published",),
    "short": ("Short description",),
    "description": ("Description",),
    "stock": ("Stock",),
    "backorders": ("Backorders allowed?",),
    "sale": ("Sale price",),
    "regular": ("Regular price",),
    "sale_from": ("Date sale price starts",),
    "sale_to": ("Date sale price ends",),
    "categories": ("Categories",),
    "tags": ("Tags",),
    "images": ("Images",),
    "parent": ("Parent",),
    "brands": ("Brands",),
}
_SIZED = {"weight": GRAMS, "length": MILLIMETRES, "width": MILLIMETRES, "height": MILLIMETRES}
_UNIT = re.compile(r"(weight|length|width|height) \((\w+)\)$")
_ATTRIBUTE = re.compile(r"attribute (\d+) (name|value\(s\))$")
_STATUS = {"1": "active", "0": "draft", "-1": "draft"}


def recognise(table: Table) -> float:
    """By names that only WooCommerce has."""
    there = table.index()
    signs = ("type", "sku", "name", "published", "visibility in catalog", "in stock?", "regular price", "parent")
    return sum(sign in there for sign in signs) / len(signs)


@dataclass(slots=True)
class _Family:
    """A product's own row and its variations'."""

    own: Row
    variations: list[Row] = field(default_factory=list)


def read(table: Table, options: Options) -> Iterator[Item]:  # noqa: C901
    """Products, then their stock."""
    reader = _Reader(table, options)
    columns = reader.columns
    families: dict[str, _Family] = {}
    by_ref: dict[str, str] = {}
    orphans: list[Row] = []
    for row in table.rows():
        if isinstance(row, BadRow):
            yield Rejected([row], row.reason, row.line)
        elif "variation" in columns.text(row, "type").lower():
            orphans.append(row)
        else:
            key = columns.text(row, "sku") or f"id:{columns.text(row, 'id')}"
            families[f"{key}#{row.line}"] = _Family(row)
            by_ref.setdefault(key, f"{key}#{row.line}")
            by_ref.setdefault(f"id:{columns.text(row, 'id')}", f"{key}#{row.line}")
    for row in orphans:
        parent = by_ref.get(columns.text(row, "parent"))
        if parent is None:
            error = columns.bad(row, "parent", _("no product of the file has this SKU or id"))
            yield rejected(error, [row], columns.text(row, "sku"))
        else:
            families[parent].variations.append(row)
    stock: list[Record] = []
    for family in families.values():
        rows: list[Row | BadRow] = [family.own, *family.variations]
        key = columns.text(family.own, "sku") or columns.text(family.own, "id")
        try:
            product = reader.product(family)
        except BadCell as error:
            yield rejected(error, rows, key)
            continue
        if product is None:
            yield rejected(
                columns.bad(family.own, "type", _("a product without stock of its own: import what it is made of")),
                rows, key,
            )  # fmt: skip
            continue
        yield Record("product", product["handle"], product, rows)
        for row in family.variations or [family.own]:
            called, units = columns.called("stock"), partial(reader.stock_units, row)
            told = columns.alone(rows, row, "stock")
            yield from reader.levels.beside(
                stock, row, called, units, sku=reader.sku(row), location=options.location, family=told
            )
    if stock:
        yield Wait()
        yield from stock


class _Reader:
    def __init__(self, table: Table, options: Options) -> None:
        names = dict(NAMES)
        self.units: dict[str, str] = {}
        for column in table.columns:
            if found := _UNIT.match(fold(column)):
                names[found[1]] = (column,)
                self.units[found[1]] = found[2]
        self.attributes: dict[str, dict[str, int]] = {}
        for name, position in table.index().items():
            if found := _ATTRIBUTE.match(name):
                self.attributes.setdefault(found[1], {})["name" if found[2] == "name" else "value"] = position
        self.columns = Columns(table, names)
        self.columns.need(
            table,
            ("type", "sku", "name"),
            _("Export with all columns; if the head is translated, say with a mapping what each column is."),
        )
        self.columns.survey(table, options, numbers=("sale", "regular", *_SIZED), moments=DAYS)
        self.options = options
        self.seen = SkusSeen()
        # WooCommerce takes orders off as soon as they are paid or on hold, and goes below nothing.
        self.levels = StockRows(AVAILABLE)

    def product(self, family: _Family) -> dict[str, Any] | None:
        """A product of a family; None for a group of products. Raises: BadCell."""
        columns, own = self.columns, family.own
        types = parts(columns.text(own, "type").lower())
        if "grouped" in types:
            return None
        title = columns.text(own, "name")
        if not title:
            raise columns.bad(own, "name", _("a product needs a name"))
        status = columns.text(own, "published") or "1"
        if status not in _STATUS:
            raise columns.bad(own, "published", _("published is 1, 0 or -1"))
        stocked = not {"virtual", "downloadable", "external"} & set(types)
        rows = family.variations or [own]
        if "variable" in types and not family.variations:
            raise columns.bad(own, "type", _("a variable product without variations in the file"))
        variants = [self._variant(row, own, stocked=stocked) for row in rows]
        self.seen.take([(v["sku"], r.line, columns.called("sku")) for v, r in zip(variants, rows, strict=True)])
        return {
            "handle": self._handle(title, own),
            "title": title[:300],
            "description": columns.text(own, "description") or columns.text(own, "short"),
            "brand": columns.text(own, "brands")[:200],
            "kind": (parts(columns.text(own, "categories")) or [""])[0][:200],
            "status": _STATUS[status],
            "tags": parts(columns.text(own, "tags")),
            "attributes": {"categories": found} if (found := parts(columns.text(own, "categories"))) else {},
            "variants": variants,
            "images": [
                {"url": url, "alt": "", "position": n}
                for n, url in enumerate(parts(columns.text(own, "images")), 1)
            ],
        }  # fmt: skip

    def stock_units(self, row: Row) -> int | None:
        """The stock of a row, if it tells any. Raises: BadCell."""
        # "parent" stands where stock is kept on the product.
        return None if self.columns.text(row, "stock") == "parent" else self.columns.whole(row, "stock")

    def _handle(self, title: str, own: Row) -> str:
        """WooCommerce's export has no slug: from the title, and the id (else the SKU), which no other product has.

        It must not hang on what else is in the file: a part of the catalogue names the same products the same.
        """
        own_name = self.columns.text(own, "id") or slugify(self.columns.text(own, "sku"), allow_unicode=True)
        return f"{slugify(title, allow_unicode=True)[:90] or 'product'}-{own_name}"[:200]

    def sku(self, row: Row) -> str:
        return self.columns.text(row, "sku") or f"woo-{self.columns.text(row, 'id')}"

    def _variant(self, row: Row, own: Row, *, stocked: bool) -> dict[str, Any]:
        columns = self.columns
        if not columns.text(row, "sku") and not columns.text(row, "id"):
            raise columns.bad(row, "sku", _("neither SKU nor id"))
        options = self._options(row) if row is not own else {}
        types = parts(columns.text(row, "type").lower())
        found: dict[str, Any] = {
            "sku": self.sku(row),
            "title": " / ".join(options.values())[:300],
            "options": options,
            **prices(columns, row, self.options, regular="regular", sale="sale"),
            "stocked": stocked and not {"virtual", "downloadable"} & set(types),
            "requires_shipping": "virtual" not in types,
            "backorder": "continue" if columns.text(row, "backorders").lower() in ("1", "notify") else "deny",
            "barcodes": [code] if (code := columns.text(row, "gtin")) else [],
        }
        for size, units in _SIZED.items():
            amount = self._size(row, size)
            if amount is None:
                amount = self._size(own, size)
            key = "grams" if size == "weight" else f"{size}_mm"
            found[key] = measure(amount, self.units.get(size, ""), units)
        return found

    def _size(self, row: Row, size: str) -> Decimal | None:
        return self.columns.positive(row, size)

    def _options(self, row: Row) -> dict[str, str]:
        found = {}
        for at in self.attributes.values():
            name = str(row.cells[at["name"]]).strip() if "name" in at else ""
            value = str(row.cells[at["value"]]).strip() if "value" in at else ""
            if name and value:
                found[name] = value
        return found


FORMAT = Format(
    code="woocommerce-products",
    title=str(gettext_lazy("WooCommerce products")),
    kind=Kind.PRODUCTS,
    recognise=recognise,
    read=read,
    doc=__doc__ or "",
)
