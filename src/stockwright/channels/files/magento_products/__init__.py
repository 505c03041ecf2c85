"""Magento's product export: rows of a store view override, they are no products; children name their parents' options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.channels.files.cells.numbers import whole
from stockwright.channels.files.cells.words import GRAMS, country, measure, parts, yes
from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.grouping import Columns
from stockwright.channels.files.port import Format, Item, Kind, Options, Record, Rejected, Wait, rejected
from stockwright.channels.files.reading import BadRow, Row, Table
from stockwright.channels.files.sales import DAYS, prices
from stockwright.channels.files.skus import SkusSeen
from stockwright.channels.files.stock_rows import StockRows

_PLAIN = (
    "sku store_view_code product_type categories name description short_description weight product_online price"
    " special_price url_key country_of_manufacture additional_attributes qty allow_backorders manage_stock use_config_manage_stock"
    " base_image base_image_label additional_images configurable_variations bundle_values cost manufacturer"
)
# The columns that are read, under any of their names.
NAMES: dict[str, Sequence[str]] = {name: (name,) for name in _PLAIN.split()}
# The head of an export, and the attribute's own code.
NAMES |= {
    "sale_from": ("special_price_from_date", "special_from_date"),
    "sale_to": ("special_price_to_date", "special_to_date"),
}
_NUMBERS = ("price", "special_price", "weight", "qty", "cost")
_TYPES = ("simple", "virtual", "downloadable", "configurable", "bundle", "grouped", "giftcard")


def recognise(table: Table) -> float:
    """By names that only Magento has."""
    there = table.index()
    signs = ("sku", "store_view_code", "attribute_set_code", "product_type", "product_websites", "url_key")
    return sum(sign in there for sign in signs) / len(signs)


def pairs(text: str, mark: str = ",") -> dict[str, str]:
    """`a=1,b=2` as a mapping; a part without `=` belongs to the value before it."""
    found: dict[str, str] = {}
    last = ""
    for part in text.split(mark):
        name, equals, value = part.partition("=")
        if equals:
            last = name.strip()
            found[last] = value.strip()
        elif last:
            found[last] += mark + part
    return found


def variations(text: str) -> dict[str, dict[str, str]]:
    """`sku=A-S,size=S|sku=A-M,size=M` as options by SKU."""
    found = {}
    for part in text.split("|"):
        options = pairs(part)
        if sku := options.pop("sku", ""):
            found[sku] = options
    return found


def bundle(text: str) -> list[dict[str, Any]]:
    """The components of `name=..,type=..,sku=..,default_qty=2.0000,default=1|...`: per option the default, else the first.

    Raises: BadCell.
    """
    chosen: dict[str, dict[str, str]] = {}
    for part in text.split("|"):
        choice = pairs(part)
        name = choice.get("name", "")
        if "sku" in choice and (name not in chosen or choice.get("default") == "1"):
            chosen[name] = choice
    units: dict[str, int] = {}
    for choice in chosen.values():
        count = whole(choice.get("default_qty"))
        units[choice["sku"]] = units.get(choice["sku"], 0) + (1 if count is None else count)
    return [{"sku": sku, "units": count} for sku, count in units.items() if count > 0]


class _File:
    """The whole file by SKU: a configurable product may stand before or after its children."""

    def __init__(self, table: Table, options: Options) -> None:
        self.columns = Columns(table, NAMES)
        self.columns.need(table, ("sku", "product_type", "name"), _("Export the catalogue with all columns."))
        self.columns.survey(table, options, numbers=_NUMBERS, moments=DAYS)
        self.options = options
        self.rows: dict[str, Row] = {}
        self.overrides: dict[str, dict[str, str]] = {}
        self.bad: list[Rejected] = []
        self.parents: dict[str, dict[str, dict[str, str]]] = {}
        self.child_of: dict[str, str] = {}
        for row in table.rows():
            self._take(row)

    def _take(self, row: Row | BadRow) -> None:
        if isinstance(row, BadRow):
            self.bad.append(Rejected([row], row.reason, row.line))
            return
        columns = self.columns
        sku = columns.text(row, "sku")
        view = columns.text(row, "store_view_code")
        if view:
            if name := columns.text(row, "name"):
                self.overrides.setdefault(sku, {})[view] = name
            return
        if not sku or sku in self.rows:
            why = (
                _("line %(first)s has this SKU already") % {"first": self.rows[sku].line}
                if sku
                else _("a product needs a SKU")
            )
            self.bad.append(rejected(columns.bad(row, "sku", why), [row], sku))
            return
        self.rows[sku] = row
        if children := variations(columns.text(row, "configurable_variations")):
            self.parents[sku] = children
            for child in children:
                self.child_of.setdefault(child, sku)


def read(table: Table, options: Options) -> Iterator[Item]:
    """Products: configurable ones with their children as variants, bundles as kits; then stock."""
    file = _File(table, options)
    yield from file.bad
    seen, levels = SkusSeen(), StockRows()
    stock: list[Record] = []
    kits: list[Item] = []
    for sku, row in file.rows.items():
        if file.child_of.get(sku) in file.rows:
            continue
        rows: list[Row | BadRow] = [row, *(file.rows[c] for c in file.parents.get(sku, ()) if c in file.rows)]
        try:
            product, goods = _product(file, sku, row)
            seen.take([(v["sku"], r.line, "sku") for v, r in goods])
        except BadCell as error:
            yield rejected(error, rows, sku)
            continue
        record = Record("product", product["handle"], product, rows)
        # Kits come last: what they are made of must be there.
        if any(variant.get("components") for variant, _ in goods):
            kits.append(record)
        else:
            yield record
        for variant, own in goods:
            if variant["stocked"] and not variant.get("components"):
                units = partial(file.columns.whole, own, "qty")
                family = file.columns.alone(rows, own, "qty")
                yield from levels.beside(
                    stock, own, "qty", units, sku=variant["sku"], location=options.location, family=family
                )
    if kits:
        yield Wait()
        yield from kits
    if stock:
        yield Wait()
        yield from stock


def _product(file: _File, sku: str, row: Row) -> tuple[dict[str, Any], list[tuple[dict[str, Any], Row]]]:
    columns = file.columns
    kind = columns.text(row, "product_type")
    if kind not in _TYPES:
        raise columns.bad(row, "product_type", _("a type of product that is not known here"))
    if kind == "grouped":
        raise columns.bad(row, "product_type", _("a group has no stock of its own: its products go in by themselves"))
    children = file.parents.get(sku, {})
    goods = [(_variant(file, file.rows[c], o), file.rows[c]) for c, o in children.items() if c in file.rows]
    if kind == "configurable" and not goods:
        raise columns.bad(row, "configurable_variations", _("none of its variations is in the file"))
    if not goods:
        goods = [(_variant(file, row, {}), row)]
    title = columns.text(row, "name")
    if not title:
        raise columns.bad(row, "name", _("a product needs a name"))
    attributes = pairs(columns.text(row, "additional_attributes"))
    if names := file.overrides.get(sku):
        attributes["names"] = names  # type: ignore[assignment]
    categories = parts(columns.text(row, "categories"))
    product = {
        "handle": (columns.text(row, "url_key") or slugify(sku, allow_unicode=True) or sku)[:200],
        "title": title[:300],
        "description": columns.text(row, "description") or columns.text(row, "short_description"),
        "brand": (columns.text(row, "manufacturer") or attributes.get("manufacturer", ""))[:200],
        "kind": categories[0].rsplit("/", 1)[-1][:200] if categories else "",
        "status": "active" if columns.text(row, "product_online") in ("", "1") else "draft",
        "tags": [],
        "attributes": attributes | ({"categories": categories} if categories else {}),
        "variants": [variant for variant, _ in goods],
        "images": _images(columns, row),
    }
    return product, goods


def _variant(file: _File, row: Row, options: Mapping[str, str]) -> dict[str, Any]:
    columns = file.columns
    kind = columns.text(row, "product_type")
    components = _components(columns, row) if kind == "bundle" else []
    made_in = country(columns.text(row, "country_of_manufacture"))
    # "Use config" means what Magento does unless told otherwise: it counts stock.
    by_config = yes(columns.text(row, "use_config_manage_stock"), fallback=False)
    managed = by_config or yes(columns.text(row, "manage_stock"), fallback=True)
    found: dict[str, Any] = {
        "sku": columns.text(row, "sku"),
        "title": " / ".join(options.values())[:300],
        "options": dict(options),
        **prices(columns, row, file.options, regular="price", sale="special_price"),
        "cost": columns.positive(row, "cost"),
        # Magento keeps weights in the shop's unit, and its file does not say which.
        "grams": measure(columns.positive(row, "weight"), file.options.weight_unit, GRAMS),
        "origin": made_in if len(made_in) == 2 else "",  # noqa: PLR2004 - ISO code
        "stocked": managed and kind not in ("virtual", "downloadable", "giftcard"),
        "requires_shipping": kind not in ("virtual", "downloadable", "giftcard"),
        "backorder": "continue" if columns.text(row, "allow_backorders") in ("1", "2") else "deny",
        "barcodes": [],
    }
    if components:
        found["components"] = components
    return found


def _components(columns: Columns, row: Row) -> list[dict[str, Any]]:
    try:
        components = bundle(columns.text(row, "bundle_values"))
    except BadCell as error:
        raise columns.bad(row, "bundle_values", f"default_qty={error.value}: {error.reason}") from None
    if not components:
        raise columns.bad(row, "bundle_values", _("a bundle needs what it is made of"))
    return components


def _images(columns: Columns, row: Row) -> list[dict[str, Any]]:
    urls = [columns.text(row, "base_image"), *parts(columns.text(row, "additional_images"))]
    told = [url for url in dict.fromkeys(urls) if url.startswith(("http://", "https://"))]
    return [{"url": url, "alt": columns.text(row, "base_image_label"), "position": n} for n, url in enumerate(told, 1)]


FORMAT = Format(
    code="magento-products",
    title=str(gettext_lazy("Magento products")),
    kind=Kind.PRODUCTS,
    recognise=recognise,
    read=read,
    doc=__doc__ or "",
    asks=frozenset(("weight_unit",)),
)
