"""Catalogue as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """See README.md beside this file."""

    name = "stockwright.catalog"
    label = "catalog"
