"""Products as files and connectors tell them; what is None is not told and stays as it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator

from stockwright.kit.actions import Given


class Status(StrEnum):
    """Whether a product is for sale."""

    ACTIVE = "active"
    DRAFT = "draft"
    ARCHIVED = "archived"
    UNLISTED = "unlisted"


class Tracking(StrEnum):
    """How units of a variant are told apart."""

    NONE = "none"
    LOT = "lot"
    EXPIRY = "expiry"


class Backorder(StrEnum):
    """What happens when it has run out."""

    DENY = "deny"
    CONTINUE = "continue"
    PREORDER = "preorder"


Amount = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=4)]
Measure = Annotated[int, Field(ge=0, le=2_000_000_000)]


class BarcodeDraft(Given):
    """A code that a scanner reads, and how many units it stands for."""

    code: str = Field(title="Code", min_length=1, max_length=80)
    units: int = Field(1, title="Units", ge=1, le=100_000)


class ComponentDraft(Given):
    """A part of a kit, by SKU."""

    sku: str = Field(title="SKU", min_length=1, max_length=100)
    units: int = Field(1, title="Units", ge=1, le=100_000)


class ImageDraft(Given):
    """A picture, perhaps of one variant."""

    url: str = Field(title="Address", min_length=1, max_length=1000)
    alt: str = Field("", title="Alternative text", max_length=500)
    position: int = Field(1, title="Position", ge=1, le=10_000)
    sku: str = Field("", title="SKU", max_length=100)


class VariantDraft(Given):
    """One thing that can be counted; known by its SKU."""

    sku: str = Field(title="SKU", min_length=1, max_length=100)
    title: str | None = Field(None, max_length=300)
    options: dict[str, str] | None = None
    price: Amount | None = None
    compare_at_price: Amount | None = None
    cost: Amount | None = None
    grams: Measure | None = None
    length_mm: Measure | None = None
    width_mm: Measure | None = None
    height_mm: Measure | None = None
    hs_code: str | None = Field(None, max_length=20)
    origin: str | None = Field(None, max_length=2)
    tracking: Tracking | None = None
    stocked: bool | None = None
    backorder: Backorder | None = None
    preorder_until: date | None = None
    requires_shipping: bool | None = None
    active: bool | None = None
    barcodes: tuple[BarcodeDraft, ...] = ()
    # None: not a kit, or not told; an empty tuple makes it none.
    components: tuple[ComponentDraft, ...] | None = None
    external_id: str = Field("", max_length=200)

    @field_validator("barcodes", mode="before")
    @classmethod
    def _plain_codes(cls, value: Any) -> Any:
        """Codes alone may be given as texts."""
        return [{"code": code} if isinstance(code, str) else code for code in value or ()]


class ProductDraft(Given):
    """A product with its variants; known by its external number, its handle, or a SKU of its."""

    handle: str = Field(title="Handle", min_length=1, max_length=200)
    title: str | None = Field(None, max_length=300)
    description: str | None = None
    brand: str | None = Field(None, max_length=200)
    kind: str | None = Field(None, max_length=200)
    status: Status | None = None
    tags: tuple[str, ...] | None = None
    # Added to what is known; a value of None takes the attribute away.
    attributes: dict[str, Any] = Field(default_factory=dict)
    variants: tuple[VariantDraft, ...] = Field(min_length=1, max_length=2000)
    images: tuple[ImageDraft, ...] = ()
    external_id: str = Field("", max_length=200)
