from __future__ import annotations  # noqa: D100

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The shop to try things on."""

    name = "stockwright.demo"
    label = "demo"
