"""What stock does about news of the catalogue, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from stockwright.kit.actions import Call, Fact, listens
from stockwright.kit.bulk import fetch
from stockwright.stock.actions.held import hold, make_first_levels
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
    kits = [fact.data["variant_id"] for fact in facts if fact.data["components"]]
    rows = fetch(
        "SELECT v.sku FROM stock_level l JOIN catalog_variant v ON v.id = l.variant_id"
        " WHERE l.variant_id = ANY(%s) AND (l.on_hand, l.committed, l.reserved, l.incoming) <> (0, 0, 0, 0)"
        " ORDER BY v.sku LIMIT 1",
        (kits,),
    )
    if rows:
        raise KitWouldHideStock(sku=rows[0][0])
    recipes = {fact.data["variant_id"]: fact.data["components"] for fact in facts if fact.data["components"]}
    _wait_for_components(call, recipes)


def _wait_for_components(call: Call, recipes: dict[int, list[list[int]]]) -> None:
    """Turn shortfalls of what has become a kit into shortfalls of its components, and serve them if possible."""
    if not fetch("SELECT 1 FROM stock_shortfall WHERE variant_id = ANY(%s) LIMIT 1", (list(recipes),)):
        return
    components = {component for parts in recipes.values() for component, _units in parts}
    make_first_levels(components)
    held = hold(components | recipes.keys())
    rows = fetch(
        "DELETE FROM stock_shortfall WHERE variant_id = ANY(%s)"
        " RETURNING variant_id, line_id, order_id, units, kind, due_at, placed_at",
        (list(recipes),),
    )
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
    refresh_promises(held.dated(components))
    tell_moved(call, held, "kit_set")
