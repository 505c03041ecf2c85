"""One verb, every door: an action is written once and performed from pages, API, command line and assistants alike."""

from __future__ import annotations

from stockwright.kit.actions.call import Call, Effect, Fact
from stockwright.kit.actions.news import listens
from stockwright.kit.actions.perform import Outcome, perform, undo
from stockwright.kit.actions.registry import Action, Given, action, all_actions, get_action

__all__ = [
    "Action",
    "Call",
    "Effect",
    "Fact",
    "Given",
    "Outcome",
    "action",
    "all_actions",
    "get_action",
    "listens",
    "perform",
    "undo",
]
