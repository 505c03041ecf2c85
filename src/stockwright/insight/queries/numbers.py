"""Values of KPIs over periods, from the sums of days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Min

from stockwright.insight.models import KpiTarget, SourceCount
from stockwright.insight.rules import Grain, Period, step_of, steps
from stockwright.kit.bulk import fetch
from stockwright.kit.kpis import Better, Kpi, get_gauge, get_kpi


@dataclass(frozen=True, slots=True)
class Number:
    """A KPI over a period: the value and the two sums it is made of."""

    kpi: str
    numerator: Decimal
    denominator: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a series."""

    day: date
    numerator: Decimal
    denominator: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Change:
    """A number beside the one of the period before."""

    now: Number
    before: Number
    # Relative for amounts, in points for shares; None where one side is missing.
    change: Decimal | None
    # "good", "bad" or "" by the KPI's better direction.
    tone: str


_SUM = (
    "SELECT kpi, sum(numerator), sum(denominator) FROM insight_kpiday"
    " WHERE kpi = ANY(%s) AND day BETWEEN %s AND %s AND (%s = 0 OR channel_id = %s) GROUP BY kpi"
)
_SERIES = (
    "SELECT kpi, day, sum(numerator), sum(denominator) FROM insight_kpiday"
    " WHERE kpi = ANY(%s) AND day BETWEEN %s AND %s AND (%s = 0 OR channel_id = %s) GROUP BY kpi, day"
)
ZERO = Decimal(0)


def numbers(kpis: Iterable[Kpi], period: Period, channel: int = 0) -> dict[str, Number]:
    """The values of KPIs over a period, one index range each.

    Shape: every KPI by name; those without any record have the value None, or 0 where they are plain sums.
    """
    wanted = list(kpis)
    rows = fetch(_SUM, ([kpi.name for kpi in wanted], period.first, period.last, channel, channel))
    sums = {name: (numerator, denominator) for name, numerator, denominator in rows}
    return {kpi.name: _number(kpi, *sums.get(kpi.name, (ZERO, ZERO))) for kpi in wanted}


def series(kpis: Iterable[Kpi], period: Period, grain: Grain, channel: int = 0) -> dict[str, list[Point]]:
    """The values of KPIs step by step.

    Shape: every KPI by name to one point per step, empty steps too.
    """
    wanted = list(kpis)
    sums: dict[tuple[str, date], tuple[Decimal, Decimal]] = {}
    rows = fetch(_SERIES, ([kpi.name for kpi in wanted], period.first, period.last, channel, channel))
    for name, day, numerator, denominator in rows:
        key = (name, step_of(day, grain))
        before = sums.get(key, (ZERO, ZERO))
        sums[key] = (before[0] + numerator, before[1] + denominator)
    days = steps(period, grain)
    return {kpi.name: [_point(kpi, day, sums.get((kpi.name, day), (ZERO, ZERO))) for day in days] for kpi in wanted}


def compare(kpis: Iterable[Kpi], period: Period, channel: int = 0) -> dict[str, Change]:
    """Values of a period beside those of the one before it, of the same length."""
    wanted = list(kpis)
    present, past = numbers(wanted, period, channel), numbers(wanted, period.before(), channel)
    return {kpi.name: _change(kpi, present[kpi.name], past[kpi.name]) for kpi in wanted}


def _number(kpi: Kpi, numerator: Decimal, denominator: Decimal) -> Number:
    return Number(kpi.name, numerator, denominator, kpi.value(numerator, denominator))


def _point(kpi: Kpi, day: date, sums: tuple[Decimal, Decimal]) -> Point:
    return Point(day, *sums, value=kpi.value(*sums))


def _change(kpi: Kpi, present: Number, past: Number) -> Change:
    if present.value is None or past.value is None:
        return Change(present, past, None, "")
    difference = present.value - past.value
    if kpi.unit == "share":
        change: Decimal | None = difference
    else:
        change = difference / past.value if past.value else None
    tone = ""
    if difference and kpi.better is not Better.NEITHER:
        tone = "good" if (difference > 0) == (kpi.better is Better.HIGHER) else "bad"
    return Change(present, past, change, tone)


def targets() -> Mapping[str, Decimal | None]:
    """Targets that the shop set itself."""
    return dict(KpiTarget.objects.values_list("kpi", "target"))


def target_of(kpi: Kpi, own: Mapping[str, Decimal | None]) -> Decimal | None:
    """The shop's own target, else the contract's."""
    return own.get(kpi.name, kpi.target)


def counted_at() -> datetime | None:
    """The moment up to which every source has been counted; None before the first count."""
    moment: datetime | None = SourceCount.objects.aggregate(oldest=Min("counted_at"))["oldest"]
    return moment


def days_to_count() -> int:
    """How many days of history some source has yet to count, under contracts that are new or have changed."""
    return max((sum(period.days for period in source.history) for source in SourceCount.objects.all()), default=0)


def gauge(name: str) -> tuple[int, Decimal] | None:
    """A number as it stands now, and its worth; None where no room declares it."""
    known = get_gauge(name)
    if known is None:
        return None
    count, amount = fetch(known.sql)[0]
    return count, amount


def channels() -> list[tuple[int, str]]:
    """The channels that can be chosen."""
    return [(row[0], row[1]) for row in fetch("SELECT id, name FROM orders_channel ORDER BY name, id")]


def known_kpis(names: Iterable[str]) -> list[Kpi]:
    """The contracts of these names that exist."""
    return [kpi for name in names if (kpi := get_kpi(name)) is not None]
