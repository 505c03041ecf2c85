"""Lines that wait to be known."""

from __future__ import annotations

from stockwright.kit.bulk import fetch


def skus_known_by_now(limit: int = 1000) -> list[str]:
    """SKUs that lines wait for though the catalogue has them: both came in the same moment."""
    rows = fetch(
        "SELECT DISTINCT l.sku FROM orders_orderline l JOIN catalog_variant v ON v.sku = l.sku"
        " WHERE l.variant_id IS NULL AND l.kind = 'goods' AND l.sku <> '' ORDER BY l.sku LIMIT %s",
        (limit,),
    )
    return [row[0] for row in rows]
