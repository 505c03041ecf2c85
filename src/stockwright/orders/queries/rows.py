"""Querysets for lists that go on where the last page ended; the caller filters, orders and cuts them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from stockwright.orders.models import Customer, Hold, Order, OrderLine, PaymentEntry


def order_rows() -> QuerySet[Order, Any]:
    """Orders, with `channel_code`; without the columns that only one order's page needs."""
    return Order.objects.annotate(channel_code=F("channel__code")).defer(
        "shipping_address", "billing_address", "discounts", "taxes", "search"
    )


def order_whole(order_id: int) -> Order | None:
    """One order with its lines, holds and payments at hand."""
    rows = Order.objects.annotate(channel_code=F("channel__code")).defer("search")
    return rows.prefetch_related("lines", "hold_rows", "payments").filter(pk=order_id).first()


def line_rows(order: Order) -> QuerySet[OrderLine, Any]:
    """The lines of an order."""
    return order.lines.order_by("position")


def hold_rows(order: Order) -> QuerySet[Hold, Any]:
    """The holds of an order, released ones too."""
    return order.hold_rows.order_by("placed_at", "id")


def payment_rows(order: Order) -> QuerySet[PaymentEntry, Any]:
    """What was paid and refunded on an order."""
    return order.payments.order_by("at", "id")


def customer_rows() -> QuerySet[Customer, Any]:
    """Customers."""
    return Customer.objects.defer("search")
