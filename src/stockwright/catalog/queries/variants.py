"""Variants by what people and programs call them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from stockwright.kit.bulk import fetch


class VariantRow(NamedTuple):
    """What other rooms need of a variant."""

    id: int
    sku: str
    product_id: int
    # The product's title, and the variant's own where it has one.
    name: str
    price: Decimal | None
    cost: Decimal | None
    grams: int | None
    tracking: str
    backorder: str
    stocked: bool
    is_kit: bool
    requires_shipping: bool
    active: bool


_ROW = (
    "SELECT v.id, v.sku, v.product_id, CASE WHEN v.title = '' OR v.title = p.title THEN p.title"
    " ELSE p.title || ' · ' || v.title END, v.price, v.cost, v.grams, v.tracking, v.backorder, v.stocked, v.is_kit,"
    " v.requires_shipping, v.active FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id"
)


def variants_by_sku(skus: Iterable[str]) -> dict[str, VariantRow]:
    """Variants by exact SKU; unknown ones are left out."""
    rows = fetch(f"{_ROW} WHERE v.sku = ANY(%s)", (list(set(skus)),))
    return {row[1]: VariantRow(*row) for row in rows}


def variants_by_id(ids: Iterable[int]) -> dict[int, VariantRow]:
    """Variants by their numbers; unknown ones are left out."""
    return {row[0]: VariantRow(*row) for row in fetch(f"{_ROW} WHERE v.id = ANY(%s)", (list(set(ids)),))}


def variants_by_external(source: str, external_ids: Collection[str]) -> dict[str, int]:
    """Variants by what another system calls them."""
    return dict(
        fetch(
            "SELECT external_id, object_id FROM kit_externalref"
            " WHERE source = %s AND type = 'variant' AND external_id = ANY(%s)",
            (source, list(external_ids)),
        )
    )


class Scanned(NamedTuple):
    """What a scanner read: a variant, and how many units one scan stands for."""

    variant: VariantRow
    units: int


def by_barcode(code: str) -> Scanned | None:
    """The variant with this barcode; failing that, the one with this SKU."""
    rows = fetch("SELECT variant_id, units FROM catalog_barcode WHERE code = %s", (code,))
    if rows:
        variant_id, units = rows[0]
        return Scanned(variants_by_id([variant_id])[variant_id], units)
    found = variants_by_sku([code]).get(code)
    return Scanned(found, 1) if found else None


class Component(NamedTuple):
    """A part of a kit."""

    variant_id: int
    sku: str
    units: int


def components_of(kit_ids: Collection[int]) -> dict[int, tuple[Component, ...]]:
    """What kits are made of; a kit that nobody has described yet has none."""
    found: dict[int, list[Component]] = {kit: [] for kit in kit_ids}
    rows = fetch(
        "SELECT k.kit_id, k.component_id, v.sku, k.units FROM catalog_kitcomponent k"
        " JOIN catalog_variant v ON v.id = k.component_id WHERE k.kit_id = ANY(%s) ORDER BY k.kit_id, k.id",
        (list(kit_ids),),
    )
    for kit, component, sku, units in rows:
        found[kit].append(Component(component, sku, units))
    return {kit: tuple(parts) for kit, parts in found.items()}


def kits_with(variant_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The kits that variants are part of: what must be told anew when a component's stock changes."""
    found: dict[int, list[int]] = {}
    rows = fetch(
        "SELECT component_id, kit_id FROM catalog_kitcomponent WHERE component_id = ANY(%s) ORDER BY kit_id",
        (list(variant_ids),),
    )
    for component, kit in rows:
        found.setdefault(component, []).append(kit)
    return {component: tuple(kits) for component, kits in found.items()}
