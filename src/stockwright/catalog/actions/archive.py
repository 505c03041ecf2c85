"""Taking products out of use, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.catalog.drafts import Status
from stockwright.catalog.errors import UnknownProduct
from stockwright.catalog.models import Product, Variant
from stockwright.kit.actions import Call, Given, action


class ArchiveGiven(Given):
    """A product that is not sold any more."""

    product_id: int = Field(title="Product")


@dataclass(frozen=True, slots=True)
class Archived:
    """What the product was before, and which variants were in use."""

    status: str
    variants: tuple[int, ...]


def _bring_back(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "catalog.restore_product", {"product_id": given["product_id"], **result}


def _in_use(product: Product, *, active: bool) -> QuerySet[Variant]:
    """The variants of a product that are in use or not, to be locked in key order."""
    return Variant.objects.select_for_update(no_key=True).filter(product=product, active=active).order_by("pk")


def _locked(product_id: int) -> Product:
    product = Product.objects.select_for_update(no_key=True).filter(pk=product_id).first()
    if product is None:
        raise UnknownProduct(which=product_id)
    return product


@action(
    "catalog.archive_product", title=str(_("Archive product")), subject="product", subject_field="product_id",
    inverse=_bring_back, dangerous=True,
)  # fmt: skip
def archive_product(call: Call, given: ArchiveGiven) -> Archived:
    """Take a product and its variants out of use; stock and orders keep them.

    Locks: the product's row, then its variants'.
    Raises: UnknownProduct.
    """
    product = _locked(given.product_id)
    variants = tuple(_in_use(product, active=True).values_list("pk", flat=True))
    Product.objects.filter(pk=product.pk).update(status=Product.Status.ARCHIVED, updated_at=call.at)
    Variant.objects.filter(pk__in=variants).update(active=False, updated_at=call.at)
    call.record("catalog.product_archived", ("product", product.pk), *(("variant", id_, "variant") for id_ in variants))
    return Archived(product.status, variants)


class RestoreGiven(Given):
    """A product that is sold again."""

    product_id: int = Field(title="Product")
    status: Status = Field(Status.ACTIVE, title="Status")
    variants: tuple[int, ...] | None = Field(None, title="Variants", description="None: all of them.")


@action("catalog.restore_product", title=str(_("Restore product")), subject="product", subject_field="product_id")
def restore_product(call: Call, given: RestoreGiven) -> Archived:
    """Bring an archived product and its variants back into use.

    Locks: as `archive_product`.
    Raises: UnknownProduct.
    """
    product = _locked(given.product_id)
    rows = _in_use(product, active=False)
    if given.variants is not None:
        rows = rows.filter(pk__in=given.variants)
    variants = tuple(rows.values_list("pk", flat=True))
    Product.objects.filter(pk=product.pk).update(status=given.status.value, updated_at=call.at)
    Variant.objects.filter(pk__in=variants).update(active=True, updated_at=call.at)
    call.record("catalog.product_restored", ("product", product.pk), *(("variant", id_, "variant") for id_ in variants))
    return Archived(product.status, variants)
