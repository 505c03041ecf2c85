"""What templates need: times and money in words, buttons of actions, the stock bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.template import RequestContext
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stockwright.kit.actions import all_actions
from stockwright.kit.business import Shop, calendar, setting
from stockwright.kit.clock import now
from stockwright.kit.ids import new_id
from stockwright.kit.money import format_money
from stockwright.kit.pages.names import address

register = template.Library()
MENU_BOUND = 999


@register.filter
def money(amount: Decimal | int | None, currency: str = "") -> str:
    """An amount with its currency (the shop's when none is given); a dash when unknown."""
    if amount is None or amount == "":
        return "–"
    return format_money(Decimal(amount), currency or setting(Shop).currency)


@register.filter
def units(number: int | None) -> str:
    """A quantity; nothing is a dash, so that a table is read by what is there."""
    return "–" if not number else f"{number:,}".replace("-", "−")


@register.filter
def signed(number: int) -> str:
    """A change: +3, −2."""
    return f"{number:+,}".replace("-", "−")


@register.filter
def bounded(number: int) -> str:
    """A count for the menu: 999+ beyond."""
    return f"{MENU_BOUND}+" if number > MENU_BOUND else f"{number:,}"


@register.filter
def exact(moment: datetime | date | None) -> str:
    """The exact time on the shop's clock."""
    if moment is None:
        return ""
    if not isinstance(moment, datetime):
        return f"{moment:%A} {moment.day} {moment:%B %Y}"
    local = calendar().local(moment)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S %Z}"


@register.filter
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


@register.filter
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
    if minutes < 60:  # noqa: PLR2004
        return ngettext("{n} min", "{n} min", minutes).format(n=minutes) if minutes else ""
    if minutes < 48 * 60:
        return _("{n} h").format(n=minutes // 60)
    return ngettext("{n} day", "{n} days", minutes // 1440).format(n=minutes // 1440)


@register.simple_tag
def time_tag(moment: datetime | date | None, style: str = "ago") -> SafeString:
    """A `<time>` with words for people, and the exact moment on hover."""
    if moment is None:
        return format_html("<span class='nothing'>–</span>")
    words = ago(moment) if style == "ago" and isinstance(moment, datetime) else when(moment)
    return format_html("<time datetime='{}' title='{}'>{}</time>", moment.isoformat(), exact(moment), words)


@register.simple_tag
def badge(word: Any, look: str = "") -> SafeString:
    """A worded badge; look is "", bad, soon, good or busy."""
    return format_html("<span class='badge {}'>{}</span>", look, word) if word else format_html("")


@register.simple_tag(takes_context=True)
def act(context: RequestContext, name: str, label: Any = "", look: str = "", **given: Any) -> SafeString:
    """A button that opens an action's dialog, filled in; nothing when the action is missing or not permitted."""
    actor = getattr(context.get("request"), "actor", None)
    verb = next((a for a in all_actions() if a.name == name), None)
    if verb is None or actor is None or not actor.may(name):
        return format_html("")
    query = urlencode({k: v for k, v in given.items() if v not in (None, "")}, doseq=True)
    look = look or ("danger" if verb.dangerous else "")
    return format_html(
        "<a class='button {}' href='{}?{}' hx-get='{}?{}' hx-target='#dialog-content'>{}</a>",
        look, address("do", name), query, address("do", name), query, label or _(verb.title),
    )  # fmt: skip


@register.inclusion_tag("stockwright/parts/act_now.html", takes_context=True)
def act_now(context: RequestContext, name: str, label: Any = "", look: str = "", **given: Any) -> dict[str, Any]:
    """A button that performs an action at once, for what needs no question; nothing when not permitted."""
    request = context.get("request")
    actor = getattr(request, "actor", None)
    verb = next((a for a in all_actions() if a.name == name), None)
    if verb is None or actor is None or not actor.may(name):
        return {"verb": None}
    pairs = [(k, v) for k, vs in given.items() for v in (vs if isinstance(vs, list | tuple) else [vs])]
    return {
        "verb": verb, "label": label or _(verb.title), "look": look, "pairs": pairs, "key": str(new_id()),
        "next": request.get_full_path() if request else "/", "csrf_token": context.get("csrf_token"),
    }  # fmt: skip


@register.filter
def undo_call(message: Message) -> str:
    """The call that a message offers to undo."""
    tags = message.extra_tags or ""
    return tags.removeprefix("undo:") if tags.startswith("undo:") else ""


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """A mapping's value by a key that is a variable."""
    return mapping.get(key) if mapping else None


# Narrower pieces carry no words: they would not fit.
WORD_FITS, NUMBER_FITS = 12.0, 3.0


@register.inclusion_tag("stockwright/parts/bar.html")
def stock_bar(parts: Iterable[tuple[str, Any, int]]) -> dict[str, Any]:
    """Quantities as one bar: (class, word, units) in order; empty ones are left out."""
    kept = [(look, str(word), units_) for look, word, units_ in parts if units_ > 0]
    total = sum(units_ for *_rest, units_ in kept)
    pieces, at = [], 0.0
    for look, word, units_ in kept:
        width = 100 * units_ / total
        text = f"{word} {units_:,}" if width >= WORD_FITS else f"{units_:,}" if width >= NUMBER_FITS else ""
        pieces.append(
            {"look": look, "x": f"{at:.3f}", "width": f"{width:.3f}", "middle": f"{at + width / 2:.3f}", "text": text}
        )
        at += width
    return {"pieces": pieces, "words": ", ".join(f"{word} {units_:,}" for _look, word, units_ in kept)}
