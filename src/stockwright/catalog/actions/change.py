"""Single changes, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.catalog.actions.rows import differences, lock_variants, update
from stockwright.catalog.drafts import Amount, Backorder, BarcodeDraft, Measure, Tracking
from stockwright.catalog.errors import BarcodeTaken, SkuTaken, UnknownVariant
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch

_CLEARABLE = (
    "price", "compare_at_price", "cost", "grams", "length_mm", "width_mm", "height_mm", "preorder_until",
)  # fmt: skip


def _offer(schema: dict[str, Any]) -> None:
    """What a form offers to tick."""
    fields = ChangeVariantGiven.model_fields
    schema["x-offered"] = [{"value": name, "label": str(_(fields[name].title or name))} for name in _CLEARABLE]


class ChangeVariantGiven(Given):
    """What changes about a variant; what is left empty stays as it is."""

    variant_id: int = Field(title="Variant")
    sku: str | None = Field(None, title="SKU", min_length=1, max_length=100)
    title: str | None = Field(None, title="Title", max_length=300)
    price: Amount | None = Field(None, title="Price")
    compare_at_price: Amount | None = Field(None, title="Compare-at price")
    cost: Amount | None = Field(None, title="Cost", description="Of one unit, in the shop's currency.")
    grams: Measure | None = Field(None, title="Weight (g)")
    length_mm: Measure | None = Field(None, title="Length (mm)")
    width_mm: Measure | None = Field(None, title="Width (mm)")
    height_mm: Measure | None = Field(None, title="Height (mm)")
    hs_code: str | None = Field(None, title="HS code", max_length=20)
    origin: str | None = Field(None, title="Made in", max_length=2, description="Two letters, such as DE.")
    tracking: Tracking | None = Field(None, title="Tracking")
    stocked: bool | None = Field(None, title="Counted", description="Off for services, gift cards and fees.")
    backorder: Backorder | None = Field(None, title="When it has run out")
    preorder_until: date | None = Field(None, title="Pre-order until")
    requires_shipping: bool | None = Field(None, title="Needs shipping")
    active: bool | None = Field(None, title="In use")
    # Names of fields to be emptied, which None can't say.
    clear: tuple[str, ...] = Field((), title="Empty", json_schema_extra=_offer)


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed about a variant, as it was and as it is."""

    variant_id: int
    before: dict[str, Any]
    after: dict[str, Any]


def _as_before(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    before = result["before"]
    if not before:
        return None
    told = {name: value for name, value in before.items() if value is not None}
    empty = [name for name, value in before.items() if value is None]
    return "catalog.change_variant", {"variant_id": given["variant_id"], **told, "clear": empty}


@action(
    "catalog.change_variant", title=str(_("Change variant")), subject="variant", subject_field="variant_id",
    inverse=_as_before,
)  # fmt: skip
def change_variant(call: Call, given: ChangeVariantGiven) -> Changed:
    """Change a variant by hand.

    Locks: its row.
    Raises: UnknownVariant, SkuTaken.
    """
    old = lock_variants([given.variant_id]).get(given.variant_id)
    if old is None:
        raise UnknownVariant(which=given.variant_id)
    told = given.model_dump(exclude={"variant_id", "clear"}, exclude_none=True)
    told = {name: str(value) if isinstance(value, str) else value for name, value in told.items()}
    told |= dict.fromkeys(name for name in given.clear if name in _CLEARABLE)
    different = differences(old, told)
    if "sku" in different and fetch("SELECT 1 FROM catalog_variant WHERE sku = %s", (different["sku"],)):
        raise SkuTaken(sku=different["sku"])
    before, new = {name: old[name] for name in different}, old
    if different:
        update("catalog_variant", {given.variant_id: different}, call.at)
        changes = {name: [old[name], value] for name, value in different.items()}
        call.record("catalog.variant_changed", ("variant", given.variant_id), changes=changes)
        # As its columns hold it: undo compares it with what it finds there.
        new = lock_variants([given.variant_id])[given.variant_id]
    return Changed(given.variant_id, before, {name: new[name] for name in different})


class SetBarcodesGiven(Given):
    """All barcodes of a variant."""

    variant_id: int = Field(title="Variant")
    barcodes: tuple[BarcodeDraft, ...] = Field((), title="Barcodes", max_length=100)


@dataclass(frozen=True, slots=True)
class BarcodesSet:
    """The barcodes before and after: (code, units)."""

    before: tuple[tuple[str, int], ...]
    after: tuple[tuple[str, int], ...]


def _codes_before(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    codes = [{"code": code, "units": units} for code, units in result["before"]]
    return "catalog.set_barcodes", {"variant_id": given["variant_id"], "barcodes": codes}


@action(
    "catalog.set_barcodes", title=str(_("Set barcodes")), subject="variant", subject_field="variant_id",
    inverse=_codes_before,
)  # fmt: skip
def set_barcodes(call: Call, given: SetBarcodesGiven) -> BarcodesSet:
    """Say by which codes a scanner knows a variant; codes not named are forgotten.

    Locks: the variant's row.
    Raises: UnknownVariant, BarcodeTaken.
    """
    if given.variant_id not in lock_variants([given.variant_id]):
        raise UnknownVariant(which=given.variant_id)
    codes = {barcode.code: barcode.units for barcode in given.barcodes}
    taken = fetch(
        "SELECT b.code, v.sku FROM catalog_barcode b JOIN catalog_variant v ON v.id = b.variant_id"
        " WHERE b.code = ANY(%s) AND b.variant_id <> %s ORDER BY b.code",
        (list(codes), given.variant_id),
    )
    if taken:
        raise BarcodeTaken(code=taken[0][0], sku=taken[0][1])
    held = fetch("SELECT code, units FROM catalog_barcode WHERE variant_id = %s ORDER BY id", (given.variant_id,))
    before = tuple((code, units) for code, units in held)
    if dict(before) != codes:
        execute("DELETE FROM catalog_barcode WHERE variant_id = %s", (given.variant_id,))
        execute(
            "INSERT INTO catalog_barcode (code, units, variant_id) SELECT c, u, %s"
            " FROM unnest(%s::text[], %s::int[]) AS d(c, u)",
            (given.variant_id, list(codes.keys()), list(codes.values())),
        )
        call.record("catalog.barcodes_set", ("variant", given.variant_id), codes=list(codes), was=dict(before))
    return BarcodesSet(before, before if dict(before) == codes else tuple(codes.items()))
