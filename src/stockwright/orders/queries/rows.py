"""Querysets for lists that go on where the last page ended; the caller filters, orders and cuts them."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import F, QuerySet
from django.db.models.functions import Upper

from stockwright.orders.models import Customer, Hold, Order, OrderLine, PaymentEntry


def order_rows() -> QuerySet[Order, Any]:
    """Orders, with `channel_code`; without the columns that only one order's page needs."""
    return Order.objects.annotate(channel_code=F("channel__code")).defer(
        "shipping_address", "billing_address", "discounts", "taxes", "search"
    )


def of_email(rows: QuerySet[Order, Any], email: str) -> QuerySet[Order, Any]:
    """Orders placed under an e-mail address, in any case, found by the index of words that lists search by."""
    words = SearchQuery(email, config="simple")
    return rows.annotate(upper_email=Upper("email")).filter(search=words, upper_email=email.upper())


def tagged(rows: QuerySet[Order, Any], tag: str) -> QuerySet[Order, Any]:
    """Orders with a tag; said as the partial index says it."""
    return rows.filter(tags__contains=[tag]).exclude(tags=[])


def customers_of_email(rows: QuerySet[Customer, Any], email: str) -> QuerySet[Customer, Any]:
    """The customer with an e-mail address, in any case; said as the unique index says it."""
    return rows.annotate(upper_email=Upper("email")).filter(upper_email=email.upper()).exclude(email="")


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
