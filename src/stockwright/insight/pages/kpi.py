"""One KPI: its course, what it means, and the records behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from stockwright.insight import queries
from stockwright.insight.pages.choosing import Chosen, channel_links, chosen, grains, in_words, periods
from stockwright.insight.pages.overview import meets
from stockwright.insight.queries.records import PAGE, TOP, Record
from stockwright.insight.words import change_in_words, span_in_words
from stockwright.insight.words import in_words as value_in_words
from stockwright.kit.business import calendar
from stockwright.kit.errors import NotFound
from stockwright.kit.ids import is_number
from stockwright.kit.kpis import Kpi, Unit, get_kpi
from stockwright.kit.lists import export
from stockwright.kit.pages import PageRequest, must, name_all, page

# A download takes the records this many at a time, up to so many in all.
BATCH, MOST = 1000, 200_000
EXPORT = "export.kpis"


def _known(name: str) -> Kpi:
    kpi = get_kpi(name)
    if kpi is None:
        raise NotFound(what="KPI", which=name)
    return kpi


@page("view.insight")
@require_GET
def kpi(request: PageRequest, name: str) -> HttpResponse:
    """Chart, definition, records."""
    known, choice = _known(name), chosen(request.GET)
    points = queries.series([known], choice.period, choice.grain, choice.channel)[name]
    compared = queries.compare([known], choice.period, choice.channel)[name]
    target = queries.target_of(known, queries.targets())
    before = request.GET.get("before", "")
    found = queries.records(
        known, choice.period, channel=choice.channel, before=int(before) if is_number(before) else TOP, limit=PAGE + 1
    )
    records = _with_pages(known, found[:PAGE])
    context = {
        "kpi": known, "choice": choice, "period": in_words(choice.period), "periods": periods(choice),
        "grains": grains(choice), "channels": channel_links(choice) if known.by_channel else [],
        "value": value_in_words(known.unit, compared.now.value), "compared": compared,
        "numerator": _sum_in_words(known, compared.now.numerator, of_numerator=True),
        "denominator": _sum_in_words(known, compared.now.denominator, of_numerator=False),
        "change": change_in_words(known.unit, compared.change),
        "before": value_in_words(known.unit, compared.before.value), "before_period": in_words(choice.period.before()),
        "target": "" if target is None else value_in_words(known.unit, target),
        "target_value": target, "met": meets(known, compared.now.value, target),
        "chart": _chart(known, points, target), "points": _table(known, points),
        "records": records, "drill_heads": _heads(known, records), "next": found[PAGE - 1].key if len(found) > PAGE else 0,
        "counted": queries.counted_at(), "query": choice.query(), "may_export": request.actor.may(EXPORT),
    }  # fmt: skip
    return render(request, "insight/kpi.html", context)


def _sum_in_words(known: Kpi, amount: Decimal, *, of_numerator: bool) -> str:
    """A sum on its own: money where the KPI sums money, a plain number otherwise."""
    is_money = known.unit is Unit.MONEY and of_numerator
    return value_in_words(Unit.MONEY if is_money else Unit.COUNT, amount)


def _chart(known: Kpi, points: Iterable[queries.Point], target: Decimal | None) -> dict[str, Any]:
    """What the script draws; shares in per cent."""
    scale = 100 if known.unit is Unit.SHARE else 1
    return {
        "title": str(known.title),
        "unit": "%" if known.unit is Unit.SHARE else "",
        "labels": [f"{point.day.day} {point.day:%b %Y}" for point in points],
        "values": [None if point.value is None else round(float(point.value) * scale, 4) for point in points],
        "target": None if target is None else float(target) * scale,
    }


def _table(known: Kpi, points: list[queries.Point]) -> list[tuple[date, str]]:
    """The chart as words, for those who can't see it."""
    return [(point.day, value_in_words(known.unit, point.value)) for point in points]


def _with_pages(known: Kpi, found: list[Record]) -> list[dict[str, Any]]:
    if known.drill is None:
        return []
    named = name_all((known.drill.type, one.record) for one in found)
    # Columns of amounts, each with as many decimals as all of it needs: they stand under each other.
    places: dict[int, int] = {}
    for one in found:
        for at, value in enumerate(one.columns):
            if isinstance(value, Decimal):
                places[at] = max(places.get(at, 0), 2 * (value != value.to_integral_value()))
    return [
        {
            "label": one.label, "url": named[known.drill.type, one.record].url, "day": one.day,
            "counted": _sum_in_words(known, Decimal(one.counted), of_numerator=True),
            "columns": [
                (value_in_words(Unit.MONEY, value) if at in known.drill.money else _plain(value, places.get(at, 0)), at in places)
                for at, value in enumerate(one.columns)
            ],
        }
        for one in found
    ]  # fmt: skip


def _heads(known: Kpi, records: list[dict[str, Any]]) -> list[tuple[Any, bool]]:
    """The columns of the records, and which are numbers."""
    if known.drill is None or not records:
        return []
    return [
        (head, is_number) for head, (_words, is_number) in zip(known.drill.columns, records[0]["columns"], strict=True)
    ]


def _plain(value: Any, places: int) -> Any:
    match value:
        case None:
            return "–"
        case Decimal():
            return f"{value:,.{places}f}"
        case datetime():
            local = calendar().local(value)
            return f"{local.day} {local:%b %H:%M}"
        case timedelta():
            return span_in_words(value)
    return value


@page("view.insight")
@require_GET
def series_csv(request: PageRequest, name: str) -> HttpResponseBase:
    """The course as a file: each step with both sums and the value."""
    must(request, EXPORT)
    known, choice = _known(name), chosen(request.GET)
    points = queries.series([known], choice.period, choice.grain, choice.channel)[name]
    lines = [(p.day, p.numerator, p.denominator, "" if p.value is None else round(p.value, 6)) for p in points]
    return export(f"{name}-{choice.grain}", ("from", "numerator", "denominator", "value"), lines)


@page("view.insight")
@require_GET
def records_csv(request: PageRequest, name: str) -> HttpResponseBase:
    """The records behind the number as a file."""
    must(request, EXPORT)
    known, choice = _known(name), chosen(request.GET)
    if known.drill is None:
        raise NotFound(what="list of records behind", which=name)
    heads = (known.drill.type, "day", "counted", *(str(column) for column in known.drill.columns))
    return export(f"{name}-records", heads, _all_records(known, choice))


def _all_records(known: Kpi, choice: Chosen) -> Iterator[tuple[Any, ...]]:
    before, sent = TOP, 0
    while sent < MOST:
        found = queries.records(known, choice.period, channel=choice.channel, before=before, limit=BATCH)
        for one in found:
            yield (one.label, one.day, one.counted, *one.columns)
        sent += len(found)
        if len(found) < BATCH:
            return
        before = found[-1].key
