"""Counting by schedule."""

from __future__ import annotations

from datetime import timedelta

from procrastinate.contrib.django import app

from stockwright.insight.models import StockDay
from stockwright.kit.actions import perform
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM

# What nothing announced (an edited clock, a row changed by hand) is found the night after, this far back.
TRUE_UP_DAYS = 400


@app.periodic(cron="* * * * *")
@app.task(name="insight.count", queue="upkeep", queueing_lock="insight.count")
def count(timestamp: int) -> None:  # noqa: ARG001 - when it was due
    """Count what changed."""
    perform("insight.count", {"wait": False}, actor=SYSTEM, door="job")


@app.periodic(cron="*/5 * * * *")
@app.task(name="insight.close_day", queue="upkeep", queueing_lock="insight.close_day")
def close_day(timestamp: int) -> None:  # noqa: ARG001 - when it was due
    """Close the day that has ended, if that was not done; asked often, as days end at other hours in other zones."""
    if not StockDay.objects.filter(day__gte=calendar().day(now()) - timedelta(days=1)).exists():
        perform("insight.close_day", {}, actor=SYSTEM, door="job")


@app.periodic(cron="40 3 * * *")
@app.task(name="insight.true_up", queue="upkeep", queueing_lock="insight.true_up")
def true_up(timestamp: int) -> None:  # noqa: ARG001 - when it was due
    """Count the last months anew from the records."""
    first = calendar().day(now()) - timedelta(days=TRUE_UP_DAYS)
    perform("insight.count", {"first": first.isoformat()}, actor=SYSTEM, door="job")
