"""What stock does about news of the catalogue, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from stockwright.kit.actions import Call, Fact, listens
from stockwright.kit.bulk import execute, fetch
from stockwright.stock.actions.held import HeldLevels, hold_to_recast, make_first_levels
from stockwright.stock.actions.promises import (
    drop_expired,
    refresh_promises,
    serve_waiting,
    tell_moved,
    write_shortfalls,
)
from stockwright.stock.errors import KitWouldHideStock


@listens("catalog.kit_set")
def take_kits(call: Call, facts: Sequence[Fact]) -> None:
    """A kit has no stock of its own: what has some can't become one, and who waits for one waits for its components.

    Raises: KitWouldHideStock.
    """
    told = {fact.data["variant_id"]: fact.data["components"] for fact in facts if fact.data["components"]}
    if not told:
        return
    components = {component for parts in told.values() for component, _units in parts}
    counted = {
        row[0] for row in fetch("SELECT id FROM catalog_variant WHERE id = ANY(%s) AND stocked", (list(components),))
    }
    kits = list(told)
    if fetch("SELECT 1 FROM stock_shortfall WHERE variant_id = ANY(%s) LIMIT 1", (kits,)):
        make_first_levels(counted)
    held = hold_to_recast(kits, also=counted)
    rows = fetch(
        "SELECT v.sku FROM stock_level l JOIN catalog_variant v ON v.id = l.variant_id"
        " WHERE l.variant_id = ANY(%s) AND (l.on_hand, l.committed, l.reserved, l.incoming) <> (0, 0, 0, 0)"
        " ORDER BY v.sku LIMIT 1",
        (kits,),
    )
    if rows:
        raise KitWouldHideStock(sku=rows[0][0])
    recipes = {kit: [part for part in parts if part[0] in counted] for kit, parts in told.items()}
    _wait_for_components(call, held, recipes)


def _wait_for_components(call: Call, held: HeldLevels, recipes: dict[int, list[list[int]]]) -> None:
    """Turn shortfalls of what has become a kit into shortfalls of its components, and serve them if possible."""
    rows = fetch(
        "DELETE FROM stock_shortfall WHERE variant_id = ANY(%s)"
        " RETURNING variant_id, line_id, order_id, units, kind, due_at, placed_at",
        (list(recipes),),
    )
    if not rows:
        return
    components = {component for kit, *_ in rows for component, _units in recipes[kit]}
    write_shortfalls(
        [
            (line, order, component, units * per_kit, per_kit, kind, due_at, placed_at)
            for kit, line, order, units, kind, due_at, placed_at in rows
            for component, per_kit in recipes[kit]
        ],
        call.at,
    )
    held.moved_orders.update(row[2] for row in rows)
    serve_waiting(call, held, drop_expired(held, call.at) | components)
    held.write()
    refresh_promises(held.dated(components), call.at)
    tell_moved(call, held, "kit_set")


@listens("catalog.variant_changed")
def take_policies(call: Call, facts: Sequence[Fact]) -> None:
    """What is not counted any more is promised to nobody; who waits, waits by the backorder policy of today."""
    changes = {fact.objects[0][1]: fact.data["changes"] for fact in facts}
    recast = {id_: told["stocked"][1] for id_, told in changes.items() if "stocked" in told}
    renamed = [id_ for id_, told in changes.items() if told.keys() & {"backorder", "preorder_until"}]
    held = hold_to_recast(recast, also=renamed)
    uncounted = [id_ for id_, counted in recast.items() if not counted]
    if uncounted:
        _forget_promises(call, held, uncounted)
    if renamed:
        _wait_by_policy(call, held, renamed)


def _forget_promises(call: Call, held: HeldLevels, variant_ids: list[int]) -> None:
    """Give back what is promised of variants and drop what is waited for: whoever asked for them has them."""
    levels = [level.id for variant in variant_ids for level in held.by_variant.get(variant, ())]
    for table in ("commitment", "reservation"):
        for level, units in fetch(
            f"DELETE FROM stock_{table} WHERE level_id = ANY(%s) RETURNING level_id, units",  # noqa: S608
            (levels,),
        ):
            if table == "commitment":
                held.levels[level].committed -= units
            else:
                held.levels[level].reserved -= units
    rows = fetch("DELETE FROM stock_shortfall WHERE variant_id = ANY(%s) RETURNING order_id", (variant_ids,))
    held.moved_orders.update(row[0] for row in rows)
    held.write()
    tell_moved(call, held, "not_counted")


def _wait_by_policy(call: Call, held: HeldLevels, variant_ids: list[int]) -> None:
    """Call what is waited for by the policy of today, and name its day anew.

    What was taken on backorder stays so when no more is taken; what was lost after its promise stays lost.
    """
    execute(
        "UPDATE stock_shortfall s SET kind = CASE v.backorder WHEN 'continue' THEN 'backordered' ELSE 'preordered' END"
        " FROM catalog_variant v WHERE v.id = s.variant_id AND v.id = ANY(%s) AND v.backorder <> 'deny'"
        " AND s.kind <> 'lost'",
        (variant_ids,),
    )
    held.moved_orders.update(refresh_promises(variant_ids, call.at))
    tell_moved(call, held, "backorder_policy")
