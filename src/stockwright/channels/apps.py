from __future__ import annotations  # noqa: D100

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """See README.md beside this file."""

    name = "stockwright.channels"
    label = "channels"
