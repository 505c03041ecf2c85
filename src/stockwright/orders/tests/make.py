"""Builders for tests of orders, here and in rooms above."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stockwright.catalog.models import Product, Variant
from stockwright.kit.actions import perform
from stockwright.kit.bulk import execute
from stockwright.kit.inbox import Incoming, drain_all, receive
from stockwright.kit.people import SYSTEM
from stockwright.orders.actions import PlacedOrder
from stockwright.orders.models import Order

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def channel(code: str = "web", currency: str = "EUR") -> str:
    """A channel that orders come from."""
    given = {"code": code, "name": code.title(), "currency": currency}
    perform("orders.add_channel", given, actor=SYSTEM)
    return code


def variant(sku: str, units: int = 0, **columns: Any) -> Variant:
    """A variant, with units on hand in the first warehouse."""
    product = Product.objects.create(title=sku, handle=sku.lower(), created_at=AT, updated_at=AT)
    made = Variant.objects.create(product=product, sku=sku, title=sku, created_at=AT, updated_at=AT, **columns)
    execute(
        "INSERT INTO stock_location (code, name, kind, priority, ships_orders, active, address)"
        " VALUES ('main', 'Main', 'warehouse', 1, true, true, '{}') ON CONFLICT (code) DO NOTHING"
    )
    execute(
        "INSERT INTO stock_level (variant_id, location_id, on_hand)"
        " SELECT %s, id, %s FROM stock_location WHERE code = 'main'",
        (made.pk, units),
    )
    return made


def draft(number: str = "1", lines: Any = None, **more: Any) -> dict[str, Any]:
    """An order as JSON; lines as {sku: units}, or whole."""
    if isinstance(lines, dict):
        lines = [{"sku": sku, "units": units, "unit_price": "10"} for sku, units in lines.items()]
    return {
        "channel": "web", "number": number, "placed_at": AT.isoformat(), "currency": "EUR", "lines": lines or [], **more
    }  # fmt: skip


def place(*drafts: dict[str, Any]) -> list[PlacedOrder]:
    """Place drafts by the action."""
    orders: list[PlacedOrder] = perform("orders.place", {"orders": list(drafts)}, actor=SYSTEM).result.orders
    return orders


def order(number: str = "1", lines: Any = None, **more: Any) -> Order:
    """A placed order."""
    (placed,) = place(draft(number, lines, **more))
    return Order.objects.get(pk=placed.order_id)


def deliver(*drafts: dict[str, Any], source: str = "test") -> None:
    """Send drafts through the inbox and drain it."""
    rows = [
        Incoming("order.place", f"{d.get('number')}:{hash(str(d))}", d, external_id=str(d.get("number")))
        for d in drafts
    ]
    receive(source, rows)
    drain_all(only=["order.place"])
