"""The places there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from stockwright.kit.bulk import fetch


@dataclass(frozen=True, slots=True)
class LocationRow:
    """A location that holds stock, and how much is in it."""

    id: int
    code: str
    name: str
    kind: str
    priority: int
    ships_orders: bool
    active: bool
    variants: int
    on_hand: int
    committed: int


@dataclass(frozen=True, slots=True)
class Place:
    """A location that holds stock, by itself."""

    id: int
    code: str
    name: str
    active: bool


def places() -> list[Place]:
    """Warehouses and stores without their figures, in the order that orders are promised from them."""
    rows = fetch(
        "SELECT id, code, name, active FROM stock_location WHERE kind IN ('warehouse', 'store') ORDER BY priority, id"
    )
    return [Place(*row) for row in rows]


def locations(*, active_only: bool = False) -> list[LocationRow]:
    """Warehouses and stores in the order that orders are promised from them."""
    rows = fetch(
        "SELECT o.id, o.code, o.name, o.kind, o.priority, o.ships_orders, o.active,"
        " (count(l.id) FILTER (WHERE l.on_hand > 0))::int, coalesce(sum(l.on_hand), 0)::bigint,"
        " coalesce(sum(l.committed), 0)::bigint"
        " FROM stock_location o LEFT JOIN stock_level l ON l.location_id = o.id"
        " WHERE o.kind IN ('warehouse', 'store') AND (o.active OR NOT %s) GROUP BY o.id ORDER BY o.priority, o.id",
        (active_only,),
    )
    return [LocationRow(*row) for row in rows]


def location_ids_by_code(codes: Collection[str] | None = None) -> dict[str, int]:
    """Locations that hold stock, by code (all of them, or those asked for that exist)."""
    rows = fetch(
        "SELECT code, id FROM stock_location WHERE kind IN ('warehouse', 'store')"
        " AND (%(all)s OR code = ANY(%(codes)s))",
        {"all": codes is None, "codes": list(codes or ())},
    )
    return dict(rows)
