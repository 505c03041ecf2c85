"""The room's name in Django."""

from __future__ import annotations

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """See README.md beside this file."""

    name = "stockwright.insight"
    label = "insight"
