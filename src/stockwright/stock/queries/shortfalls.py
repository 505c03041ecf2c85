"""What is short, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from stockwright.kit.bulk import fetch


@dataclass(frozen=True, slots=True)
class ShortVariant:
    """A variant that orders wait for."""

    variant_id: int
    sku: str
    title: str
    units: int
    orders: int
    oversold: int
    backordered: int
    preordered: int
    lost: int
    first_due: datetime
    # When the last of it is expected; null while something has no arrival.
    promised_on: date | None
    price: Decimal | None
    incoming: int


def shortfall_list(*, limit: int = 500) -> list[ShortVariant]:
    """Variants that orders wait for, the most urgent first."""
    rows = fetch(
        "SELECT s.*, coalesce(i.incoming, 0) FROM ("
        " SELECT s.variant_id, v.sku, coalesce(nullif(v.title, ''), p.title), sum(s.units)::int,"
        " count(DISTINCT s.order_id)::int,"
        " coalesce(sum(s.units) FILTER (WHERE s.kind = 'oversold'), 0)::int,"
        " coalesce(sum(s.units) FILTER (WHERE s.kind = 'backordered'), 0)::int,"
        " coalesce(sum(s.units) FILTER (WHERE s.kind = 'preordered'), 0)::int,"
        " coalesce(sum(s.units) FILTER (WHERE s.kind = 'lost'), 0)::int,"
        " min(s.due_at) AS first_due,"
        " CASE WHEN bool_and(s.promised_on IS NOT NULL) THEN max(s.promised_on) END, v.price AS price"
        " FROM stock_shortfall s JOIN catalog_variant v ON v.id = s.variant_id"
        " JOIN catalog_product p ON p.id = v.product_id GROUP BY s.variant_id, v.sku, v.title, p.title, v.price"
        " ORDER BY first_due LIMIT %s) s"
        " LEFT JOIN LATERAL (SELECT sum(incoming)::int AS incoming FROM stock_level l"
        " WHERE l.variant_id = s.variant_id) i ON true",
        (limit,),
    )
    return [ShortVariant(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class ShortLine:
    """Units of a variant that one order line waits for."""

    line_id: int
    order_id: int
    variant_id: int
    sku: str
    units: int
    kind: str
    due_at: datetime
    since: datetime
    promised_on: date | None


def short_lines(*, order_id: int | None = None, variant_id: int | None = None, limit: int = 1000) -> list[ShortLine]:
    """What order lines wait for, in the order they will be served."""
    rows = fetch(
        "SELECT s.line_id, s.order_id, s.variant_id, v.sku, s.units, s.kind, s.due_at, s.since, s.promised_on"
        " FROM stock_shortfall s JOIN catalog_variant v ON v.id = s.variant_id"
        " WHERE (%(order)s::bigint IS NULL OR s.order_id = %(order)s)"
        " AND (%(variant)s::bigint IS NULL OR s.variant_id = %(variant)s)"
        " ORDER BY s.due_at, s.placed_at, s.line_id LIMIT %(limit)s",
        {"order": order_id, "variant": variant_id, "limit": limit},
    )
    return [ShortLine(*row) for row in rows]
