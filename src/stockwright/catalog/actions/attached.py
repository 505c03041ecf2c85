"""What hangs on products and variants: barcodes, images, other systems' numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stockwright.catalog.drafts import ProductDraft
from stockwright.kit.actions import Call
from stockwright.kit.bulk import execute, fetch


@dataclass(frozen=True, slots=True)
class BarcodeConflict:
    """A barcode told of one variant that belongs to another."""

    code: str
    sku: str
    belongs_to: str


def save_barcodes(
    call: Call, drafts: Sequence[ProductDraft], variant_ids: Mapping[str, int]
) -> tuple[tuple[BarcodeConflict, ...], set[int]]:
    """Add barcodes; those not told again stay.

    Shape: what could not be added; the products that have new ones.
    """
    told: dict[str, tuple[str, int]] = {}
    conflicts = []
    for draft in drafts:
        for variant in draft.variants:
            for barcode in variant.barcodes:
                first = told.setdefault(barcode.code, (variant.sku, barcode.units))
                if first[0] != variant.sku:
                    conflicts.append(BarcodeConflict(barcode.code, variant.sku, first[0]))
    if not told:
        return (), set()
    rows = [(code, variant_ids[sku], units) for code, (sku, units) in told.items()]
    changed = fetch(
        "INSERT INTO catalog_barcode (code, variant_id, units) SELECT * FROM unnest(%s::text[], %s::bigint[], %s::int[])"
        " ON CONFLICT (code) DO UPDATE SET units = excluded.units"
        " WHERE catalog_barcode.variant_id = excluded.variant_id AND catalog_barcode.units <> excluded.units"
        " RETURNING variant_id, code",
        [list(column) for column in zip(*rows, strict=True)],
    )
    owners = fetch(
        "SELECT b.code, v.sku FROM catalog_barcode b JOIN catalog_variant v ON v.id = b.variant_id"
        " WHERE b.code = ANY(%s)",
        (list(told),),
    )
    conflicts += [BarcodeConflict(code, told[code][0], sku) for code, sku in owners if told[code][0] != sku]
    if conflicts:
        call.record(
            "catalog.barcodes_refused", *(("variant", variant_ids[c.sku]) for c in conflicts),
            codes=[[c.code, c.sku, c.belongs_to] for c in conflicts],
        )  # fmt: skip
    return tuple(conflicts), _products_of({row[0] for row in changed})


def _products_of(variant_ids: set[int]) -> set[int]:
    if not variant_ids:
        return set()
    return {row[0] for row in fetch("SELECT product_id FROM catalog_variant WHERE id = ANY(%s)", (list(variant_ids),))}


def save_images(drafts: Sequence[ProductDraft], ids: Sequence[int], variant_ids: Mapping[str, int]) -> set[int]:
    """Add pictures by address, or bring their text and place up to date.

    Shape: the products that have other pictures now.
    """
    told = {
        (id_, image.url): (id_, image.url, image.alt, image.position, variant_ids.get(image.sku))
        for draft, id_ in zip(drafts, ids, strict=True)
        for image in draft.images
    }
    if not told:
        return set()
    changed = fetch(
        "INSERT INTO catalog_image (product_id, url, alt, position, variant_id)"
        " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::bigint[])"
        " ON CONFLICT (product_id, url) DO UPDATE SET alt = excluded.alt, position = excluded.position,"
        " variant_id = coalesce(excluded.variant_id, catalog_image.variant_id)"
        " WHERE (catalog_image.alt, catalog_image.position) <> (excluded.alt, excluded.position)"
        " OR catalog_image.variant_id IS DISTINCT FROM coalesce(excluded.variant_id, catalog_image.variant_id)"
        " RETURNING product_id",
        [list(column) for column in zip(*told.values(), strict=True)],
    )
    return {row[0] for row in changed}


def save_refs(
    drafts: Sequence[ProductDraft], ids: Sequence[int], variant_ids: Mapping[str, int], source: str, at: datetime
) -> None:
    """Note what the source calls the products and variants."""
    if not source:
        return
    refs: dict[tuple[str, str], int] = {}
    for draft, id_ in zip(drafts, ids, strict=True):
        if draft.external_id:
            refs["product", draft.external_id] = id_
        for variant in draft.variants:
            if variant.external_id:
                refs["variant", variant.external_id] = variant_ids[variant.sku]
    if not refs:
        return
    execute(
        "INSERT INTO kit_externalref (source, type, external_id, object_id, seen_at)"
        " SELECT %s, t, e, o, %s FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS u(t, e, o)"
        " ON CONFLICT (source, type, external_id) DO UPDATE"
        " SET object_id = excluded.object_id, seen_at = excluded.seen_at",
        (source, at, [type_ for type_, _e in refs], [external for _t, external in refs], list(refs.values())),
    )
