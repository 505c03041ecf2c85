"""What order lines were promised and what they wait for, in units of the lines."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from stockwright.kit.bulk import fetch


@dataclass(frozen=True, slots=True)
class LineState:
    """An order line as stock sees it; what has left is in neither number."""

    line_id: int
    order_id: int
    committed: int
    short: int
    # "oversold", "backordered", "preordered", "lost"; empty when nothing is short.
    kind: str = ""
    promised_on: date | None = None


# Divided as numeric and rounded up: a kit's unit is short when any component of it is.
_STATES = """
SELECT line_id, min(order_id), max(ceil(short::numeric / per_kit))::int, max(kind),
       CASE WHEN bool_and(short = 0 OR promised_on IS NOT NULL) THEN max(promised_on) END,
       max(ceil((committed + short)::numeric / per_kit))::int
FROM (
    SELECT line_id, order_id, variant_id, max(per_kit) AS per_kit, sum(committed) AS committed, sum(short) AS short,
           max(kind) AS kind, max(promised_on) AS promised_on
    FROM (
        SELECT c.line_id, c.order_id, l.variant_id, c.per_kit, c.units AS committed, 0 AS short, '' AS kind,
               NULL::date AS promised_on
        FROM stock_commitment c JOIN stock_level l ON l.id = c.level_id WHERE c.{column} = ANY(%(ids)s)
        UNION ALL
        SELECT s.line_id, s.order_id, s.variant_id, s.per_kit, 0, s.units, s.kind, s.promised_on
        FROM stock_shortfall s WHERE s.{column} = ANY(%(ids)s)
    ) rows GROUP BY line_id, order_id, variant_id
) parts GROUP BY line_id
"""


def _states(column: str, ids: Collection[int]) -> list[LineState]:
    rows = fetch(_STATES.format(column=column), {"ids": list(ids)})
    return [
        LineState(line, order, whole - missing, missing, kind or "", day)
        for line, order, missing, kind, day, whole in rows
    ]


def line_states(*, orders: Collection[int] = (), lines: Collection[int] = ()) -> dict[int, LineState]:
    """What lines were promised and lack, by line; lines with neither are left out."""
    states = _states("order_id", orders) if orders else []
    states += _states("line_id", lines) if lines else []
    return {state.line_id: state for state in states}


def short_by_order(order_ids: Collection[int]) -> dict[int, int]:
    """Units of each order's lines that nobody could promise; every order asked about is in the answer."""
    short = dict.fromkeys(order_ids, 0)
    for state in _states("order_id", order_ids):
        short[state.order_id] += state.short
    return short


def any_expired(at: datetime) -> bool:
    """Whether some reservation's time is up."""
    return bool(fetch("SELECT 1 FROM stock_reservation WHERE reserved_until <= %s LIMIT 1", (at,)))


def variants_overdue(today: date, *, most: int) -> list[int]:
    """Variants for which some order was given a day that has passed."""
    rows = fetch("SELECT DISTINCT variant_id FROM stock_shortfall WHERE promised_on < %s LIMIT %s", (today, most))
    return [row[0] for row in rows]
