"""Reading numbers: sums of days, series, and the records behind them."""

from __future__ import annotations

from stockwright.insight.queries.counting import Bounds, count_days, touched_days
from stockwright.insight.queries.numbers import (
    Number,
    Point,
    channels,
    compare,
    counted_at,
    days_to_count,
    gauge,
    known_kpis,
    numbers,
    series,
    target_of,
    targets,
)
from stockwright.insight.queries.records import Record, records

__all__ = [
    "Bounds",
    "Number",
    "Point",
    "Record",
    "channels",
    "compare",
    "count_days",
    "counted_at",
    "days_to_count",
    "gauge",
    "known_kpis",
    "numbers",
    "records",
    "series",
    "target_of",
    "targets",
    "touched_days",
]
