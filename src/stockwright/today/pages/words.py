"""What the templates say: deadlines, ranks, tabs, yesterday's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from stockwright.insight import queries as insight
from stockwright.insight.rules import Period
from stockwright.insight.words import in_words
from stockwright.kit.business import Shop, calendar, setting
from stockwright.kit.kpis import get_gauge, get_kpi
from stockwright.kit.money import format_money
from stockwright.kit.pages.names import address
from stockwright.today.queries import ALL, MINE
from stockwright.today.rules import UNHURRIED, Rank, urgency
from stockwright.today.states import State

# A deadline nearer than this is told in hours and minutes.
NEAR_HOURS = 6
# Whoever rests longer is told of the last so many days.
LONGEST_BREAK = 10
# What the page says about yesterday, in this order; those that nobody declares are left out.
YESTERDAY = ("on_time_ship", "order_fill_rate", "lines_short", "orders", "revenue")


@dataclass(frozen=True, slots=True)
class Tile:
    """A number on top of the page."""

    name: str
    figure: str
    note: str
    look: str
    url: str
    hint: str


def tab_label(name: str) -> str:
    """A tab in words; a room without one is called by its name."""
    known = {
        MINE: _("Mine"), ALL: _("All"), "orders": _("Orders"), "stock": _("Stock"), "flow": _("In and out"),
        "channels": _("Channels"), "purchasing": _("Purchase"), "service": _("Service"), "listings": _("Listings"),
        "fulfilment": _("Fulfil"), "insight": _("Performance"),
    }  # fmt: skip
    return known.get(name) or name.replace("_", " ").capitalize()


def state_label(state: str) -> str:
    """What became of a proposal, in a word or two."""
    known = {
        State.OPEN: _("open"), State.SNOOZED: _("put off"), State.APPLIED: _("applied"), State.EDITED: _("applied, edited"),
        State.DISMISSED: _("dismissed"), State.EXPIRED: _("gone by itself"), State.FAILED: _("refused"),
    }  # fmt: skip
    return known[State(state)]


def by_when(deadline: datetime | None, now: datetime) -> tuple[str, str]:
    """A deadline in words and its look: minutes and hours while it is near, then days."""
    look = urgency(deadline, now).value
    if deadline is None:
        return _("when convenient"), look
    minutes = int((deadline - now).total_seconds() // 60)
    if minutes <= 0:
        return _("{span} late").format(span=_span(max(-minutes, 1))), look
    if minutes < NEAR_HOURS * 60:
        return _("in {span}").format(span=_span(minutes)), look
    return _day_in_words(deadline, now), look


def _span(minutes: int) -> str:
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return _("{n} min").format(n=minutes)
    if minutes < NEAR_HOURS * 60:
        return _("{h} h {m:02d}").format(h=minutes // 60, m=minutes % 60)
    hours = minutes // 60
    return _("{n} h").format(n=hours) if hours < 48 else _("{n} days").format(n=hours // 24)  # noqa: PLR2004 - two days


def _day_in_words(deadline: datetime, now: datetime) -> str:
    shop = calendar()
    local = shop.local(deadline)
    days = (local.date() - shop.day(now)).days
    if days <= 1:
        return (_("today {clock}") if days == 0 else _("tomorrow {clock}")).format(clock=f"{local:%H:%M}")
    # Within a week a weekday's name is unmistakable.
    return f"{local:%A}" if days < 7 else f"{local.day} {local:%b}"  # noqa: PLR2004


def rank_words(rank: Rank, currency: str) -> str:
    """Why it stands where it stands."""
    sure = "" if rank.confidence == 1 else _(" × {share} % sure").format(share=round(rank.confidence * 100))
    if rank.deadline is None or rank.hours_left >= UNHURRIED:
        left = _("a week, as nothing presses")
    elif rank.hours_left <= 1:
        left = _("1 h, as it is due now")
    else:
        left = _("{n} h left").format(n=f"{rank.hours_left:.1f}")
    return _("{value}{sure} ÷ {left} = {rate} for each hour of waiting").format(
        value=format_money(rank.value, currency), sure=sure, left=left, rate=format_money(rank.per_hour, currency)
    )


def since_last_work(now: datetime) -> Period:
    """Yesterday; after days off, the last working day and all that followed."""
    shop = calendar()
    yesterday = shop.day(now) - timedelta(days=1)
    first = yesterday
    while not shop.works(first) and (yesterday - first).days < LONGEST_BREAK:
        first -= timedelta(days=1)
    return Period(first, yesterday)


def period_in_words(period: Period) -> str:
    """Which days the numbers on top are about."""
    if period.days == 1:
        return _("numbers of yesterday")
    return _("numbers of {first} to {last}").format(first=f"{period.first:%A}", last=f"{period.last:%A}")


def tiles(period: Period) -> list[Tile]:
    """The last days in five numbers, against targets where there are any, else against the week before."""
    week_before = Period(period.first - timedelta(days=7), period.last - timedelta(days=7))
    kpis = insight.known_kpis(YESTERDAY)
    values, before = insight.numbers(kpis, period), insight.numbers(kpis, week_before)
    own = insight.targets()
    made: list[Tile] = []
    for name in YESTERDAY:
        if (gauge := get_gauge(name)) is not None and (counted := insight.gauge(name)) is not None:
            made.append(_gauge_tile(str(gauge.title), str(gauge.definition), gauge.url, *counted))
        elif (kpi := get_kpi(name)) is not None:
            value, past = values[name].value, before[name].value
            target = insight.target_of(kpi, own)
            note, look = _against(kpi, value, past, target)
            url = f"{address('kpi', name)}?first={period.first}&last={period.last}"
            made.append(Tile(str(kpi.title), in_words(kpi.unit, value), note, look, url, str(kpi.definition)))
    return made


def _gauge_tile(title: str, definition: str, url: str, count: int, amount: Decimal) -> Tile:
    note = format_money(amount, setting(Shop).currency) if count else ""
    return Tile(title, f"{count:,}", note, "bad" if count else "good", url, definition)


def _against(kpi: Any, value: Decimal | None, past: Decimal | None, target: Decimal | None) -> tuple[str, str]:
    if value is None:
        return _("none"), ""
    if target is not None:
        met = value >= target if kpi.better == "higher" else value <= target
        return _("target {target}").format(target=in_words(kpi.unit, target)), "good" if met else "bad"
    if not past:
        return "", ""
    change = (value - past) / past * 100
    look = (
        "" if not change or kpi.better == "neither" else "good" if (change > 0) == (kpi.better == "higher") else "bad"
    )
    return _("{change} % on the week").format(change=f"{change:+.0f}".replace("-", "−")), look
