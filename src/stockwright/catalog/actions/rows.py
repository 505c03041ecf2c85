"""Products and variants as rows: read many, compare, write many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from stockwright.kit.bulk import as_json, copy_rows, execute, fetch, reserve_ids

Row = dict[str, Any]

# The columns, and what a new row has where nothing is told.
PRODUCT_DEFAULTS: Row = {
    "title": "", "handle": "", "description": "", "brand": "", "kind": "", "status": "active", "tags": [],
    "attributes": {},
}  # fmt: skip
VARIANT_DEFAULTS: Row = {
    "product_id": None, "sku": "", "title": "", "options": {}, "price": None, "compare_at_price": None, "cost": None,
    "grams": None, "length_mm": None, "width_mm": None, "height_mm": None, "hs_code": "", "origin": "",
    "tracking": "none", "stocked": True, "is_kit": False, "backorder": "deny", "preorder_until": None,
    "requires_shipping": True, "active": True,
}  # fmt: skip
_JSON = frozenset({"tags", "attributes", "options"})


def lock_products(ids: Collection[int]) -> dict[int, Row]:
    """Lock products and read them as rows, by id."""
    return _lock("catalog_product", PRODUCT_DEFAULTS, "id", list(ids))


def lock_variants(ids: Collection[int]) -> dict[int, Row]:
    """Lock variants and read them as rows, by id."""
    return _lock("catalog_variant", VARIANT_DEFAULTS, "id", list(ids))


def lock_variants_of(skus: Collection[str]) -> dict[str, Row]:
    """Lock variants and read them as rows with their id, by SKU."""
    found = _lock("catalog_variant", VARIANT_DEFAULTS, "sku", list(skus))
    return {row["sku"]: {**row, "id": id_} for id_, row in found.items()}


def _lock(table: str, columns: Iterable[str], key: str, wanted: list[Any]) -> dict[int, Row]:
    """In key order, and not against rows that only refer to these."""
    names = list(columns)
    rows = fetch(
        f"SELECT id, {', '.join(names)} FROM {table} WHERE {key} = ANY(%s) ORDER BY id FOR NO KEY UPDATE",  # noqa: S608
        (wanted,),
    )
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


def insert(table: str, rows: Sequence[Row], at: datetime) -> list[int]:
    """Copy new rows in; all have the same columns.

    Shape: their ids, in order.
    """
    ids = reserve_ids(table, len(rows))
    if rows:
        names = list(rows[0])
        copy_rows(
            table,
            ("id", *names, "created_at", "updated_at"),
            (
                (id_, *(as_json(row[n]) if n in _JSON else row[n] for n in names), at, at)
                for id_, row in zip(ids, rows, strict=True)
            ),
        )
    return ids


def update(table: str, changes: Mapping[int, Row], at: datetime) -> None:
    """Write what changed of each row, and nothing else, in one statement."""
    if not changes:
        return
    names = sorted({name for changed in changes.values() for name in changed})
    told = as_json([{**changed, "id": id_} for id_, changed in changes.items()])
    # What a row is not told to change stays as the row has it.
    execute(
        f"UPDATE {table} t SET ({', '.join(names)}, updated_at) = ("  # noqa: S608
        f"SELECT {', '.join('r.' + name for name in names)}, %s::timestamptz FROM jsonb_populate_record(t, d.told) r)"
        " FROM (SELECT (value->>'id')::bigint AS id, value AS told FROM jsonb_array_elements(%s::jsonb)) d"
        " WHERE t.id = d.id",
        (at, told),
    )
