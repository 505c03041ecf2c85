"""Kits: sold as one, picked as their components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.catalog.actions.rows import lock_variants, update
from stockwright.catalog.drafts import ProductDraft
from stockwright.catalog.errors import KitsDoNotNest, NotInKit, UnknownVariant
from stockwright.catalog.queries import components_of, variants_by_sku
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.locks import wait_lock


class PartGiven(Given):
    """A component of a kit."""

    component_id: int = Field(title="Component")
    units: int = Field(1, title="Units", ge=1, le=100_000)


class SetKitGiven(Given):
    """What a variant is picked as."""

    variant_id: int = Field(title="Variant")
    components: tuple[PartGiven, ...] = Field(
        (), title="Components", max_length=100, description="None: it is no kit any more."
    )


@dataclass(frozen=True, slots=True)
class KitSet:
    """A kit's components before and after, for undo."""

    variant_id: int
    # Pairs of component and units, by component.
    before: tuple[tuple[int, int], ...]
    after: tuple[tuple[int, int], ...]


def _as_before(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    parts = [{"component_id": component, "units": units} for component, units in result["before"]]
    return "catalog.set_kit", {"variant_id": given["variant_id"], "components": parts}


@action(
    "catalog.set_kit", title=str(_("Set kit components")), subject="variant", subject_field="variant_id",
    inverse=_as_before,
)  # fmt: skip
def set_kit(call: Call, given: SetKitGiven) -> KitSet:
    """Say what a variant is picked as; promises made before keep the components they were made with.

    Locks: as `set_kits`.
    Raises: UnknownVariant, KitsDoNotNest, NotInKit.
    """
    lock_kits()
    before = components_of([given.variant_id])[given.variant_id]
    parts = {part.component_id: part.units for part in given.components}
    set_kits(call, {given.variant_id: parts})
    was = {part.variant_id: part.units for part in before}
    return KitSet(given.variant_id, tuple(sorted(was.items())), tuple(sorted(parts.items())))


def set_kits(call: Call, kits: Mapping[int, Mapping[int, int]]) -> set[int]:
    """Set the components of many kits; one without components is a plain variant.

    Shape: kit to component to units; answers the kits that changed.
    Locks: one at a time changes kits, so that two changes together can't nest them; then the kits' rows.
    Raises: UnknownVariant, KitsDoNotNest, NotInKit.
    """
    lock_kits()
    _refuse_nesting(kits)
    before = {kit: {part.variant_id: part.units for part in parts} for kit, parts in components_of(kits).items()}
    rows = lock_variants(kits)
    changed = {kit for kit, parts in kits.items() if before[kit] != dict(parts) or rows[kit]["is_kit"] != bool(parts)}
    if not changed:
        return set()
    execute("DELETE FROM catalog_kitcomponent WHERE kit_id = ANY(%s)", (list(changed),))
    described = [(kit, component, units) for kit in changed for component, units in kits[kit].items()]
    if described:
        execute(
            "INSERT INTO catalog_kitcomponent (kit_id, component_id, units)"
            " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[])",
            [list(column) for column in zip(*described, strict=True)],
        )
    update("catalog_variant", {kit: {"is_kit": bool(kits[kit])} for kit in changed}, call.at)
    for kit in sorted(changed):
        call.record(
            "catalog.kit_set", ("variant", kit), *(("variant", component, "component") for component in kits[kit]),
            variant_id=kit, components=[[component, units] for component, units in kits[kit].items()],
            was=[[component, units] for component, units in before[kit].items()],
        )  # fmt: skip
    return changed


def lock_kits() -> None:
    """Wait for whoever changes kits; before rows are locked, as everybody does."""
    wait_lock("catalog.kits")


def _refuse_nesting(kits: Mapping[int, Mapping[int, int]]) -> None:
    """Neither may a component be a kit, nor a kit be a component."""
    making = {kit for kit, parts in kits.items() if parts}
    unmaking = kits.keys() - making
    parts = {component for components in kits.values() for component in components}
    rows = fetch(
        "SELECT v.id, v.sku, v.is_kit, ARRAY(SELECT k.kit_id FROM catalog_kitcomponent k WHERE k.component_id = v.id)"
        " FROM catalog_variant v WHERE v.id = ANY(%s)",
        (list(parts | kits.keys()),),
    )
    skus = {row[0]: row[1] for row in rows}
    for wanted in sorted(parts | kits.keys()):
        if wanted not in skus:
            raise UnknownVariant(which=wanted)
    for kit, components in kits.items():
        if kit in components:
            raise NotInKit
    for id_, sku, is_kit, part_of in rows:
        is_component_elsewhere = any(kit not in kits for kit in part_of)
        if id_ in parts and (id_ in making or (is_kit and id_ not in unmaking)):
            raise KitsDoNotNest(sku=sku)
        if id_ in making and is_component_elsewhere:
            raise KitsDoNotNest(sku=sku)


def save_components(call: Call, drafts: Sequence[ProductDraft], variant_ids: Mapping[str, int]) -> set[int]:
    """Set the kits that drafts tell of, their components named by SKU.

    Shape: the products whose kits changed.
    Raises: UnknownVariant, KitsDoNotNest, NotInKit.
    """
    told = {
        v.sku: {part.sku: part.units for part in v.components}
        for draft in drafts
        for v in draft.variants
        if v.components is not None
    }
    if not told:
        return set()
    ids = dict(variant_ids)
    others = {sku for parts in told.values() for sku in parts} - ids.keys()
    ids.update({sku: row.id for sku, row in variants_by_sku(others).items()})
    for sku in sorted(others):
        if sku not in ids:
            raise UnknownVariant(which=sku)
    kits = {ids[kit]: {ids[sku]: units for sku, units in parts.items()} for kit, parts in told.items()}
    changed = set_kits(call, kits)
    rows = fetch("SELECT product_id FROM catalog_variant WHERE id = ANY(%s)", (list(changed),))
    return {row[0] for row in rows}
