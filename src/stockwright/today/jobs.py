"""Looking by schedule."""

from __future__ import annotations

from datetime import timedelta

from procrastinate.contrib.django import app

from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM, Actor
from stockwright.kit.proposals import all_watchers
from stockwright.today.models import WatcherRun

# A job that starts a little early must not skip a turn.
SLACK = timedelta(seconds=20)


@app.periodic(cron="* * * * *")
@app.task(name="today.refresh", queue="upkeep", queueing_lock="today.refresh")
def refresh(timestamp: int) -> None:  # noqa: ARG001 - when it was due
    """Run the watchers whose turn it is."""
    looked = dict(WatcherRun.objects.values_list("kind", "looked_at"))
    moment = now()
    for watcher in all_watchers():
        last = looked.get(watcher.kind)
        if last is None or last + timedelta(minutes=watcher.every) - SLACK <= moment:
            look_at(watcher.kind, SYSTEM, door="job")


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
