"""The web room in Django's eyes."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """See README.md beside this file."""

    name = "stockwright.web"
    label = "web"
