"""Finds what the rooms register: importing a room's actions.py, jobs.py or watch.py is what registers it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

# The ground floor's `actions` is the mechanism; its own verbs are in `verbs`.
REGISTERING_MODULES = ("actions", "verbs", "inbox_handlers", "effects", "jobs", "watch", "kpis")


def load_rooms() -> None:
    """Import every registering module of every installed room of the package, once."""
    for config in apps.get_app_configs():
        if not config.name.startswith("stockwright."):
            continue
        for module in REGISTERING_MODULES:
            name = f"{config.name}.{module}"
            if find_spec(name) is not None:
                import_module(name)
