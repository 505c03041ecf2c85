"""Querysets for lists that go on where the last page ended; the caller filters, orders and cuts them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from stockwright.catalog.models import Variant


def variant_rows() -> QuerySet[Variant, Any]:
    """Variants, with `product_title` and `product_handle`."""
    return Variant.objects.annotate(product_title=F("product__title"), product_handle=F("product__handle")).defer(
        "search"
    )


def variant_whole(variant_id: int) -> Variant | None:
    """One variant with its barcodes and components at hand."""
    return variant_rows().prefetch_related("barcodes", "components__component").filter(pk=variant_id).first()
