"""SKUs on open orders that nobody knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.kit.bulk import fetch
from stockwright.kit.money import format_money
from stockwright.kit.pages.names import address
from stockwright.kit.people import Role
from stockwright.kit.proposals import Draft, Evidence, Found, Look, watcher
from stockwright.orders.watch.words import (
    day_words,
    lost_words,
)

_UNMAPPED = """
    SELECT l.sku, count(DISTINCT o.id), sum(l.units - l.cancelled), sum(l.total * o.rate), min(o.ship_by),
           (array_agg(o.id ORDER BY o.ship_by))[1], max(l.title), max(l.unit_price * o.rate), count(*) OVER (), sum(sum(l.total * o.rate)) OVER ()
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    WHERE l.variant_id IS NULL AND l.kind = 'goods' AND l.sku <> '' AND o.fulfilment IN ('open', 'partial')
      AND NOT o.is_history AND NOT o.is_test AND l.units > l.cancelled
      -- What the catalogue knows by now is mapped within minutes.
      AND NOT EXISTS (SELECT 1 FROM catalog_variant v WHERE v.sku = l.sku)
    GROUP BY l.sku ORDER BY sum(l.total * o.rate) DESC LIMIT %(limit)s
"""


@watcher("orders.unmapped", title=gettext_lazy("Unknown SKUs"), every=5, roles=(Role.MERCHANDISER, Role.LEAD))
def unmapped(look: Look) -> Found:
    """SKUs on open orders that the catalogue does not know, so that nothing can be promised for them."""
    rows = fetch(_UNMAPPED, {"limit": look.limit})
    share = look.costs.lost_sale_share
    products = {sku: _as_product(sku, title, price) for sku, *_more, title, price, _count, _sum in rows}
    handles = [product["handle"] for product in products.values()]
    # What is called so already has another SKU now: a person says whether it is the same, and nothing is overwritten.
    there = {row[0] for row in fetch("SELECT handle FROM catalog_product WHERE handle = ANY(%s)", (handles,))}
    for sku, product in list(products.items()):
        if product["handle"] in there:
            del products[sku]
    drafts = [
        Draft(
            subject=("order", first),
            group=f"sku:{sku}"[:120],
            title=(_("Add {sku} to the catalogue") if sku in products else _("Say what {sku} is")).format(sku=sku),
            reason=ngettext(
                "It is on {n} open order as {title}, and nothing can be promised for it until it is known.",
                "It is on {n} open orders as {title}, and nothing can be promised for it until it is known.",
                orders,
            ).format(n=orders, title=title or sku),
            value=share * total,
            how=lost_words(look, total),
            action="catalog.save_products" if sku in products else "",
            given={"products": [products[sku]]} if sku in products else {},
            deadline=due,
            confidence=Decimal("0.8"),
            evidence=(
                Evidence(_("Units waiting"), f"{units:,}"), Evidence(_("Ordered for"), format_money(total, look.currency)),
                Evidence(_("First order"), day_words(look, due), address("order", first)),
            ),
            url=address("order", first),
        )
        for sku, orders, units, total, due, first, title, price, _count, _sum in rows
    ]  # fmt: skip
    return Found(drafts, rows[0][8], share * rows[0][9]) if rows else Found()


def _as_product(sku: str, title: str, price: Decimal) -> dict[str, Any]:
    """The least that makes it known: what the order calls it, at the highest price it was ordered for."""
    words = title or sku
    variant = {"sku": sku, "price": str(price.quantize(Decimal("0.01")))}
    return {"handle": slugify(f"{words} {sku}")[:200] or sku, "title": words, "variants": [variant]}
