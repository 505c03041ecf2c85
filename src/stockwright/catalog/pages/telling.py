"""What happens to products, in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.catalog.models import Variant
from stockwright.kit.pages import sentences, tell
from stockwright.kit.pages.words import money

sentences(
    {
        "catalog.product_created": gettext_lazy("Added to the catalogue"),
        "catalog.product_changed": gettext_lazy("Product data changed"),
        "catalog.product_archived": gettext_lazy("Archived"),
        "catalog.product_restored": gettext_lazy("Brought back into use"),
        "catalog.variants_created": gettext_lazy("Variants added"),
        "catalog.barcodes_set": gettext_lazy("Barcodes changed"),
        "catalog.barcodes_refused": gettext_lazy("A barcode belongs to another variant already"),
        "catalog.kit_set": gettext_lazy("Components of the kit changed"),
    }
)

FIELDS = {
    "sku": "SKU", "title": gettext_lazy("title"), "price": gettext_lazy("price"), "compare_at_price": gettext_lazy("compare-at price"),
    "cost": gettext_lazy("cost"), "grams": gettext_lazy("weight (g)"), "length_mm": gettext_lazy("length (mm)"),
    "width_mm": gettext_lazy("width (mm)"), "height_mm": gettext_lazy("height (mm)"), "hs_code": gettext_lazy("HS code"),
    "origin": gettext_lazy("made in"), "tracking": gettext_lazy("tracking"), "stocked": gettext_lazy("counted"),
    "backorder": gettext_lazy("when it has run out"), "preorder_until": gettext_lazy("pre-order until"),
    "requires_shipping": gettext_lazy("needs shipping"), "active": gettext_lazy("in use"),
}  # fmt: skip
AMOUNTS = frozenset({"price", "compare_at_price", "cost"})


@tell("catalog.variant_changed")
def variant_changed(data: Mapping[str, Any]) -> str:
    """Which fields, from what to what."""
    changes = data["changes"]
    told = (
        _("{field}: {old} → {new}").format(
            field=FIELDS.get(name, name.replace("_", " ")), old=_value(name, old), new=_value(name, new)
        )
        for name, (old, new) in changes.items()
    )
    return _("Changed: {what}").format(what="; ".join(told))


def _value(name: str, value: Any) -> str:
    if value in (None, ""):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "backorder":
        return str(dict(Variant.Backorder.choices).get(value, value))
    if name in AMOUNTS:
        return money(Decimal(str(value)))
    return str(value)
