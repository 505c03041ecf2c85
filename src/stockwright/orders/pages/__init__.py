"""The pages of orders and customers."""

from __future__ import annotations

from django.urls import path

from stockwright.orders.pages import (  # noqa: F401 - some only register
    customers,
    filling,
    finding,
    listing,
    record,
    telling,
)

urlpatterns = [
    path("orders/", listing.orders, name="orders"),
    path("orders/<int:pk>/", record.order, name="order"),
    path("customers/", customers.customers, name="customers"),
    path("customers/<int:pk>/", customers.customer, name="customer"),
]
