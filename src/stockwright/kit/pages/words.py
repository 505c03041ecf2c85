"""Quantities, money and times as people read them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stockwright.kit.business import Shop, calendar, setting
from stockwright.kit.clock import now
from stockwright.kit.money import format_money

MENU_BOUND = 999
HOUR, TWO_DAYS = 60, 48 * 60


def money(amount: Decimal | int | None, currency: str = "") -> str:
    """An amount with its currency (the shop's when none is given); a dash when unknown."""
    if amount is None or amount == "":
        return "–"
    return format_money(Decimal(amount), currency or setting(Shop).currency)


def units(number: int | None) -> str:
    """A quantity; nothing is a dash, so that a table is read by what is there."""
    return "–" if not number else f"{number:,}".replace("-", "−")


def plain(number: int) -> str:
    """A number with a real minus; nought is 0."""
    return f"{number:,}".replace("-", "−")


def signed(number: int) -> str:
    """A change: +3, −2."""
    return f"{number:+,}".replace("-", "−")


def bounded(number: int) -> str:
    """A count for the menu: 999+ beyond."""
    return f"{MENU_BOUND}+" if number > MENU_BOUND else f"{number:,}"


def exact(moment: datetime | date | None) -> str:
    """The exact time on the shop's clock."""
    if moment is None:
        return ""
    if not isinstance(moment, datetime):
        return f"{moment:%A} {moment.day} {moment:%B %Y}"
    local = calendar().local(moment)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S %Z}"


def when(moment: datetime | date | None) -> str:
    """A day or a moment near today in words: today 16:00, tomorrow, 3 Nov."""
    if moment is None:
        return "–"
    shop = calendar()
    today = shop.day(now())
    if isinstance(moment, datetime):
        local = shop.local(moment)
        day, clock = local.date(), f" {local:%H:%M}"
    else:
        day, clock = moment, ""
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}.get((day - today).days)
    if near:
        return near + clock
    return f"{day.day} {day:%b}" + (f" {day:%Y}" if day.year != today.year else clock)


def ago(moment: datetime | None) -> str:
    """How long ago, or in how long; beyond a week the date."""
    if moment is None:
        return "–"
    gap = now() - moment
    if abs(gap) >= timedelta(days=7):
        return when(moment)
    words = _span(abs(gap))
    if not words:
        return _("just now")
    return _("{span} ago").format(span=words) if gap > timedelta() else _("in {span}").format(span=words)


def _span(gap: timedelta) -> str:
    minutes = int(gap.total_seconds() // 60)
    if minutes < HOUR:
        return ngettext("{n} min", "{n} min", minutes).format(n=minutes) if minutes else ""
    if minutes < TWO_DAYS:
        return _("{n} h").format(n=minutes // 60)
    return ngettext("{n} day", "{n} days", minutes // 1440).format(n=minutes // 1440)


def time_tag(moment: datetime | date | None, style: str = "ago") -> SafeString:
    """A `<time>` with words for people, and the exact moment on hover."""
    if moment is None:
        return mark_safe("<span class='nothing'>–</span>")
    words = ago(moment) if style == "ago" and isinstance(moment, datetime) else when(moment)
    return format_html("<time datetime='{}' title='{}'>{}</time>", moment.isoformat(), exact(moment), words)


def badge(word: Any, look: str = "") -> SafeString:
    """A worded badge; look is "", bad, soon, good or busy."""
    return format_html("<span class='badge {}'>{}</span>", look, word) if word else mark_safe("")
