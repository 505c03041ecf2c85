"""What dialogs about variants show as it stands now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockwright.catalog.models import Variant
from stockwright.kit.forms import fills, say_choices
from stockwright.kit.ids import is_number

CHANGED = (
    "sku", "title", "price", "compare_at_price", "cost", "grams", "length_mm", "width_mm", "height_mm", "hs_code",
    "origin", "tracking", "stocked", "backorder", "preorder_until", "requires_shipping", "active",
)  # fmt: skip


def _variant(asked: Mapping[str, str]) -> Variant | None:
    number = asked.get("variant_id", "")
    return Variant.objects.filter(pk=int(number)).first() if is_number(number) else None


say_choices(dict(Variant.Backorder.choices))


@fills("catalog.change_variant")
def now(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """Every column as it is."""
    variant = _variant(asked)
    return {name: value for name in CHANGED if (value := getattr(variant, name)) not in (None, "")} if variant else {}


@fills("catalog.set_barcodes")
def barcodes(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """The codes it has, for those that are not named are forgotten."""
    variant = _variant(asked)
    rows = variant.barcodes.order_by("pk") if variant else ()
    return {"barcodes": [{"code": row.code, "units": row.units} for row in rows]}


@fills("catalog.set_kit")
def components(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """The components it has."""
    variant = _variant(asked)
    rows = variant.components.order_by("pk") if variant else ()
    return {"components": [{"component_id": row.component_id, "units": row.units} for row in rows]}
