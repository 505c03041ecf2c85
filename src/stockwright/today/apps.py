"""The room's name in Django."""

from __future__ import annotations

from django.apps import AppConfig


class TodayConfig(AppConfig):
    """See README.md beside this file."""

    name = "stockwright.today"
    label = "today"
