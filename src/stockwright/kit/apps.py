"""The room as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class KitConfig(AppConfig):
    """The ground floor: actions, journal, inbox, outbox, people, clock, money."""

    name = "stockwright.kit"
    label = "kit"

    def ready(self) -> None:
        """Load what each room registers by name: actions, inbox handlers, effects, watchers, jobs."""
        from stockwright.kit.rooms import load_rooms  # noqa: PLC0415 - models must be ready first

        load_rooms()
