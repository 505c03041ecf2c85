"""KPIs as plain data, for the command line and the API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from stockwright.insight import queries
from stockwright.insight.rules import LONGEST, USUAL_DAYS, Grain, Period
from stockwright.insight.words import in_words
from stockwright.kit.bulk import fetch
from stockwright.kit.business import Shop, calendar, setting
from stockwright.kit.clock import now
from stockwright.kit.errors import Invalid, NotFound
from stockwright.kit.kpis import Kpi, Unit, all_kpis, get_kpi


class BadGrain(Invalid):
    """{grain} is no grain; choose day, week or month."""


class BadDays(Invalid):
    """The first day must not lie after the last, nor more than 30 years before it."""


def contracts() -> list[dict[str, Any]]:
    """Every contract as data."""
    own = queries.targets()
    return [_contract(kpi, queries.target_of(kpi, own)) for kpi in all_kpis()]


def _contract(kpi: Kpi, target: Any) -> dict[str, Any]:
    return {
        "name": kpi.name, "title": str(kpi.title), "definition": str(kpi.definition), "unit": kpi.unit.value,
        "better": kpi.better.value, "numerator": str(kpi.numerator.words),
        "denominator": str(kpi.denominator.words) if kpi.denominator else None, "clock": str(kpi.clock),
        "exclusions": str(kpi.exclusions), "factor": str(kpi.factor), "version": kpi.version,
        "target": None if target is None else str(target), "by_channel": kpi.by_channel,
    }  # fmt: skip


def answer(name: str, first: date | None, last: date | None, *, grain: str = "", channel: str = "") -> dict[str, Any]:
    """A KPI over days, with the sums it is made of, and its course where a grain is named.

    Without days: the 28 that ended yesterday.
    Raises: NotFound, BadDays.
    """
    kpi = get_kpi(name)
    if kpi is None:
        raise NotFound(what="KPI", which=name)
    end = last or calendar().day(now()) - timedelta(days=0 if first else 1)
    period = Period(first or end - timedelta(days=USUAL_DAYS - 1), end)
    if not 0 < period.days <= LONGEST:
        raise BadDays
    channel_id = _channel(channel)
    number = queries.numbers([kpi], period, channel_id)[name]
    told: dict[str, Any] = {
        "kpi": name, "title": str(kpi.title), "from": period.first.isoformat(), "to": period.last.isoformat(),
        "value": _text(number.value), "numerator": _text(number.numerator), "denominator":
        _text(number.denominator) if kpi.denominator else None, "unit": kpi.unit.value,
        "currency": setting(Shop).currency if kpi.unit is Unit.MONEY else None, "version": kpi.version,
        "in_words": in_words(kpi.unit, number.value), "channel": channel or None, "counted_at": queries.counted_at(),
    }  # fmt: skip
    if grain:
        told["grain"] = grain
        told["series"] = [
            {
                "from": point.day.isoformat(), "value": _text(point.value), "numerator": _text(point.numerator),
                "denominator": _text(point.denominator) if kpi.denominator else None,
                "in_words": in_words(kpi.unit, point.value),
            }
            for point in queries.series([kpi], period, Grain(grain), channel_id)[name]
        ]  # fmt: skip
    return told


def _channel(code: str) -> int:
    if not code:
        return 0
    rows = fetch("SELECT id FROM orders_channel WHERE code = %s", (code,))
    if not rows:
        raise NotFound(what="channel", which=code)
    id_: int = rows[0][0]
    return id_


def _text(value: Any) -> str | None:
    """Exact, without trailing noughts: 12.5, 1204."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
