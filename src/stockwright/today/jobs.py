"""Looking by schedule."""

from __future__ import annotations

from datetime import timedelta

from procrastinate.contrib.django import app

from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.kit.proposals import all_watchers
from stockwright.today.looking import look_at
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
