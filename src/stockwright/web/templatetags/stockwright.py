"""What templates need: times and money in words, buttons of actions, the stock bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import template
from django.contrib.messages.storage.base import Message
from django.template import RequestContext
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from stockwright.kit.actions import all_actions
from stockwright.kit.ids import new_id
from stockwright.kit.pages import read_comments, read_timeline, words
from stockwright.kit.pages.names import address

register = template.Library()
TIMELINE = 30


for word in (words.money, words.units, words.plain, words.signed, words.bounded, words.exact, words.when, words.ago):
    register.filter(word.__name__, word)
register.simple_tag(words.time_tag)
register.simple_tag(words.badge)


@register.simple_tag(takes_context=True)
def act(context: RequestContext, name: str, label: Any = "", look: str = "", **given: Any) -> SafeString:
    """A button that opens an action's dialog, filled in; nothing when the action is missing or not permitted."""
    actor = getattr(context.get("request"), "actor", None)
    verb = next((a for a in all_actions() if a.name == name), None)
    if verb is None or actor is None or not actor.may(name):
        return mark_safe("")
    query = urlencode({k: v for k, v in given.items() if v not in (None, "")}, doseq=True)
    look = look or ("danger" if verb.dangerous else "")
    return format_html(
        "<a class='button {}' href='{}?{}' hx-get='{}?{}' hx-target='#dialog-content'>{}</a>",
        look, address("do", name), query, address("do", name), query, label or _(verb.title),
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def act_at(context: RequestContext, url: str, name: str, label: Any = "", look: str = "") -> SafeString:
    """A button that opens an action's dialog at an address that is filled in already; nothing without an address."""
    actor = getattr(context.get("request"), "actor", None)
    verb = next((a for a in all_actions() if a.name == name), None)
    if not url or verb is None or actor is None or not actor.may(name):
        return mark_safe("")
    look = look or ("danger" if verb.dangerous else "")
    return format_html(
        "<a class='button {}' href='{}' hx-get='{}' hx-target='#dialog-content'>{}</a>",
        look,
        url,
        url,
        label or _(verb.title),
    )


@register.simple_tag(takes_context=True)
def act_count(context: RequestContext, variant_id: int, location_id: int | str) -> SafeString:
    """A button that says how many of a variant there are at a location."""
    given = {"location_id": location_id, "lines.0.variant_id": variant_id}
    return act_at(context, f"{address('do', 'stock.count')}?{urlencode(given)}", "stock.count", _("Count"))


@register.simple_tag(takes_context=True)
def act_transfer(context: RequestContext, variant_id: int, location_id: int | str) -> SafeString:
    """A button that plans a transfer of a variant, from a location or to wherever it is needed."""
    given = {"origin_id": location_id, "lines.0.variant_id": variant_id, "lines.0.units": 1, "_choose": "origin_id"}
    url = f"{address('do', 'stock.create_transfer')}?{urlencode(given)}"
    return act_at(context, url, "stock.create_transfer", _("Transfer"))


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


@register.inclusion_tag("stockwright/parts/acts_for.html", takes_context=True)
def acts_for(context: RequestContext, type_: str, id_: int, leave_out: str = "") -> dict[str, Any]:
    """A menu of every action about a record that the person may perform; `leave_out` names those shown elsewhere."""
    actor = getattr(context.get("request"), "actor", None)
    skipped = set(leave_out.split())
    verbs = [
        {
            "title": _(a.title),
            "dangerous": a.dangerous,
            "url": f"{address('do', a.name)}?{urlencode({a.subject_field: id_})}",
        }
        for a in all_actions()
        if a.subject == type_ and a.for_people and a.name not in skipped and actor is not None and actor.may(a.name)
    ]
    return {"verbs": sorted(verbs, key=lambda v: (v["dangerous"], v["title"]))}


@register.inclusion_tag("stockwright/parts/timeline_card.html")
def timeline(type_: str, id_: int) -> dict[str, Any]:
    """What happened to a record, newest first, with a way to what came before."""
    lines = read_timeline(type_, id_, limit=TIMELINE)
    return {"lines": lines, "type": type_, "id": id_, "more": len(lines) == TIMELINE}


@register.inclusion_tag("stockwright/parts/comments.html", takes_context=True)
def comments(context: RequestContext, type_: str, id_: int | UUID) -> dict[str, Any]:
    """What people said of a record, the newest last, with a way to what came before and a place to say more."""
    said, more = read_comments(type_, id_)
    request = context.get("request")
    return {
        "comments": said, "more": more, "type": type_, "id": id_, "key": str(new_id()),
        "csrf_token": context.get("csrf_token"), "next": f"{request.get_full_path() if request else '/'}#comments",
        "may_speak": request is not None and request.actor.may("comment.add"),
    }  # fmt: skip


@register.filter
def undo_call(message: Message) -> str:
    """The call that a message offers to undo."""
    tags = message.extra_tags or ""
    return tags.removeprefix("undo:") if tags.startswith("undo:") else ""


@register.filter
def left(whole: int, gone: int) -> int:
    """What is left."""
    return whole - gone


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
