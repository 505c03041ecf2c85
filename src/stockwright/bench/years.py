"""A shop with years behind it: rows made by SQL, as the actions would have written them, a hundred thousand at a time."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from stockwright.bench.figures import Progress
from stockwright.bench.shop import open_shop
from stockwright.kit.actions import perform
from stockwright.kit.bulk import execute
from stockwright.kit.clock import now
from stockwright.kit.partitions import PARTITIONED, ensure_months
from stockwright.kit.people import SYSTEM

# So few that a variant's page is full at the smaller size already: what is compared is the past behind a page, not how
# much stands on it.
SKUS = 200
DAYS = 730
# The first ones are still to be sent, however many came and went beside them.
OPEN = 2_000
OPEN_DAYS = 3.65
CUSTOMERS = 50_000
_CHUNK = 100_000

_ORDERS = """
INSERT INTO orders_order (id, channel_id, number, external_id, version, content_hash, customer_id, email, customer_name,
    placed_at, ship_by, currency, rate, subtotal, discount, shipping, fees, taxes_included, tax, total, total_shop, paid,
    refunded, payment, fulfilment, returned, holds, unmapped_lines, cancel_reason, fulfilled_at, is_history, is_test,
    risk, tags, note, shipping_method, country, shipping_address, billing_address, discounts, taxes, created_at,
    updated_at, short_units)
SELECT n, (SELECT min(id) FROM orders_channel), '#' || n, 'gid://bench/Order/' || n, '', '', c, 'customer' ||
    c - 1 || '@example.com', 'Customer ' || c - 1, placed_at, placed_at + interval '1 day', 'EUR', 1, 39.80, 0, 4.95, 0, true, 6.90,
    44.75, 44.75, 44.75, 0, 'paid', CASE WHEN open THEN 'open' ELSE 'fulfilled' END, 'none',
    CASE WHEN open AND n %% 20 = 0 THEN 1 ELSE 0 END, 0, '', CASE WHEN open THEN NULL ELSE placed_at + interval '8 hours' END,
    false, false, '', '{}', '', 'Parcel', 'NL', '{"city": "Delft", "country": "NL"}', '{}', '[]', '[]', placed_at,
    placed_at, CASE WHEN open AND n %% 10 = 0 THEN 1 ELSE 0 END
FROM bench_order
"""
_LINES = """
INSERT INTO orders_orderline (order_id, position, kind, variant_id, sku, title, units, cancelled, fulfilled, returned,
    unit_price, discount, tax, total, unit_cost, requires_shipping)
SELECT o.n, p, 'goods', v.id, v.sku, v.title, 1, 0, CASE WHEN o.open THEN 0 ELSE 1 END, 0, 19.90, 0, 3.45, 19.90, 7.25, true
FROM bench_order o CROSS JOIN generate_series(1, 2) p JOIN bench_variant v ON v.place = (o.n * 7 + p * 61) %% %(skus)s
"""
_HOLDS = """
INSERT INTO orders_hold (order_id, reason, handle, note, placed_at, placed_by, released_by)
SELECT n, 'incorrect_address', 'person', '', placed_at, 'system', '' FROM bench_order WHERE open AND n %% 20 = 0
"""
_SHORT = """
INSERT INTO stock_shortfall (line_id, order_id, variant_id, units, per_kit, kind, due_at, placed_at, since)
SELECT l.id, l.order_id, l.variant_id, 1, 1, 'backordered', o.placed_at, o.placed_at, o.placed_at
FROM bench_order o JOIN orders_orderline l ON l.order_id = o.n AND l.position = 1 WHERE o.open AND o.n %% 10 = 0
"""
_COMMITTED = """
INSERT INTO stock_commitment (line_id, order_id, level_id, units, per_kit, due_at, placed_at, created_at)
SELECT l.id, l.order_id, v.level, 1, 1, o.placed_at, o.placed_at, o.placed_at
FROM bench_order o JOIN orders_orderline l ON l.order_id = o.n JOIN bench_variant v ON v.id = l.variant_id
WHERE o.open AND NOT (l.position = 1 AND o.n %% 10 = 0)
"""
_SENT = """
INSERT INTO stock_movement (variant_id, units, from_location_id, to_location_id, reason, reference_type, reference_id,
    actor, occurred_at, recorded_at)
SELECT l.variant_id, 1, (SELECT id FROM stock_location WHERE code = 'bench'),
    (SELECT id FROM stock_location WHERE code = 'customers'), 'shipped', 'order', o.n, 'system',
    o.placed_at + interval '8 hours', o.placed_at
FROM bench_order o JOIN orders_orderline l ON l.order_id = o.n WHERE NOT o.open
"""
_JOURNAL = """
WITH fact AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, n, c, placed_at FROM bench_order
), event AS (
    INSERT INTO kit_journalevent (id, occurred_at, recorded_at, kind, actor, reason, data)
    SELECT id, placed_at, placed_at, 'order.placed', 'system', '', '{"units": 2, "total": "44.75"}' FROM fact
)
INSERT INTO kit_journalobject (event_id, occurred_at, type, object_id, role)
SELECT id, placed_at, 'order', n, 'subject' FROM fact
UNION ALL SELECT id, placed_at, 'customer', c, 'buyer' FROM fact
"""
_STEPS = (_ORDERS, _LINES, _HOLDS, _SHORT, _COMMITTED, _SENT, _JOURNAL)


def open_old_shop() -> None:
    """The catalogue, the customers and the months, before the first order."""
    open_shop(SKUS, 10_000_000, customers=CUSTOMERS)
    execute(
        "CREATE TABLE bench_variant AS SELECT row_number() OVER (ORDER BY v.id) - 1 AS place, v.id, v.sku, v.title,"
        " l.id AS level FROM catalog_variant v JOIN stock_level l ON l.variant_id = v.id"
    )
    with transaction.atomic():
        for table in PARTITIONED:
            ensure_months(table, now() - timedelta(days=DAYS + 31), now() + timedelta(days=31))


def grow(first: int, last: int, progress: Progress) -> None:
    """Add orders with these numbers, spread over the years."""
    for begin in range(first, last + 1, _CHUNK):
        end = min(begin + _CHUNK - 1, last)
        progress("Making orders", begin - 1, last)
        with transaction.atomic():
            execute(
                "CREATE TEMPORARY TABLE bench_order ON COMMIT DROP AS SELECT n, 1 + n %% %(customers)s AS c,"
                " now() - age * interval '1 day' AS placed_at, n <= %(open)s AS open FROM (SELECT n, random() *"
                " CASE WHEN n <= %(open)s THEN %(latest)s ELSE %(days)s END AS age"
                " FROM generate_series(%(begin)s::bigint, %(end)s::bigint) n) dice",
                {
                    "customers": CUSTOMERS,
                    "open": OPEN,
                    "latest": OPEN_DAYS,
                    "days": DAYS,
                    "begin": begin,
                    "end": end,
                },
            )
            execute("ANALYZE bench_order")
            for step in _STEPS:
                execute(step, {"skus": SKUS})
    progress("Making orders", last, last)
    execute(
        "UPDATE stock_level l SET committed = c.units FROM (SELECT level_id, sum(units)::int AS units"
        " FROM stock_commitment GROUP BY level_id) c WHERE c.level_id = l.id"
    )
    execute("SELECT setval(pg_get_serial_sequence('orders_order', 'id'), %s)", (last,))
    progress("Tidying up")
    execute("VACUUM ANALYZE")
    perform("today.refresh", {}, actor=SYSTEM)
