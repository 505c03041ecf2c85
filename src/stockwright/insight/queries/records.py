"""The records behind a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from stockwright.insight.queries.counting import Bounds
from stockwright.insight.rules import Period
from stockwright.kit.bulk import fetch
from stockwright.kit.business import calendar
from stockwright.kit.kpis import Kpi

PAGE = 50
# Keys are positive and rise with time: the first page lies below all that can be.
TOP = 2**62


@dataclass(frozen=True, slots=True)
class Record:
    """A record and how much it adds to the numerator (or, where the KPI is about what went wrong, what it lacks)."""

    key: int
    record: int
    label: str
    day: date
    counted: Decimal
    columns: tuple[Any, ...]


def records(kpi: Kpi, period: Period, *, channel: int = 0, before: int = TOP, limit: int = PAGE) -> list[Record]:
    """The records behind a KPI over a period, newest first.

    Units: at most `limit`; pass the last one's key as `before` for the next page.
    """
    if kpi.drill is None:
        return []
    bounds = Bounds.of(period, calendar()).parameters()
    rows = fetch(kpi.drill.sql, {**bounds, "channel": channel, "before": before, "limit": limit})
    return [Record(row[0], row[1], row[2], row[3], row[4], tuple(row[5:])) for row in rows]
