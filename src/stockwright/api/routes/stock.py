"""The catalogue and what there is of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from stockwright.api.auth import must_see
from stockwright.api.paging import Key, Page, PagingQuery, RowId, Span, page
from stockwright.catalog.queries.rows import variant_rows, variant_whole
from stockwright.kit.errors import NotFound
from stockwright.stock.queries.rows import (
    count_line_rows,
    count_rows,
    level_rows,
    location_rows,
    movement_rows,
    shortfall_rows,
    transfer_line_rows,
    transfer_rows,
)

catalog = Router(tags=["catalogue"])
stock = Router(tags=["stock"])
NEWEST_FIRST = [Key("id", int, True)]


class _Filter(Schema):
    def given(self) -> dict[str, Any]:
        """What was asked for, as conditions."""
        return self.model_dump(exclude_none=True)


class VariantInfo(Schema):
    """One thing that can be counted. Cost is in the shop's currency; null is unknown."""

    id: int
    sku: str
    title: str
    product_id: int
    product_title: str
    product_handle: str
    options: dict[str, Any]
    price: Decimal | None
    cost: Decimal | None
    grams: int | None
    hs_code: str
    origin: str
    tracking: str
    stocked: bool
    is_kit: bool
    backorder: str
    active: bool
    updated_at: datetime


class BarcodeInfo(Schema):
    """A code that a scanner reads, and how many units one scan stands for."""

    code: str
    units: int


class ComponentInfo(Schema):
    """What a kit is picked as."""

    component_id: int
    units: int


class VariantWhole(VariantInfo):
    """A variant with its barcodes and, of a kit, its components."""

    barcode_items: list[BarcodeInfo]
    component_items: list[ComponentInfo]


class VariantFilter(_Filter):
    """Which variants."""

    sku: str | None = Field(default=None, max_length=100, description="Exactly, case and all.")
    active: bool | None = None
    is_kit: bool | None = None
    updated_at__gte: AwareDatetime | None = Field(default=None, alias="updated_since")


@catalog.get("/variants", response=Page[VariantInfo], summary="Variants")
def list_variants(request: HttpRequest, paging: PagingQuery, wanted: Query[VariantFilter]) -> Any:
    """Variants, the newest first."""
    must_see(request, "view.catalog")
    return page(request, variant_rows().filter(**wanted.given()), NEWEST_FIRST, paging, VariantInfo.from_orm)


@catalog.get("/variants/{int:variant_id}", response=VariantWhole, summary="One variant")
def read_variant(request: HttpRequest, variant_id: RowId) -> Any:
    """One variant with its barcodes and components."""
    must_see(request, "view.catalog")
    variant: Any = variant_whole(variant_id)
    if variant is None:
        raise NotFound(what="variant", which=variant_id)
    variant.barcode_items = list(variant.barcodes.all())
    variant.component_items = list(variant.components.all())
    return variant


class LocationInfo(Schema):
    """A place where units can be."""

    id: int
    code: str
    name: str
    kind: str
    priority: int
    ships_orders: bool
    active: bool


@stock.get("/locations", response=Page[LocationInfo], summary="Locations")
def list_locations(request: HttpRequest, paging: PagingQuery) -> Any:
    """Locations of every kind: only warehouses and stores have levels."""
    must_see(request, "view.stock")
    return page(request, location_rows(), [Key("id", int)], paging, LocationInfo.from_orm)


class LevelInfo(Schema):
    """How many units of a variant a location has. Units throughout."""

    id: int
    variant_id: int
    sku: str
    location_id: int
    location_code: str
    on_hand: int
    damaged: int
    quality_control: int
    committed: int
    reserved: int
    safety_stock: int
    incoming: int
    available: int
    counted_at: datetime | None


class LevelFilter(_Filter):
    """Which levels."""

    variant_id: RowId | None = None
    location_id: RowId | None = None
    variant__sku: str | None = Field(default=None, max_length=100, alias="sku")
    location__code: str | None = Field(default=None, max_length=40, alias="location")


@stock.get("/levels", response=Page[LevelInfo], summary="Levels")
def list_levels(request: HttpRequest, paging: PagingQuery, wanted: Query[LevelFilter]) -> Any:
    """Levels: on_hand - damaged - quality_control - committed - reserved - safety_stock = available."""
    must_see(request, "view.stock")
    return page(request, level_rows().filter(**wanted.given()), [Key("id", int)], paging, LevelInfo.from_orm)


class MovementInfo(Schema):
    """Units that went from one place and condition to another."""

    id: int
    variant_id: int
    sku: str
    units: int
    from_code: str
    from_condition: str
    to_code: str
    to_condition: str
    reason: str
    reference_type: str
    reference_id: int | None
    note: str
    unit_cost: Decimal | None
    actor: str
    call: Any
    occurred_at: datetime
    recorded_at: datetime


class MovementFilter(Span):
    """Which movements."""

    variant_id: RowId | None = None
    reference_type: str | None = Field(default=None, max_length=40)
    reference_id: RowId | None = None
    reason: str | None = Field(default=None, max_length=12)


@stock.get("/movements", response=Page[MovementInfo], summary="The ledger")
def list_movements(request: HttpRequest, paging: PagingQuery, wanted: Query[MovementFilter]) -> Any:
    """Movements, the latest first."""
    must_see(request, "view.stock")
    given = wanted.model_dump(exclude_none=True, exclude={"since", "until"})
    rows = movement_rows().filter(**given)
    if wanted.since is not None:
        rows = rows.filter(occurred_at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(occurred_at__lt=wanted.until)
    keys = [Key("occurred_at", datetime, True), Key("id", int, True)]
    return page(request, rows, keys, paging, MovementInfo.from_orm)


class ShortfallInfo(Schema):
    """Units of an order line that nobody could promise."""

    id: int
    order_id: int
    line_id: int
    variant_id: int
    sku: str
    units: int
    kind: str
    due_at: datetime
    since: datetime
    promised_on: date | None


class ShortfallFilter(_Filter):
    """Which shortfalls."""

    order_id: RowId | None = None
    variant_id: RowId | None = None
    kind: str | None = Field(default=None, max_length=11)


@stock.get("/shortfalls", response=Page[ShortfallInfo], summary="Shortfalls")
def list_shortfalls(request: HttpRequest, paging: PagingQuery, wanted: Query[ShortfallFilter]) -> Any:
    """What is short, the newest first."""
    must_see(request, "view.stock")
    return page(request, shortfall_rows().filter(**wanted.given()), NEWEST_FIRST, paging, ShortfallInfo.from_orm)


class TransferInfo(Schema):
    """Goods on their way between two of our own locations."""

    id: int
    origin_code: str
    destination_code: str
    state: str
    expected_on: date | None
    note: str
    created_at: datetime
    shipped_at: datetime | None
    received_at: datetime | None


class TransferLineInfo(Schema):
    """A variant of a transfer."""

    variant_id: int
    sku: str
    units: int
    shipped: int
    received: int


class TransferWhole(TransferInfo):
    """A transfer with its lines."""

    line_items: list[TransferLineInfo]


class StateFilter(_Filter):
    """In which state."""

    state: str | None = Field(default=None, max_length=10)


@stock.get("/transfers", response=Page[TransferInfo], summary="Transfers")
def list_transfers(request: HttpRequest, paging: PagingQuery, wanted: Query[StateFilter]) -> Any:
    """Transfers, the newest first."""
    must_see(request, "view.stock")
    return page(request, transfer_rows().filter(**wanted.given()), NEWEST_FIRST, paging, TransferInfo.from_orm)


@stock.get("/transfers/{int:transfer_id}", response=TransferWhole, summary="One transfer")
def read_transfer(request: HttpRequest, transfer_id: RowId) -> Any:
    """One transfer with its lines."""
    must_see(request, "view.stock")
    transfer: Any = transfer_rows().filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound(what="transfer", which=transfer_id)
    transfer.line_items = list(transfer_line_rows(transfer_id))
    return transfer


class CountInfo(Schema):
    """Somebody going to look."""

    id: int
    location_code: str
    state: str
    note: str
    created_at: datetime
    posted_at: datetime | None


class CountLineInfo(Schema):
    """What was found. What the books said is told once the count is posted: counting is blind."""

    variant_id: int
    sku: str
    counted: int | None
    counted_at: datetime | None
    booked: int | None


class CountWhole(CountInfo):
    """A count with its lines."""

    line_items: list[CountLineInfo]


@stock.get("/counts", response=Page[CountInfo], summary="Counts")
def list_counts(request: HttpRequest, paging: PagingQuery, wanted: Query[StateFilter]) -> Any:
    """Counts, the newest first."""
    must_see(request, "view.stock")
    return page(request, count_rows().filter(**wanted.given()), NEWEST_FIRST, paging, CountInfo.from_orm)


@stock.get("/counts/{int:count_id}", response=CountWhole, summary="One count")
def read_count(request: HttpRequest, count_id: RowId) -> Any:
    """One count with its lines; while it is open the books' own numbers stay hidden."""
    must_see(request, "view.stock")
    count: Any = count_rows().filter(pk=count_id).first()
    if count is None:
        raise NotFound(what="count", which=count_id)
    count.line_items = list(count_line_rows(count_id))
    if count.posted_at is None:
        for line in count.line_items:
            line.booked = None
    return count
