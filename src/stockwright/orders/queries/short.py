"""What orders wait for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from stockwright.kit.bulk import fetch

# In units of the line: of a kit as many are short as its scarcest component leaves incomplete.
_BY_LINE = (
    "SELECT order_id, line_id, max((units + per_kit - 1) / per_kit)::int FROM stock_shortfall"
    " WHERE order_id = ANY(%s) GROUP BY order_id, line_id"
)


_SHORT_OTHERWISE = f"""
SELECT o.id FROM orders_order o
LEFT JOIN (SELECT order_id, sum(units)::int AS units FROM ({_BY_LINE}) AS lines (order_id, line_id, units)
           GROUP BY order_id) s ON s.order_id = o.id
WHERE o.id = ANY(%s) AND o.short_units <> coalesce(s.units, 0) ORDER BY o.id FOR UPDATE OF o
"""  # noqa: S608 - a constant of this file
# In the order in which stock serves them; each takes a unit or more.
_SERVED_BY = """
SELECT DISTINCT s.order_id
FROM (SELECT l.variant_id, sum(c.units) AS units FROM stock_commitment c JOIN stock_level l ON l.id = c.level_id
      WHERE c.order_id = ANY(%s) GROUP BY l.variant_id) f,
LATERAL (SELECT w.order_id FROM stock_shortfall w WHERE w.variant_id = f.variant_id
         ORDER BY w.due_at, w.placed_at, w.line_id LIMIT f.units) s
"""
_WAITING_FOR = """
SELECT DISTINCT s.order_id
FROM unnest(%s::bigint[], %s::bigint[]) AS f(variant, units),
LATERAL (SELECT w.order_id FROM stock_shortfall w WHERE w.variant_id = f.variant
         ORDER BY w.due_at, w.placed_at, w.line_id LIMIT f.units) s
"""


def lock_short_otherwise(order_ids: Collection[int]) -> list[int]:
    """The orders among these that are short of another number of units than they say.

    Locks: those orders, in key order.
    """
    ids = list(order_ids)
    return [row[0] for row in fetch(_SHORT_OTHERWISE, (ids, ids))] if ids else []


def served_by(order_ids: Collection[int]) -> list[int]:
    """The orders that wait for units which are promised to these: the ones served if these give them back."""
    return [row[0] for row in fetch(_SERVED_BY, (list(order_ids),))] if order_ids else []


def waiting_for(coming: Mapping[tuple[int, int], int]) -> list[int]:
    """The orders that wait for units which are about to come to a (variant, location)."""
    if not coming:
        return []
    return [row[0] for row in fetch(_WAITING_FOR, ([variant for variant, _ in coming], list(coming.values())))]


def short_by_line(order_ids: Collection[int]) -> dict[int, int]:
    """Units that nobody could promise, by line, of these orders; lines that lack nothing are left out."""
    return {line: units for _, line, units in fetch(_BY_LINE, (list(order_ids),))} if order_ids else {}


def short_by_order(order_ids: Collection[int]) -> dict[int, int]:
    """The same, by order."""
    short: dict[int, int] = {}
    for order, _, units in fetch(_BY_LINE, (list(order_ids),)) if order_ids else ():
        short[order] = short.get(order, 0) + units
    return short
