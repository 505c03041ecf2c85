"""Shopify's product export, with the present head and with the one before 2025."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.channels.files.cells.words import country, parts
from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.grouping import Columns, first_bad, good
from stockwright.channels.files.port import Format, Item, Kind, Options, Record, Wait, rejected
from stockwright.channels.files.reading import Row, Table
from stockwright.channels.files.skus import SkusSeen, derived
from stockwright.channels.files.stock_rows import AVAILABLE, StockRows

# The columns that are read, under any of their names.
NAMES: dict[str, Sequence[str]] = {
    "handle": ("URL handle", "Handle"),
    "title": ("Title",),
    "description": ("Description", "Body (HTML)"),
    "vendor": ("Vendor",),
    "type": ("Type",),
    "category": ("Product category",),
    "tags": ("Tags",),
    "status": ("Status",),
    "sku": ("SKU", "Variant SKU"),
    "barcode": ("Barcode", "Variant Barcode"),
    "price": ("Price", "Variant Price"),
    "compare": ("Compare-at price", "Variant Compare At Price"),
    "cost": ("Cost per item",),
    "grams": ("Weight value (grams)", "Variant Grams"),
    "tracker": ("Inventory tracker", "Variant Inventory Tracker"),
    "quantity": ("Inventory quantity", "Variant Inventory Qty"),
    "oversell": ("Continue selling when out of stock",),
    "policy": ("Variant Inventory Policy",),
    "ships": ("Requires shipping", "Variant Requires Shipping"),
    "gift_card": ("Gift card",),
    "image": ("Product image URL", "Image Src"),
    "image_position": ("Image position",),
    "image_alt": ("Image alt text",),
    "variant_image": ("Variant image URL", "Variant Image"),
    "hs_code": ("HS Code", "Harmonized system code"),
    "origin": ("COO", "Country of origin"),
    **{f"option{n}": (f"Option{n} name",) for n in (1, 2, 3)},
    **{f"value{n}": (f"Option{n} value",) for n in (1, 2, 3)},
}
_NUMBERS = ("price", "compare", "cost", "grams")
_STATUS = {"active": "active", "draft": "draft", "archived": "archived", "unlisted": "unlisted"}
# What Shopify writes for a product without options.
_NO_OPTION = "title"


def recognise(table: Table) -> float:
    """By a handle, a title and options; the order and stock exports have other columns besides."""
    columns = Columns(table, NAMES)
    if "lineitem name" in table.index() or not columns.has("title"):
        return 0.0
    score = sum(columns.has(key) for key in ("handle", "title", "vendor", "option1", "value1", "price", "tracker"))
    return score / 7


def read(table: Table, options: Options) -> Iterator[Item]:
    """Products with all their variants, then the stock that a shop of one location writes here."""
    columns = Columns(table, NAMES)
    columns.need(table, ("title",), _("Export the products from Shopify as plain CSV."))
    group = "handle" if columns.has("handle") else "title"
    rows_of = columns.survey(table, options, numbers=_NUMBERS, group=group)
    seen = SkusSeen()
    # Shopify takes open orders off this number, and goes below nothing where it sold on.
    levels = StockRows(AVAILABLE)
    stock: list[Record] = []
    for handle, rows in columns.groups(table, group, rows_of):
        try:
            if error := first_bad(rows):
                raise error
            product, told = _product(columns, handle, good(rows), seen)
            yield Record("product", handle, product, rows)
        except BadCell as error:
            yield rejected(error, rows, handle)
            continue
        for row, sku in told:
            units = partial(columns.whole, row, "quantity")
            called = columns.called("quantity")
            family = columns.alone(rows, row, "quantity")
            yield from levels.beside(stock, row, called, units, sku=sku, location=options.location, family=family)
    if stock:
        yield Wait()
        yield from stock


def _product(
    columns: Columns, handle: str, rows: Sequence[Row], seen: SkusSeen
) -> tuple[dict[str, Any], list[tuple[Row, str]]]:
    first = rows[0]
    title = columns.text(first, "title")
    if not title:
        raise columns.bad(first, "title", _("the first row of a product needs its title"))
    status = columns.text(first, "status").lower() or "active"
    if status not in _STATUS:
        raise columns.bad(first, "status", _("a product is active, draft, archived or unlisted"))
    named = [columns.text(first, f"option{n}") for n in (1, 2, 3)]
    variants, levels, skus = [], [], []
    for row in rows:
        if not _is_variant(columns, row):
            continue
        variant = _variant(columns, row, handle, named)
        variants.append(variant)
        skus.append((variant["sku"], row.line, columns.called("sku")))
        if variant["stocked"]:
            levels.append((row, variant["sku"]))
    if not variants:
        raise columns.bad(first, "price", _("a product needs at least one variant"))
    product = {
        "handle": handle[:200],
        "title": title[:300],
        "description": columns.text(first, "description"),
        "brand": columns.text(first, "vendor")[:200],
        "kind": columns.text(first, "type")[:200],
        "status": _STATUS[status],
        "tags": parts(columns.text(first, "tags")),
        "attributes": {"category": category} if (category := columns.text(first, "category")) else {},
        "variants": variants,
        "images": _images(columns, rows),
    }
    seen.take(skus)
    return product, levels


def _is_variant(columns: Columns, row: Row) -> bool:
    """Further images have a row of their own, without option or price."""
    return any(columns.text(row, key) for key in ("value1", "price", "sku"))


def _variant(columns: Columns, row: Row, handle: str, named: Sequence[str]) -> dict[str, Any]:
    values = [columns.text(row, f"value{n}") for n in (1, 2, 3)]
    options = {
        name: value
        for name, value in zip(named, values, strict=True)
        if name and value and not (name.lower() == _NO_OPTION and value == "Default Title")
    }
    gift_card = columns.yes(row, "gift_card", fallback=False)
    # Without tracker Shopify counts nothing of it.
    tracked = bool(columns.text(row, "tracker")) if columns.has("tracker") else True
    grams = columns.positive(row, "grams")
    oversell = columns.yes(row, "oversell", fallback=False) or columns.text(row, "policy").lower() == "continue"
    return {
        "sku": columns.text(row, "sku").lstrip("'") or derived(handle, options.values()),
        "title": " / ".join(options.values())[:300],
        "options": options,
        "price": columns.positive(row, "price"),
        "compare_at_price": columns.positive(row, "compare"),
        "cost": columns.positive(row, "cost"),
        "grams": None if grams is None else round(grams),
        "hs_code": columns.text(row, "hs_code")[:20],
        "origin": origin if len(origin := country(columns.text(row, "origin"))) == 2 else "",  # noqa: PLR2004
        "stocked": tracked and not gift_card,
        "backorder": "continue" if oversell else "deny",
        "requires_shipping": columns.yes(row, "ships", fallback=not gift_card),
        "barcodes": [code] if (code := columns.text(row, "barcode").lstrip("'")) else [],
    }


def _images(columns: Columns, rows: Sequence[Row]) -> list[dict[str, Any]]:
    images: dict[str, dict[str, Any]] = {}
    for row in rows:
        if url := columns.text(row, "image"):
            position = columns.whole(row, "image_position") or len(images) + 1
            images.setdefault(url, {"url": url, "alt": columns.text(row, "image_alt")[:500], "position": position})
        if url := columns.text(row, "variant_image"):
            images.setdefault(url, {"url": url, "alt": "", "position": len(images) + 1})
    return list(images.values())


FORMAT = Format(
    code="shopify-products",
    title=str(gettext_lazy("Shopify products")),
    kind=Kind.PRODUCTS,
    recognise=recognise,
    read=read,
    doc=__doc__ or "",
)
