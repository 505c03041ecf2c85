"""What stock and catalogue do from below: orders keep up in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from stockwright.kit.actions import Call, Fact, listens
from stockwright.kit.bulk import execute, fetch
from stockwright.orders.actions.change import settle
from stockwright.orders.actions.locked import lock_orders
from stockwright.orders.queries.short import short_by_order


@listens("stock.promises_changed")
def keep_short_units(call: Call, facts: Sequence[Fact]) -> None:
    """Goods arrived, were counted away or released: the orders served or robbed get their short units anew.

    Locks: these orders, in key order; stock holds the levels already.
    """
    del call
    ids = sorted({id_ for fact in facts for id_ in fact.data.get("order_ids", ())})
    if not ids:
        return
    fetch("SELECT id FROM orders_order WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (ids,))
    short = short_by_order(ids)
    execute(
        "UPDATE orders_order o SET short_units = u.units FROM unnest(%s::bigint[], %s::int[]) AS u(id, units)"
        " WHERE o.id = u.id AND o.short_units <> u.units",
        (ids, [short.get(id_, 0) for id_ in ids]),
    )


_UNKNOWN = (
    "SELECT l.id, l.order_id, v.id, v.cost FROM orders_orderline l JOIN catalog_variant v ON v.sku = l.sku"
    " JOIN orders_order o ON o.id = l.order_id WHERE l.variant_id IS NULL AND l.kind = 'goods' AND l.sku = ANY(%s)"
    " AND NOT o.is_history AND NOT o.is_test"
)
# History may have a hundred thousand such lines, and asks nothing of stock.
_UNKNOWN_HISTORY = """
WITH mapped AS (
    UPDATE orders_orderline l SET variant_id = v.id, unit_cost = coalesce(l.unit_cost, v.cost)
    FROM catalog_variant v, orders_order o
    WHERE v.sku = l.sku AND o.id = l.order_id AND l.variant_id IS NULL AND l.kind = 'goods' AND l.sku = ANY(%s)
      AND (o.is_history OR o.is_test)
    RETURNING l.order_id
)
UPDATE orders_order o SET unmapped_lines = o.unmapped_lines - m.lines
FROM (SELECT order_id, count(*) AS lines FROM mapped GROUP BY order_id) m WHERE o.id = m.order_id
"""


@listens("catalog.variants_created")
def map_lines(call: Call, facts: Sequence[Fact]) -> None:
    """Lines whose SKU the catalogue did not know get their variant, and are decided now.

    Locks: levels, then these orders, each in key order.
    """
    skus = sorted({sku for fact in facts for sku in fact.data.get("skus", ())})
    execute(_UNKNOWN_HISTORY, (skus,))
    rows = fetch(_UNKNOWN, (skus,))
    if not rows:
        return
    found = {line: (variant, cost) for line, _, variant, cost in rows}
    changes = lock_orders({row[1] for row in rows}, also={row[2] for row in rows})
    for change in changes.values():
        mapped = [line for line in change.lines if line.pk in found and line.variant_id is None]
        for line in mapped:
            line.variant_id, cost = found[line.pk]
            if line.unit_cost is None:
                line.unit_cost = cost
        variants = [("variant", line.variant_id, "mapped") for line in mapped if line.variant_id is not None]
        call.record("order.lines_mapped", ("order", change.order.pk), *variants, lines=len(mapped))
    settle(call, list(changes.values()))
