"""The ground floor's own verbs: people, keys, comments, notifications, saved views, settings, inbox and outbox.

Importing the package registers them.
"""

from __future__ import annotations

from stockwright.kit.verbs import (
    comment,
    inbox,
    key,
    notification,
    outbox,
    person,
    settings,
    view_saved,
)

__all__ = ["comment", "inbox", "key", "notification", "outbox", "person", "settings", "view_saved"]
