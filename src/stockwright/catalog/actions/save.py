"""Products told by files and connectors: many at once, by SKU and handle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.catalog.actions.attached import BarcodeConflict, save_barcodes, save_images, save_refs
from stockwright.catalog.actions.kits import lock_kits, save_components
from stockwright.catalog.actions.rows import (
    PRODUCT_DEFAULTS,
    VARIANT_DEFAULTS,
    Row,
    differences,
    insert,
    lock_products,
    lock_variants_of,
    update,
)
from stockwright.catalog.drafts import ProductDraft, VariantDraft
from stockwright.kit.actions import Call, Fact, Given, action
from stockwright.kit.bulk import fetch
from stockwright.kit.locks import wait_lock

_PRODUCT_TOLD = ("title", "description", "brand", "kind", "status")
_VARIANT_TOLD = (
    "title", "options", "price", "compare_at_price", "cost", "grams", "length_mm", "width_mm", "height_mm", "hs_code",
    "origin", "tracking", "stocked", "backorder", "preorder_until", "requires_shipping", "active",
)  # fmt: skip


class SaveGiven(Given):
    """Products as somebody else tells them."""

    products: tuple[ProductDraft, ...] = Field(title="Products", min_length=1, max_length=5000)
    source: str = Field("", title="Source", max_length=80, description="The system that knows them by external number.")


@dataclass(frozen=True, slots=True)
class SavedProduct:
    """What became of one draft: created, changed or unchanged."""

    handle: str
    product_id: int
    what: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the drafts, in the order they were given."""

    products: tuple[SavedProduct, ...]
    created: int
    changed: int
    unchanged: int
    variants_created: int
    variants_changed: int
    # Barcodes that another variant has already; they stay where they are.
    conflicts: tuple[BarcodeConflict, ...] = ()


@action("catalog.save_products", title=str(_("Save products")), for_people=False)
def save_products(call: Call, given: SaveGiven) -> Saved:
    """Create products, or bring those that are there already up to what is told of them.

    Raises: KitsDoNotNest, UnknownVariant (a kit's component).
    """
    return save_many(call, given.products, source=given.source)


def save_many(call: Call, drafts: Sequence[ProductDraft], *, source: str = "") -> Saved:
    """Save a batch: a fixed number of statements, however many products there are.

    A product is found by its external number, else by its handle, else by the first of its SKUs that is known. Of a
    SKU or product told twice, the last counts.

    Locks: one at a time saves products; kits, where any are told; the products' rows, then the variants', in key order.
    Raises: as `save_products`.
    """
    wait_lock("catalog.save_products")
    if any(v.components is not None for draft in drafts for v in draft.variants):
        lock_kits()
    product_of = _find(drafts, source)
    known = lock_products({id_ for id_ in product_of if id_ is not None})
    variants = lock_variants_of({v.sku for draft in drafts for v in draft.variants})
    created, product_changes = _save_products(call, drafts, product_of, known)
    made, variant_changes = _save_variants(call, drafts, product_of, variants)
    variant_ids = {sku: row["id"] for sku, row in variants.items()}
    ids = [id_ or 0 for id_ in product_of]
    conflicts, touched = save_barcodes(call, drafts, variant_ids)
    touched |= save_images(drafts, ids, variant_ids)
    touched |= save_components(call, drafts, variant_ids)
    save_refs(drafts, ids, variant_ids, source, call.at)
    _tell(call, created, product_changes, made, variant_changes)
    new_skus = set(made)
    changed = set(product_changes) | touched | {
        id_ for draft, id_ in zip(drafts, ids, strict=True)
        if any(v.sku in new_skus or v.sku in variant_changes for v in draft.variants)
    }  # fmt: skip
    outcome = tuple(
        SavedProduct(draft.handle, id_, "created" if id_ in created else "changed" if id_ in changed else "unchanged")
        for draft, id_ in zip(drafts, ids, strict=True)
    )
    count = [saved.what for saved in outcome].count
    return Saved(
        outcome, count("created"), count("changed"), count("unchanged"), len(made), len(variant_changes), conflicts
    )


def _find(drafts: Sequence[ProductDraft], source: str) -> list[int | None]:
    """The product that each draft is about; None for a new one."""
    skus = [v.sku for draft in drafts for v in draft.variants]
    product_by_sku = dict(fetch("SELECT sku, product_id FROM catalog_variant WHERE sku = ANY(%s)", (skus,)))
    handles = dict(
        fetch("SELECT handle, id FROM catalog_product WHERE handle = ANY(%s)", ([draft.handle for draft in drafts],))
    )
    external = [draft.external_id for draft in drafts if draft.external_id]
    refs: dict[str, int] = {}
    if source and external:
        refs = dict(
            fetch(
                "SELECT r.external_id, r.object_id FROM kit_externalref r JOIN catalog_product p ON p.id = r.object_id"
                " WHERE r.source = %s AND r.type = 'product' AND r.external_id = ANY(%s)",
                (source, external),
            )
        )
    found: list[int | None] = []
    for draft in drafts:
        by_sku = next((product_by_sku[v.sku] for v in draft.variants if v.sku in product_by_sku), None)
        found.append(refs.get(draft.external_id) or handles.get(draft.handle) or by_sku)
    return found


def _told_of_product(draft: ProductDraft, old: Row) -> Row:
    told = {name: _plain(value) for name in _PRODUCT_TOLD if (value := getattr(draft, name)) is not None}
    if draft.tags is not None:
        told["tags"] = list(draft.tags)
    if draft.attributes:
        merged = {**old["attributes"], **draft.attributes}
        told["attributes"] = {name: value for name, value in merged.items() if value is not None}
    return told


def _plain(value: Any) -> Any:
    """Words of an enumeration as the plain text that the column holds."""
    return str(value) if isinstance(value, str) else value


def _save_products(
    call: Call, drafts: Sequence[ProductDraft], product_of: list[int | None], known: dict[int, Row]
) -> tuple[set[int], dict[int, Row]]:
    """Write the products, and fill in the new ones' ids.

    Shape: the ids of new products; of changed ones, what changed.
    """
    fresh: dict[str, Row] = {}
    changes: dict[int, Row] = {}
    for draft, id_ in zip(drafts, product_of, strict=True):
        if id_ is None:
            old = fresh.setdefault(draft.handle, {**PRODUCT_DEFAULTS, "title": draft.handle, "handle": draft.handle})
            old.update(_told_of_product(draft, old))
            continue
        old = known[id_]
        told = differences(old, _told_of_product(draft, old))
        if told:
            changes.setdefault(id_, {}).update({name: [old[name], value] for name, value in told.items()})
            old.update(told)
    ids = dict(zip(fresh, insert("catalog_product", list(fresh.values()), call.at), strict=True))
    update("catalog_product", {id_: {n: known[id_][n] for n in changed} for id_, changed in changes.items()}, call.at)
    for index, draft in enumerate(drafts):
        if product_of[index] is None:
            product_of[index] = ids[draft.handle]
    return set(ids.values()), changes


def _told_of_variant(draft: VariantDraft, product_id: int | None) -> Row:
    told = {name: _plain(value) for name in _VARIANT_TOLD if (value := getattr(draft, name)) is not None}
    told["product_id"] = product_id
    if draft.components is not None:
        told["is_kit"] = bool(draft.components)
    return told


def _save_variants(
    call: Call, drafts: Sequence[ProductDraft], product_of: Sequence[int | None], variants: dict[str, Row]
) -> tuple[dict[str, int], dict[str, Row]]:
    """Write the variants, and add the new ones to `variants`.

    Shape: new SKUs with their ids; of changed ones, what changed.
    """
    fresh: dict[str, Row] = {}
    changes: dict[str, Row] = {}
    for draft, product_id in zip(drafts, product_of, strict=True):
        for variant in draft.variants:
            told = _told_of_variant(variant, product_id)
            old = variants.get(variant.sku)
            if old is None:
                row = fresh.setdefault(variant.sku, {**VARIANT_DEFAULTS, "sku": variant.sku})
                row.update(told)
                continue
            different = differences(old, told)
            if different:
                was = changes.setdefault(variant.sku, {})
                was.update({name: [old[name], value] for name, value in different.items()})
                old.update(different)
    made = dict(zip(fresh, insert("catalog_variant", list(fresh.values()), call.at), strict=True))
    written = {variants[sku]["id"]: {n: variants[sku][n] for n in changed} for sku, changed in changes.items()}
    update("catalog_variant", written, call.at)
    variants.update({sku: {**row, "id": made[sku]} for sku, row in fresh.items()})
    for sku, was in changes.items():
        was["id"] = variants[sku]["id"]
    return made, changes


def _tell(
    call: Call,
    created: set[int],
    product_changes: Mapping[int, Row],
    made: Mapping[str, int],
    variant_changes: Mapping[str, Row],
) -> None:
    at = call.at
    facts = [Fact("catalog.product_created", (("product", id_, "subject"),), {}, at) for id_ in sorted(created)]
    facts += [
        Fact("catalog.product_changed", (("product", id_, "subject"),), {"changes": changes}, at)
        for id_, changes in product_changes.items()
    ]
    for changes in variant_changes.values():
        told = {name: value for name, value in changes.items() if name != "id"}
        facts.append(Fact("catalog.variant_changed", (("variant", changes["id"], "subject"),), {"changes": told}, at))
    call.record_many(facts)
    if made:
        call.record(
            "catalog.variants_created", *(("variant", id_) for id_ in made.values()),
            variant_ids=list(made.values()), skus=list(made),
        )  # fmt: skip
