"""The tables of the ground floor."""

from __future__ import annotations

from stockwright.kit.models.calls import ActionCall
from stockwright.kit.models.flow import InboxMessage, OutboxEffect
from stockwright.kit.models.journal import JournalEvent, JournalObject
from stockwright.kit.models.people import ApiKey, Comment, Notification, Person, SavedView
from stockwright.kit.models.records import ExternalRef, Setting, StoredFile

__all__ = [
    "ActionCall",
    "ApiKey",
    "Comment",
    "ExternalRef",
    "InboxMessage",
    "JournalEvent",
    "JournalObject",
    "Notification",
    "OutboxEffect",
    "Person",
    "SavedView",
    "Setting",
    "StoredFile",
]
