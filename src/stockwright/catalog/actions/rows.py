"""Products and variants as rows: read many, compare, write many."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from stockwright.kit.bulk import as_json, copy_rows, execute, fetch, reserve_ids

Row = dict[str, Any]

# Column to PostgreSQL type, and what a new row has where nothing is told.
PRODUCT_COLUMNS = {
    "title": "text", "handle": "text", "description": "text", "brand": "text", "kind": "text", "status": "text",
    "tags": "jsonb", "attributes": "jsonb",
}  # fmt: skip
PRODUCT_DEFAULTS: Row = {
    "title": "", "handle": "", "description": "", "brand": "", "kind": "", "status": "active", "tags": [],
    "attributes": {},
}  # fmt: skip
VARIANT_COLUMNS = {
    "product_id": "bigint", "sku": "text", "title": "text", "options": "jsonb", "price": "numeric",
    "compare_at_price": "numeric", "cost": "numeric", "grams": "int", "length_mm": "int", "width_mm": "int",
    "height_mm": "int", "hs_code": "text", "origin": "text", "tracking": "text", "stocked": "bool", "is_kit": "bool",
    "backorder": "text", "preorder_until": "date", "requires_shipping": "bool", "active": "bool",
}  # fmt: skip
VARIANT_DEFAULTS: Row = {
    "product_id": None, "sku": "", "title": "", "options": {}, "price": None, "compare_at_price": None, "cost": None,
    "grams": None, "length_mm": None, "width_mm": None, "height_mm": None, "hs_code": "", "origin": "",
    "tracking": "none", "stocked": True, "is_kit": False, "backorder": "deny", "preorder_until": None,
    "requires_shipping": True, "active": True,
}  # fmt: skip
_JSON = frozenset({"tags", "attributes", "options"})


def read_products(ids: Collection[int]) -> dict[int, Row]:
    """Products as rows, by id."""
    return _read("catalog_product", PRODUCT_COLUMNS, "id", list(ids))


def read_variants(ids: Collection[int]) -> dict[int, Row]:
    """Variants as rows, by id."""
    return _read("catalog_variant", VARIANT_COLUMNS, "id", list(ids))


def variants_of(skus: Collection[str]) -> dict[str, Row]:
    """Variants as rows with their id, by SKU."""
    found = _read("catalog_variant", VARIANT_COLUMNS, "sku", list(skus))
    return {row["sku"]: {**row, "id": id_} for id_, row in found.items()}


def _read(table: str, columns: Mapping[str, str], key: str, wanted: list[Any]) -> dict[int, Row]:
    names = list(columns)
    rows = fetch(f"SELECT id, {', '.join(names)} FROM {table} WHERE {key} = ANY(%s)", (wanted,))  # noqa: S608
    return {row[0]: {n: _loaded(n, v) for n, v in zip(names, row[1:], strict=True)} for row in rows}


def _loaded(name: str, value: Any) -> Any:
    return orjson.loads(value) if name in _JSON and isinstance(value, str) else value


def differences(old: Row, told: Row) -> Row:
    """What is told otherwise than it is."""
    return {name: value for name, value in told.items() if not _same(old[name], value)}


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Decimal) and new is not None:
        return old == Decimal(new)
    return bool(old == new)


def insert(table: str, columns: Mapping[str, str], rows: Sequence[Row], at: datetime) -> list[int]:
    """Copy new rows in.

    Shape: their ids, in order.
    """
    ids = reserve_ids(table, len(rows))
    names = list(columns)
    if rows:
        copy_rows(
            table,
            ("id", *names, "created_at", "updated_at"),
            (
                (id_, *(as_json(row[n]) if n in _JSON else row[n] for n in names), at, at)
                for id_, row in zip(ids, rows, strict=True)
            ),
        )
    return ids


def update(table: str, columns: Mapping[str, str], rows: Mapping[int, Row], at: datetime) -> None:
    """Write whole rows back, in one statement."""
    if not rows:
        return
    names = ", ".join(columns)
    typed = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
    told = as_json([{**row, "id": id_} for id_, row in rows.items()])
    execute(
        f"UPDATE {table} t SET ({names}, updated_at) = (SELECT {', '.join('d.' + n for n in columns)}, %s)"  # noqa: S608
        f" FROM jsonb_to_recordset(%s::jsonb) AS d(id bigint, {typed}) WHERE t.id = d.id",
        (at, told),
    )
