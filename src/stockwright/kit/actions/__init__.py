"""One verb, every door: an action is written once and performed from pages, API, command line and assistants alike."""

from __future__ import annotations

from stockwright.kit.actions.call import Call, Effect, Fact
from stockwright.kit.actions.concealed import Concealed, to_plain
from stockwright.kit.actions.news import listens
from stockwright.kit.actions.perform import Outcome, can_undo, perform, undo
from stockwright.kit.actions.registry import Action, Given, action, all_actions, get_action

__all__ = [
    "Action",
    "Call",
    "Concealed",
    "Effect",
    "Fact",
    "Given",
    "Outcome",
    "action",
    "all_actions",
    "can_undo",
    "get_action",
    "listens",
    "perform",
    "to_plain",
    "undo",
]
