"""Counting from the records themselves: what the sums of days must always agree with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from stockwright.insight.rules import Period
from stockwright.kit.bulk import fetch
from stockwright.kit.clock import BusinessCalendar
from stockwright.kit.kpis import Kpi, Source

KpiDayRow = tuple[str, date, int, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Bounds:
    """A period on the shop's clock, as SQL needs it."""

    first: date
    last: date
    since: datetime
    until: datetime
    zone: str

    @classmethod
    def of(cls, period: Period, clock: BusinessCalendar) -> Bounds:
        """The instants of a period; a day of 23 or 25 hours keeps its own length."""
        return cls(period.first, period.last, clock.bounds(period.first)[0], clock.bounds(period.last)[1], clock.zone)

    def parameters(self) -> dict[str, object]:
        """Named as in a Source."""
        return {
            "first": self.first, "last": self.last, "since": self.since, "until": self.until, "zone": self.zone
        }  # fmt: skip


def count_days(source: Source, kpis: Sequence[Kpi], bounds: Bounds) -> list[KpiDayRow]:
    """Both sums of KPIs over one source, by day and channel, in one pass over the records.

    Shape: (kpi, day, channel, numerator, denominator); days without any record are absent.
    """
    sums = ", ".join(f"{kpi.numerator.sql}, {kpi.denominator.sql if kpi.denominator else '0'}" for kpi in kpis)
    # The expressions are the contracts' own, written in the package; nothing of it comes from outside.
    statement = f"SELECT day, channel_id, {sums} FROM ({source.sql}) s GROUP BY day, channel_id"  # noqa: S608
    found: list[KpiDayRow] = []
    for row in fetch(statement, bounds.parameters()):
        for position, kpi in enumerate(kpis):
            numerator, denominator = row[2 + 2 * position], row[3 + 2 * position]
            if numerator or denominator:
                found.append((kpi.name, row[0], row[1], numerator, denominator))
    return found


def touched_days(source: Source, clock: BusinessCalendar, since: datetime) -> list[date]:
    """The days on which a record of the source changed since an instant."""
    return [row[0] for row in fetch(source.touched, {"changed": since, "zone": clock.zone})]
