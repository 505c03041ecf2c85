"""What orders wait for."""

from __future__ import annotations

from collections.abc import Collection

from stockwright.kit.bulk import fetch

# In units of the line: of a kit as many are short as its scarcest component leaves incomplete.
_BY_LINE = (
    "SELECT order_id, line_id, max((units + per_kit - 1) / per_kit)::int FROM stock_shortfall"
    " WHERE order_id = ANY(%s) GROUP BY order_id, line_id"
)


def short_by_line(order_ids: Collection[int]) -> dict[int, int]:
    """Units that nobody could promise, by line, of these orders; lines that lack nothing are left out."""
    return {line: units for _, line, units in fetch(_BY_LINE, (list(order_ids),))} if order_ids else {}


def short_by_order(order_ids: Collection[int]) -> dict[int, int]:
    """The same, by order."""
    short: dict[int, int] = {}
    for order, _, units in fetch(_BY_LINE, (list(order_ids),)) if order_ids else ():
        short[order] = short.get(order, 0) + units
    return short
