"""What happens to products, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from stockwright.kit.pages import sentences

sentences(
    {
        "catalog.product_created": gettext_lazy("Added to the catalogue"),
        "catalog.product_changed": gettext_lazy("Product data changed"),
        "catalog.product_archived": gettext_lazy("Archived"),
        "catalog.product_restored": gettext_lazy("Brought back into use"),
        "catalog.variants_created": gettext_lazy("Variants added"),
        "catalog.variant_changed": gettext_lazy("Variant changed"),
        "catalog.barcodes_set": gettext_lazy("Barcodes changed"),
        "catalog.barcodes_refused": gettext_lazy("A barcode belongs to another variant already"),
        "catalog.kit_set": gettext_lazy("Components of the kit changed"),
    }
)
