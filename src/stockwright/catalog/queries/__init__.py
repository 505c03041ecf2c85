"""Reading the catalogue."""

from __future__ import annotations

from stockwright.catalog.queries.variants import (
    Component,
    Scanned,
    VariantRow,
    by_barcode,
    components_of,
    kits_with,
    variants_by_external,
    variants_by_id,
    variants_by_sku,
)

__all__ = [
    "Component",
    "Scanned",
    "VariantRow",
    "by_barcode",
    "components_of",
    "kits_with",
    "variants_by_external",
    "variants_by_id",
    "variants_by_sku",
]
