"""Orders and customers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from stockwright.api.auth import must_see
from stockwright.api.paging import Key, Page, PagingQuery, RowId, Span, page
from stockwright.kit.errors import NotFound
from stockwright.orders.queries.rows import (
    customer_rows,
    customers_of_email,
    hold_rows,
    line_rows,
    of_email,
    order_rows,
    order_whole,
    payment_rows,
)
from stockwright.orders.states import Fulfilment, Payment

router = Router(tags=["orders"])


class OrderInfo(Schema):
    """An order. Amounts are in its own currency; `total_shop` is in the shop's."""

    id: int
    number: str
    channel_code: str
    external_id: str
    customer_id: int | None
    customer_name: str
    email: str
    placed_at: datetime
    ship_by: datetime | None
    currency: str
    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    fees: Decimal
    tax: Decimal
    total: Decimal
    total_shop: Decimal
    paid: Decimal
    refunded: Decimal
    payment: str
    fulfilment: str
    returned: str
    holds: int = Field(description="How many are live.")
    short_units: int = Field(description="Units that nobody could promise.")
    cancelled_at: datetime | None
    fulfilled_at: datetime | None
    is_history: bool
    is_test: bool
    country: str
    shipping_method: str
    tags: list[str]
    updated_at: datetime


class OrderLineInfo(Schema):
    """A line."""

    id: int
    position: int
    kind: str
    variant_id: int | None
    sku: str
    title: str
    units: int
    cancelled: int
    fulfilled: int
    returned: int
    received: int = Field(description="Of those that came back, the ones that are here.")
    unit_price: Decimal
    discount: Decimal
    tax: Decimal
    total: Decimal


class HoldInfo(Schema):
    """A reason to wait."""

    id: int
    reason: str
    handle: str
    note: str
    placed_at: datetime
    placed_by: str
    released_at: datetime | None
    released_by: str


class PaymentInfo(Schema):
    """Money that came or went."""

    id: int
    kind: str
    amount: Decimal
    currency: str
    gateway: str
    reference: str
    at: datetime


class OrderWhole(OrderInfo):
    """An order with everything that belongs to it."""

    note: str
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any]
    discounts: list[Any]
    taxes: list[Any]
    line_items: list[OrderLineInfo]
    hold_items: list[HoldInfo]
    payment_items: list[PaymentInfo]


class OrderFilter(Span):
    """Which orders; `since` and `until` are of the moment they were placed."""

    channel: str | None = Field(default=None, max_length=40, description="Its code.")
    number: str | None = Field(default=None, max_length=80, description="Exactly.")
    external_id: str | None = Field(default=None, max_length=200, description="What the channel calls it.")
    email: str | None = Field(default=None, max_length=254, description="In any case.")
    customer_id: RowId | None = None
    payment: Payment | None = None
    fulfilment: Fulfilment | None = None
    held: bool | None = Field(default=None, description="With a live hold, or without any.")
    short: bool | None = Field(default=None, description="With units that nobody could promise, or without any.")

    def conditions(self) -> dict[str, Any]:
        """As conditions on orders."""
        found: dict[str, Any] = {
            "channel__code": self.channel, "number": self.number, "external_id": self.external_id,
            "customer_id": self.customer_id, "payment": self.payment,
            "fulfilment": self.fulfilment, "placed_at__gte": self.since, "placed_at__lt": self.until,
        }  # fmt: skip
        for name, column in (("held", "holds"), ("short", "short_units")):
            if (wanted := getattr(self, name)) is not None:
                found[f"{column}__gt" if wanted else column] = 0
        return {name: value for name, value in found.items() if value is not None}


@router.get("/orders", response=Page[OrderInfo], summary="Orders")
def list_orders(request: HttpRequest, paging: PagingQuery, wanted: Query[OrderFilter]) -> Any:
    """Orders, the latest first."""
    must_see(request, "view.orders")
    rows = order_rows().filter(**wanted.conditions())
    if wanted.email is not None:
        rows = of_email(rows, wanted.email)
    return page(request, rows, [Key("placed_at", datetime, True), Key("id", int, True)], paging, OrderInfo.from_orm)


@router.get("/orders/{int:order_id}", response=OrderWhole, summary="One order")
def read_order(request: HttpRequest, order_id: RowId) -> Any:
    """One order with its lines, holds, payments and addresses."""
    must_see(request, "view.orders")
    order: Any = order_whole(order_id)
    if order is None:
        raise NotFound(what="order", which=order_id)
    order.line_items = list(line_rows(order))
    order.hold_items = list(hold_rows(order))
    order.payment_items = list(payment_rows(order))
    return order


class CustomerInfo(Schema):
    """Somebody who buys."""

    id: int
    name: str
    email: str
    phone: str
    country: str
    note: str
    tags: list[str]
    created_at: datetime


class CustomerFilter(Schema):
    """Which customers."""

    email: str | None = Field(default=None, max_length=254, description="In any case.")
    country: str | None = Field(default=None, max_length=2)


@router.get("/customers", response=Page[CustomerInfo], summary="Customers")
def list_customers(request: HttpRequest, paging: PagingQuery, wanted: Query[CustomerFilter]) -> Any:
    """Customers, the newest first."""
    must_see(request, "view.customers")
    rows = customer_rows()
    if wanted.email is not None:
        rows = customers_of_email(rows, wanted.email)
    if wanted.country is not None:
        rows = rows.filter(country=wanted.country)
    return page(request, rows, [Key("id", int, True)], paging, CustomerInfo.from_orm)


@router.get("/customers/{int:customer_id}", response=CustomerInfo, summary="One customer")
def read_customer(request: HttpRequest, customer_id: RowId) -> Any:
    """One customer."""
    must_see(request, "view.customers")
    customer = customer_rows().filter(pk=customer_id).first()
    if customer is None:
        raise NotFound(what="customer", which=customer_id)
    return customer
