"""The orders room: what customers ordered, and how far it is."""

from __future__ import annotations

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """See README.md beside this file."""

    name = "stockwright.orders"
    label = "orders"
