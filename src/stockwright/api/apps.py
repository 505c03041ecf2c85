"""The room as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """See README.md beside this file."""

    name = "stockwright.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
