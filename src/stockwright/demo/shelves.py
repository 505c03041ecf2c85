"""Where the goods are: two warehouses and a store, stocked for the demand there was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from stockwright.demo.chance import between, share

MAIN, SECOND, STORE = "main", "north", "store"
LOCATIONS = (
    {"code": MAIN, "name": "Main warehouse", "kind": "warehouse", "priority": 10},
    {"code": SECOND, "name": "North warehouse", "kind": "warehouse", "priority": 20},
    {"code": STORE, "name": "High street store", "kind": "store", "priority": 50, "ships_orders": False},
)
_OUT, _OVERSTOCK = 0.02, 0.11
# Only what sells at least so much in the sample is in the store.
_STORE_SELLS = 120
_WORTH_SPLITTING, _WORTH_A_LOAD = 12, 60
# Of what is low, how much was ordered again.
_REORDERED = 0.7


@dataclass(frozen=True, slots=True)
class Expected:
    """Goods on their way from a supplier."""

    sku: str
    units: int
    days: int
    reference: str


def stocked(sold: Counter[str], skus: list[str], weeks: float) -> dict[tuple[str, str], int]:
    """Units by (SKU, location): most cover two to six weeks, some are out, some are far too many."""
    levels: dict[tuple[str, str], int] = {}
    for sku in skus:
        weekly = sold[sku] / weeks
        luck = share("cover", sku)
        if luck < _OUT:
            cover = 0.0
        elif luck < _OVERSTOCK:
            cover = between(14, 30, "many", sku)
        else:
            cover = between(2, 6, "weeks", sku)
        units = round(weekly * cover) + (round(between(1, 6, "few", sku)) if cover else 0)
        in_store = round(units * 0.1) if sold[sku] >= _STORE_SELLS else 0
        second = round(units * between(0, 0.45, "second", sku)) if units >= _WORTH_SPLITTING else 0
        levels[sku, MAIN] = units - in_store - second
        if second:
            levels[sku, SECOND] = second
        if in_store:
            levels[sku, STORE] = in_store
    return levels


def expected(sold: Counter[str], levels: Mapping[tuple[str, str], int], weeks: float) -> list[Expected]:
    """Purchase orders for what is low; a few of them overdue."""
    found: list[Expected] = []
    for sku, units in sold.most_common():
        here = levels.get((sku, MAIN), 0) + levels.get((sku, SECOND), 0)
        weekly = units / weeks
        if here < weekly * 1.5 and share("ordered", sku) < _REORDERED:
            days = round(between(-3, 14, "arrives", sku))
            found.append(Expected(sku, max(6, round(weekly * 5)), days, f"PO-{2100 + len(found) // 6}"))
    return found[:48]


def transfers(
    free: Mapping[str, int], ids: Mapping[str, int], places: Mapping[str, int], day: date
) -> list[dict[str, Any]]:
    """Two loads between the warehouses, of what is free in the second by SKU; the last of them not sent yet."""
    rich = sorted((sku for sku, units in free.items() if units >= _WORTH_A_LOAD), key=lambda s: share("load", s))
    loads = (rich[:8], rich[8:14])
    return [
        {
            "origin_id": places[SECOND],
            "destination_id": places[MAIN],
            "lines": [{"variant_id": ids[sku], "units": free[sku] // 3} for sku in load],
            "expected_on": (day + timedelta(days=1 + number)).isoformat(),
        }
        for number, load in enumerate(loads)
        if load
    ]
