"""The pages of orders and customers."""

from __future__ import annotations

from django.urls import path

from stockwright.orders.pages import customers, finding, listing, record, telling  # noqa: F401 - finding and telling register

urlpatterns = [
    path("orders/", listing.orders, name="orders"),
    path("orders/<int:pk>/", record.order, name="order"),
    path("customers/", customers.customers, name="customers"),
    path("customers/<int:pk>/", customers.customer, name="customer"),
]
