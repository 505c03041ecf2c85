"""The floor of `contention`: what a careful programmer writes by hand, one transaction with row locks per order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

_ORDER = """
INSERT INTO orders_order (channel_id, number, external_id, version, content_hash, email, customer_name, placed_at,
    ship_by, currency, rate, subtotal, discount, shipping, fees, taxes_included, tax, total, total_shop, paid, refunded,
    payment, fulfilment, returned, holds, unmapped_lines, cancel_reason, is_history, is_test, risk, tags, note,
    shipping_method, country, shipping_address, billing_address, discounts, taxes, created_at, updated_at, short_units)
VALUES (%s, %s, %s, %s, '', %s, %s, %s, %s, 'EUR', 1, %s, 0, %s, 0, true, %s, %s, %s, %s, 0, 'paid', 'open', 'none', 0, 0,
    '', false, false, '', %s, '', %s, %s, %s, %s, '[]', '[]', %s, %s, %s)
RETURNING id
"""
_LINES = """
INSERT INTO orders_orderline (order_id, position, kind, variant_id, sku, title, units, cancelled, fulfilled, returned,
    unit_price, discount, tax, total, unit_cost, requires_shipping)
SELECT %s, u.position, 'goods', u.variant_id, u.sku, u.title, u.units, 0, 0, 0, u.price, 0, u.tax, u.units * u.price,
    7.25, true
FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::text[], %s::int[], %s::numeric[], %s::numeric[])
    AS u(position, variant_id, sku, title, units, price, tax)
RETURNING id
"""
_LOCK = "SELECT id, variant_id, available FROM stock_level WHERE variant_id = ANY(%s) ORDER BY id FOR UPDATE"
_TAKE = """
UPDATE stock_level l SET committed = l.committed + u.units
FROM unnest(%s::bigint[], %s::int[]) AS u(id, units) WHERE l.id = u.id
"""
_COMMIT = """
INSERT INTO stock_commitment (line_id, order_id, level_id, units, per_kit, due_at, placed_at, created_at)
SELECT u.line, %s, u.level, u.units, 1, %s, %s, %s FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS u(line, level, units)
"""
_SHORT = """
INSERT INTO stock_shortfall (line_id, order_id, variant_id, units, per_kit, kind, due_at, placed_at, since)
SELECT u.line, %s, u.variant, u.units, 1, 'backordered', %s, %s, %s
FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS u(line, variant, units)
"""


# Address, orders, variants by SKU.
Work = tuple[str, list[dict[str, Any]], dict[str, int]]


def place_with_row_locks(work: Work, wait: Callable[[], None]) -> None:
    """A client: a transaction for each order, its levels locked in key order."""
    url, drafts, variants = work
    with psycopg.connect(url) as connection:
        (channel,) = connection.execute("SELECT id FROM orders_channel").fetchall()[0]
        connection.commit()
        wait()
        for draft in drafts:
            with connection.transaction():
                _place(connection, channel, draft, variants)


def _place(connection: psycopg.Connection[Any], channel: int, draft: dict[str, Any], variants: dict[str, int]) -> None:
    lines = draft["lines"]
    wanted = [variants[line["sku"]] for line in lines]
    now = datetime.now(UTC)
    placed_at, due = datetime.fromisoformat(draft["placed_at"]), now + timedelta(days=1)
    order = _write_order(connection, channel, draft, now, due)
    line_ids = [
        row[0]
        for row in connection.execute(
            _LINES,
            [
                order, list(range(1, len(lines) + 1)), wanted, [line["sku"] for line in lines],
                [line["title"] for line in lines], [line["units"] for line in lines],
                [Decimal(line["unit_price"]) for line in lines], [Decimal(line["tax"]) for line in lines],
            ],
        ).fetchall()
    ]  # fmt: skip
    # As late as possible: others wait for these rows until the commit.
    levels = {row[1]: row for row in connection.execute(_LOCK, [wanted]).fetchall()}
    given = [min(line["units"], max(0, levels[v][2])) for line, v in zip(lines, wanted, strict=True)]
    missing = [line["units"] - units for line, units in zip(lines, given, strict=True)]
    taken = [(line, levels[v][0], units) for line, v, units in zip(line_ids, wanted, given, strict=True) if units]
    short = [(line, v, units) for line, v, units in zip(line_ids, wanted, missing, strict=True) if units]
    if taken:
        ids, level_ids, units = map(list, zip(*taken, strict=True))
        connection.execute(_TAKE, [level_ids, units])
        connection.execute(_COMMIT, [order, due, placed_at, now, ids, level_ids, units])
    if short:
        ids, variant_ids, units = map(list, zip(*short, strict=True))
        connection.execute(_SHORT, [order, due, placed_at, now, ids, variant_ids, units])
        connection.execute("UPDATE orders_order SET short_units = %s WHERE id = %s", [sum(missing), order])


def _write_order(
    connection: psycopg.Connection[Any], channel: int, draft: dict[str, Any], now: datetime, due: datetime
) -> int:
    total = Decimal(draft["total"])
    (order,) = connection.execute(
        _ORDER,
        [
            channel, draft["number"], draft["external_id"], draft["version"], draft["email"],
            draft["customer"]["name"], datetime.fromisoformat(draft["placed_at"]), due,
            total - Decimal(draft["shipping"]), draft["shipping"], draft["tax"], total, total, total, draft["tags"],
            draft["shipping_method"], draft["shipping_address"]["country"], Jsonb(draft["shipping_address"]),
            Jsonb(draft["billing_address"]), now, now, 0,
        ],
    ).fetchall()[0]  # fmt: skip
    return int(order)
