"""Looking at everything, a transaction for each kind of work."""

from __future__ import annotations

from stockwright.kit.actions import perform
from stockwright.kit.people import Actor
from stockwright.kit.proposals import all_watchers


def look_everywhere(actor: Actor, *, door: str) -> tuple[int, int, int]:
    """Run every watcher now, a transaction each; say what was found, what is new and what is gone."""
    found = new = expired = 0
    for watcher in all_watchers():
        one = look_at(watcher.kind, actor, door=door)
        found, new, expired = found + one[0], new + one[1], expired + one[2]
    return found, new, expired


def look_at(kind: str, actor: Actor, *, door: str) -> tuple[int, int, int]:
    """Run one watcher in a transaction of its own, so that nobody who decides waits for all of them."""
    result = perform("today.refresh", {"kind": kind}, actor=actor, door=door).result
    return result.found, result.new, result.expired
