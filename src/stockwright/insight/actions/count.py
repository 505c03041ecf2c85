"""Counting KPIs into days: whatever changed since the last time, or everything anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.insight.models import SourceCount
from stockwright.insight.queries.counting import Bounds, count_days, touched_days
from stockwright.insight.rules import Period, newest, runs
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import copy_rows, execute, fetch
from stockwright.kit.business import calendar
from stockwright.kit.clock import BusinessCalendar, now
from stockwright.kit.kpis import Kpi, Source, all_kpis, all_sources
from stockwright.kit.locks import try_lock, wait_lock

# Clocks of machines differ a little, and a moment is taken before its row is written.
MARGIN = timedelta(seconds=90)


class CountGiven(Given):
    """What to count."""

    first: date | None = Field(None, title="From", description="With it, these days are counted anew from scratch.")
    last: date | None = Field(None, title="To")
    most: int | None = Field(
        None, title="Days of history at most", gt=0,
        description="Of what must be counted from scratch; the next count goes on where this one ends.",
    )  # fmt: skip
    # Two workers need not do the same; a person who asks waits for the one that runs.
    wait: bool = Field(True, title="Wait for a count that runs")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many days were counted, by source, and how many of the history are left, of all sources."""

    days: dict[str, int]
    left: int = 0


@action("insight.count", title=str(_("Count KPIs")), for_people=False)
def count(call: Call, given: CountGiven) -> Counted:  # noqa: ARG001 - sums of facts are no fact themselves
    """Bring the KPIs' day sums up to what the records say.

    A source that is new, or whose contracts changed, is counted from scratch, newest days first; until its turn comes
    a day keeps the sums it had.

    Locks: one name per source, so that two counts never write the same days at once.
    """
    days: dict[str, int] = {}
    left = 0
    clock = calendar()
    for source in all_sources():
        kpis = [kpi for kpi in all_kpis() if kpi.source == source.name]
        if not kpis:
            continue
        lock = f"insight.count {source.name}"
        if given.wait:
            wait_lock(lock)
        elif not try_lock(lock):
            continue
        days[source.name], more = _count_source(source, kpis, clock, given)
        left += more
    return Counted(days, left)


def _count_source(source: Source, kpis: Sequence[Kpi], clock: BusinessCalendar, given: CountGiven) -> tuple[int, int]:
    began, until = now(), _settled_until()
    print_ = _fingerprint(source, kpis, clock)
    known = SourceCount.objects.filter(pk=source.name).first()
    today = clock.day(began)
    periods: list[Period] = []
    if known is None or known.fingerprint != print_:
        history = _everything(source, clock, today)
        _forget_others(kpis, history)
        newest_, left = newest(history, given.most)
    elif given.first:
        # Counting given days anew says nothing about the others.
        periods, until = [Period(given.first, given.last or today)], known.counted_until
        newest_, left = [], known.history
    else:
        touched = touched_days(source, clock, known.counted_until - MARGIN)
        periods = runs([*touched, *_passed(clock.day(known.counted_until), today)])
        newest_, left = newest(known.history, given.most)
    periods += newest_
    for period in periods:
        _rewrite(source, kpis, period, clock)
    SourceCount.objects.update_or_create(
        pk=source.name,
        defaults={
            "fingerprint": print_, "counted_until": until, "counted_at": began,
            "to_count": [[period.first.isoformat(), period.last.isoformat()] for period in left],
        },
    )  # fmt: skip
    return sum(period.days for period in periods), sum(period.days for period in left)


def _settled_until() -> datetime:
    """The instant before which every change is visible: the start of the oldest transaction that still runs."""
    rows = fetch(
        "SELECT least(now(), min(xact_start)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        " AND xact_start IS NOT NULL"
    )
    moment: datetime = rows[0][0]
    return moment


def _fingerprint(source: Source, kpis: Iterable[Kpi], clock: BusinessCalendar) -> str:
    said = [clock.zone, source.name, *(f"{kpi.name}:{kpi.version}" for kpi in kpis)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _passed(counted: date, today: date) -> list[date]:
    """Days that change without any record changing, since a promise passes and a day ends: those not yet over then."""
    first = min(counted, today) - timedelta(days=1)
    return [first + timedelta(days=step) for step in range((today - first).days + 1)]


def _everything(source: Source, clock: BusinessCalendar, today: date) -> list[Period]:
    days = touched_days(source, clock, datetime.fromtimestamp(0, tz=now().tzinfo))
    return runs([*days, today], near=366)


def _forget_others(kpis: Sequence[Kpi], history: Sequence[Period]) -> None:
    """Forget the sums of days that no record lies on; the others are written anew as they are counted."""
    execute(
        "DELETE FROM insight_kpiday d WHERE kpi = ANY(%s) AND NOT EXISTS ("
        "SELECT 1 FROM unnest(%s::date[], %s::date[]) AS p(first, last) WHERE d.day BETWEEN p.first AND p.last)",
        ([kpi.name for kpi in kpis], [period.first for period in history], [period.last for period in history]),
    )


def _rewrite(source: Source, kpis: Sequence[Kpi], period: Period, clock: BusinessCalendar) -> None:
    rows = count_days(source, kpis, Bounds.of(period, clock))
    names = [kpi.name for kpi in kpis]
    execute(
        "DELETE FROM insight_kpiday WHERE kpi = ANY(%s) AND day BETWEEN %s AND %s", (names, period.first, period.last)
    )
    copy_rows("insight_kpiday", ("kpi", "day", "channel_id", "numerator", "denominator"), rows)
