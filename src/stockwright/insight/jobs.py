"""Counting by schedule."""

from __future__ import annotations

from datetime import timedelta

from procrastinate.contrib.django import app

from stockwright.insight.counting import MONTH, count_up
from stockwright.insight.models import StockDay
from stockwright.insight.queries import touched_days
from stockwright.insight.rules import pieces, runs
from stockwright.kit.actions import perform
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.kpis import all_sources
from stockwright.kit.people import SYSTEM

# Every night the days whose records changed this lately are counted once more, a few days at a time: in between, the
# counting of every minute has its turn.
TRUE_UP = timedelta(days=3)
DAYS_AT_ONCE = 3
# The job of the next minute goes on.
PATIENCE = 50.0


@app.periodic(cron="* * * * *")
@app.task(name="insight.count", queue="upkeep", queueing_lock="insight.count")
def count(timestamp: int) -> None:  # noqa: ARG001 - when it was due
    """Count what changed, and the history that was not counted yet."""
    count_up(door="job", wait=False, seconds=PATIENCE)


@app.periodic(cron="*/5 * * * *")
@app.task(name="insight.close_day", queue="upkeep", queueing_lock="insight.close_day")
def close_day(timestamp: int) -> None:  # noqa: ARG001 - when it was due
    """Close the day that has ended, if that was not done; asked often, as days end at other hours in other zones."""
    if not StockDay.objects.filter(day__gte=calendar().day(now()) - timedelta(days=1)).exists():
        perform("insight.close_day", {}, actor=SYSTEM, door="job")


@app.periodic(cron="40 3 * * *")
@app.task(name="insight.true_up", queue="upkeep", queueing_lock="insight.true_up")
def true_up(timestamp: int) -> None:  # noqa: ARG001 - when it was due
    """Count lately changed days anew from the records."""
    clock, since = calendar(), now() - TRUE_UP
    days = {day for source in all_sources() for day in touched_days(source, clock, since)}
    for period in pieces(runs(days, near=1), DAYS_AT_ONCE):
        given = {"first": period.first.isoformat(), "last": period.last.isoformat(), "most": MONTH}
        perform("insight.count", given, actor=SYSTEM, door="job")
