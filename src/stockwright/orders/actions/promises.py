"""What stock does from below: orders keep up in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from stockwright.kit.actions import Call, Fact, listens
from stockwright.kit.bulk import execute
from stockwright.orders.queries.short import lock_short_otherwise, short_by_order


@listens("stock.promises_changed")
def keep_short_units(call: Call, facts: Sequence[Fact]) -> None:
    """Goods arrived, were counted away or released: the orders served or robbed get their short units anew.

    Locks: the orders whose units change, in key order; stock holds the levels already.
    """
    del call
    ids = lock_short_otherwise({id_ for fact in facts for id_ in fact.data.get("order_ids", ())})
    if not ids:
        return
    short = short_by_order(ids)
    execute(
        "UPDATE orders_order o SET short_units = u.units FROM unnest(%s::bigint[], %s::int[]) AS u(id, units)"
        " WHERE o.id = u.id AND o.short_units <> u.units",
        (ids, [short.get(id_, 0) for id_ in ids]),
    )
