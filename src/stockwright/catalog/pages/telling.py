"""What happens to products, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from stockwright.kit.pages import sentences

sentences(
    {
        "product.described": gettext_lazy("Product data changed"),
        "product.added": gettext_lazy("Added to the catalogue"),
        "variant.added": gettext_lazy("Variant added"),
        "variant.changed": gettext_lazy("Variant changed"),
        "variant.cost_changed": gettext_lazy("Cost changed"),
        "variant.price_changed": gettext_lazy("Price changed"),
        "variant.barcode_added": gettext_lazy("Barcode {code} added"),
        "variant.barcode_removed": gettext_lazy("Barcode {code} removed"),
        "kit.composed": gettext_lazy("Components of the kit changed"),
    }
)
