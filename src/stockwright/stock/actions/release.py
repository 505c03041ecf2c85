"""Giving promises back, and changing their place in the queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from stockwright.kit.actions import Call
from stockwright.kit.bulk import execute, fetch
from stockwright.stock.actions.held import hold
from stockwright.stock.actions.promises import (
    Place,
    drop_expired,
    lessen,
    refresh_promises,
    serve_waiting,
    tell_moved,
)

_VARIANTS = (
    "SELECT l.variant_id FROM stock_commitment c JOIN stock_level l ON l.id = c.level_id WHERE c.line_id = ANY(%(ids)s)"
    " UNION SELECT variant_id FROM stock_shortfall WHERE line_id = ANY(%(ids)s)"
)


def variants_promised(line_ids: list[int]) -> set[int]:
    """The variants that lines were promised or wait for, kits by component: what to hold before changing them."""
    return {row[0] for row in fetch(_VARIANTS, {"ids": line_ids})}


def release_demands(call: Call, lines: Mapping[int, int | None]) -> None:
    """Give back units of lines (None: all that is left), and offer them to the orders that wait.

    Shortfalls go first, then commitments at the location that is asked last.

    Locks: all levels of the variants concerned, in key order.
    """
    if not lines:
        return
    ids = list(lines)
    held = hold(variants_promised(ids))
    freed = drop_expired(held, call.at)
    short = fetch(
        "SELECT id, line_id, variant_id, units, per_kit, order_id, due_at, placed_at FROM stock_shortfall"
        " WHERE line_id = ANY(%s)",
        (ids,),
    )
    committed = fetch(
        "SELECT id, line_id, level_id, units, per_kit, order_id FROM stock_commitment"
        " WHERE line_id = ANY(%s) AND level_id = ANY(%s)",
        (ids, list(held.levels)),
    )
    # Units of a (line, variant) still to be given back.
    left: dict[tuple[int, int], int | None] = {}
    orders: dict[int, int] = {}
    fewer_short: dict[int, int] = {}
    behind: dict[int, Place] = {}
    for row_id, line, variant, units, per_kit, order, due_at, placed_at in short:
        wanted = lines[line]
        whole = None if wanted is None else wanted * per_kit
        taken = units if whole is None else min(units, whole)
        fewer_short[row_id] = taken
        left[line, variant] = None if whole is None else whole - taken
        orders[order] = orders.get(order, 0)
        place = (due_at, placed_at, line)
        behind[variant] = min(place, behind.get(variant, place))
    fewer: dict[int, int] = {}
    # The place that is asked last gives back first.
    order_of = {id_: (-level.priority, -level.location_id) for id_, level in held.levels.items()}
    for row_id, line, level_id, units, per_kit, order in sorted(committed, key=lambda row: order_of[row[2]]):
        level = held.levels[level_id]
        wanted = lines[line]
        whole = left.setdefault((line, level.variant_id), None if wanted is None else wanted * per_kit)
        taken = units if whole is None else min(units, whole)
        if not taken:
            continue
        if whole is not None:
            left[line, level.variant_id] = whole - taken
        fewer[row_id] = taken
        level.committed -= taken
        freed.add(level.variant_id)
        orders[order] = orders.get(order, 0) + taken
    lessen("stock_shortfall", {id_: units for id_, units in fewer_short.items() if units})
    lessen("stock_commitment", fewer)
    serve_waiting(call, held, freed)
    held.write()
    # Where nothing came free, nothing has changed for those who wait ahead.
    behind = {variant: place for variant, place in behind.items() if variant not in freed}
    held.moved_orders.update(refresh_promises(held.dated(freed | behind.keys()), call.at, behind=behind))
    for order, units in orders.items():
        call.record("stock.released", ("order", order), units=units)
    tell_moved(call, held, "released", besides=orders)


def requeue_demands(call: Call, due: Mapping[int, datetime]) -> None:
    """Give orders another place in the queue: they are promised for another moment now.

    Shape: order to the new moment. Waiting units are served in the new order from the next arrival on.
    """
    if not due:
        return
    moments = (list(due.keys()), list(due.values()))
    variants = {
        row[0]
        for row in fetch("SELECT DISTINCT variant_id FROM stock_shortfall WHERE order_id = ANY(%s)", (moments[0],))
    }
    held = hold(variants)
    for table in ("stock_commitment", "stock_shortfall"):
        execute(
            f"UPDATE {table} t SET due_at = d.due FROM unnest(%s::bigint[], %s::timestamptz[]) AS d(id, due)"  # noqa: S608
            " WHERE t.order_id = d.id AND t.due_at <> d.due",
            moments,
        )
    held.moved_orders.update(refresh_promises(variants, call.at))
    tell_moved(call, held, "requeued")
