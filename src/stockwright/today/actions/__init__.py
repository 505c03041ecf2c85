"""The verbs of Today: looking, and deciding."""

from __future__ import annotations

from stockwright.today.actions.decide import apply, assign, dismiss, reopen, snooze, undo_applied
from stockwright.today.actions.refresh import refresh

__all__ = ["apply", "assign", "dismiss", "refresh", "reopen", "snooze", "undo_applied"]
