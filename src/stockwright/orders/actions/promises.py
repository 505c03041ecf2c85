"""What stock and catalogue do from below: orders keep up in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from stockwright.catalog.queries import kits_with
from stockwright.kit.actions import Call, Fact, listens
from stockwright.kit.bulk import execute, fetch
from stockwright.orders.actions.locked import goods, lock_orders, parts_of
from stockwright.orders.queries.short import lock_short_otherwise, short_by_order
from stockwright.stock.actions import Demand, commit_demands


@listens("stock.promises_changed")
def keep_short_units(call: Call, facts: Sequence[Fact]) -> None:
    """Goods arrived, were counted away or released: the orders served or robbed get their short units anew, and are told.

    Locks: the orders whose units change, in key order; stock holds the levels already.
    """
    named = {id_ for fact in facts for id_ in fact.data.get("order_ids", ())}
    # What is not counted any more is neither there nor lacking: nobody was given or robbed of anything.
    forgotten = {id_ for fact in facts if fact.data["cause"] == "not_counted" for id_ in fact.data.get("order_ids", ())}
    for id_, got in _count_short(lock_short_otherwise(named)):
        if id_ not in forgotten:
            call.record("order.served" if got > 0 else "order.robbed", ("order", id_), units=abs(got))
        named.discard(id_)
    for (id_,) in fetch(
        "SELECT id FROM orders_order WHERE id = ANY(%s) AND short_units > 0 ORDER BY id", (list(named),)
    ):
        call.record("order.expected_otherwise", ("order", id_))


def _count_short(ids: list[int]) -> list[tuple[int, int]]:
    """Write down what orders lack now; each order whose units changed, with how many fewer it lacks."""
    short = short_by_order(ids)
    before = fetch("SELECT id, short_units FROM orders_order WHERE id = ANY(%s) ORDER BY id", (ids,))
    changed = [(id_, units - short.get(id_, 0)) for id_, units in before if units != short.get(id_, 0)]
    execute(
        "UPDATE orders_order o SET short_units = u.units FROM unnest(%s::bigint[], %s::int[]) AS u(id, units)"
        " WHERE o.id = u.id",
        ([id_ for id_, _got in changed], [short.get(id_, 0) for id_, _got in changed]),
    )
    return changed


_OPEN_LINES = (
    "SELECT DISTINCT l.order_id FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id"
    " WHERE l.variant_id = ANY(%s) AND l.kind = 'goods' AND o.fulfilment IN ('open', 'partial')"
    " AND NOT o.is_history AND NOT o.is_test"
)


@listens("catalog.variant_changed")
def ask_for_what_is_counted(call: Call, facts: Sequence[Fact]) -> None:
    """Open lines of what is counted from now on, or of kits with it, ask stock for units that nobody kept for them.

    Locks: levels, then these orders, each in key order.
    """
    counted = {fact.objects[0][1] for fact in facts if fact.data["changes"].get("stocked") == [False, True]}
    if not counted:
        return
    sold_as = counted.union(*kits_with(counted).values())
    changes = lock_orders([row[0] for row in fetch(_OPEN_LINES, (list(sold_as),))])
    demands = []
    for order, lines in ((change.order, goods(change.lines)) for change in changes.values()):
        due = order.ship_by or order.placed_at
        for line in lines:
            if line.variant_id in sold_as:
                open_ = parts_of(line).open
                demands.append(Demand(line.pk, order.pk, line.variant_id, 0, due, order.placed_at, before=open_))
    commit_demands(call, demands)
    # Stock has told each order what it lacks.
    _count_short(list(changes))
