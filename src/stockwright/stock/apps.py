"""Stock as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class StockConfig(AppConfig):
    """See README.md beside this file."""

    name = "stockwright.stock"
    label = "stock"
