"""What stock does about news of the catalogue, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from stockwright.kit.actions import Call, Fact, listens
from stockwright.kit.bulk import fetch
from stockwright.stock.errors import KitWouldHideStock


@listens("catalog.kit_set")
def refuse_kits_with_stock(_call: Call, facts: Sequence[Fact]) -> None:
    """A kit has no stock of its own: what has some can't become one.

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
