"""A small shop to measure on: hot SKUs with scarce stock, and orders as a channel tells them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from stockwright.kit.actions import perform
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.people import SYSTEM

CHANNEL = "bench"
CUSTOMERS = 5_000
_TOWNS = ("Amsterdam", "Delft", "Gouda", "Leiden", "Utrecht", "Zwolle")


def open_shop(skus: int, units_each: int, *, customers: int = CUSTOMERS) -> None:
    """Make a channel, one warehouse, so many variants with so many units each, and people who have bought before."""
    perform("orders.add_channel", {"code": CHANNEL, "name": "Bench", "currency": "EUR"}, actor=SYSTEM)
    execute(
        "INSERT INTO stock_location (code, name, kind, priority, ships_orders, active, address)"
        " VALUES ('bench', 'Bench', 'warehouse', 1, true, true, '{}')"
    )
    execute(
        "WITH made AS (INSERT INTO catalog_product (title, handle, description, brand, kind, status, tags, attributes,"
        " created_at, updated_at) SELECT 'Hot ' || n, 'hot-' || n, '', '', '', 'active', '[]', '{}', now(), now()"
        " FROM generate_series(1, %s) n RETURNING id, title)"
        " INSERT INTO catalog_variant (product_id, sku, title, options, price, cost, hs_code, origin, tracking, stocked,"
        " is_kit, backorder, requires_shipping, active, created_at, updated_at)"
        " SELECT id, upper(replace(title, ' ', '-')), title, '{}', 19.90, 7.25, '', '', 'none', true, false, 'continue',"
        " true, true, now(), now() FROM made",
        (skus,),
    )
    execute(
        "INSERT INTO stock_level (variant_id, location_id, on_hand)"
        " SELECT v.id, l.id, %s FROM catalog_variant v, stock_location l WHERE l.code = 'bench' ORDER BY v.id",
        (units_each,),
    )
    execute(
        "INSERT INTO orders_customer (name, email, phone, country, note, tags, created_at)"
        " SELECT 'Customer ' || n, 'customer' || n || '@example.com', '', '', '', '{}', now()"
        " FROM generate_series(0, %s - 1) n",
        (customers,),
    )
    execute("ANALYZE")


def variant_ids() -> dict[str, int]:
    """The shop's SKUs."""
    return dict(fetch("SELECT sku, id FROM catalog_variant"))


def orders(count: int, skus: list[str], seed: int, *, prefix: str = "B") -> list[dict[str, Any]]:
    """So many orders of one to three lines over these SKUs, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - no secret: the same work in every run
    placed_at = datetime.now(UTC).isoformat(timespec="seconds")
    return [_order(f"{prefix}{seed}-{number}", dice, skus, placed_at) for number in range(count)]


def units_asked(drafts: list[dict[str, Any]]) -> int:
    """The units of all their lines."""
    return sum(line["units"] for draft in drafts for line in draft["lines"])


def _order(number: str, dice: random.Random, skus: list[str], placed_at: str) -> dict[str, Any]:
    lines: list[dict[str, Any]] = [
        {
            "sku": sku, "title": f"Hot thing {sku}", "units": dice.choice((1, 1, 1, 2, 3)), "unit_price": "19.90",
            "tax": "3.45",
        }
        for sku in dice.sample(skus, dice.choice((1, 2, 3)))
    ]  # fmt: skip
    who = dice.randrange(CUSTOMERS)
    units = sum(line["units"] for line in lines)
    address = {
        "name": f"Customer {who}", "address1": f"Long Street {who}", "zip": f"{1000 + who % 9000} AB",
        "city": _TOWNS[who % len(_TOWNS)], "country": "NL",
    }  # fmt: skip
    return {
        "channel": CHANNEL, "number": number, "external_id": f"gid://bench/Order/{number}", "version": placed_at,
        "placed_at": placed_at, "currency": "EUR", "lines": lines, "shipping": "4.95", "taxes_included": True,
        "tax": str(3.45 * len(lines)), "total": f"{units * 19.9 + 4.95:.2f}", "payment": "paid",
        "email": f"customer{who}@example.com", "customer": {"email": f"customer{who}@example.com", "name": f"Customer {who}"},
        "shipping_address": address, "billing_address": address, "shipping_method": "Parcel to the door",
        "tags": ["bench"],
    }  # fmt: skip
