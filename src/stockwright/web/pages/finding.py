"""The command palette: records of every room, pages of the menu, actions."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from stockwright.kit.actions import all_actions
from stockwright.kit.errors import Invalid
from stockwright.kit.forms.form import opens_by_itself
from stockwright.kit.ids import is_number
from stockwright.kit.pages import Found, PageRequest, all_searches, page, read_comments, read_timeline
from stockwright.kit.pages.names import address, permission_of
from stockwright.web.menu import Shown, menu_for

SHORTEST = 2
SHOWN = 6
TIMELINE = 30


class BadPlace(Invalid):
    """This is not where a part of a record's story ended; open the record again."""


@page()
@require_GET
def palette(request: PageRequest) -> HttpResponse:
    """What the words typed into the palette mean: groups of hits."""
    text = request.GET.get("q", "").strip()[:100]
    groups: list[tuple[str, list[Found]]] = []
    if len(text) >= SHORTEST:
        groups = [
            (str(searched.heading), list(searched.search(text))[:SHOWN])
            for searched in all_searches()
            if request.actor.may(searched.permission)
        ]
    groups += [(_("Pages"), _pages(request, text)), (_("Actions"), _actions(request, text))]
    groups = [(heading, hits) for heading, hits in groups if hits]
    return render(request, "stockwright/parts/palette.html", {"groups": groups, "text": text})


@page()
@require_GET
def earlier(request: PageRequest, type_: str, id_: int) -> HttpResponse:
    """More of a record's timeline: what came before the last line shown."""
    _may_read(request, type_)
    before, before_id = _place(request)
    lines = read_timeline(type_, id_, limit=TIMELINE, before=before, before_id=before_id)
    context = {"lines": lines, "type": type_, "id": id_, "more": len(lines) == TIMELINE}
    return render(request, "stockwright/parts/timeline_more.html", context)


@page()
@require_GET
def earlier_comments(request: PageRequest, type_: str, id_: str) -> HttpResponse:
    """More of what was said of a record: what came before the first comment shown."""
    _may_read(request, type_)
    before = request.GET.get("before", "")
    if before and not is_number(before):
        raise BadPlace
    said, more = read_comments(type_, id_, before=int(before or 0))
    context = {"comments": said, "more": more, "type": type_, "id": id_}
    return render(request, "stockwright/parts/comments_more.html", context)


def _may_read(request: PageRequest, type_: str) -> None:
    permission = permission_of(type_)
    if permission and not request.actor.may(permission):
        raise request.actor.refusal(permission)


def _place(request: PageRequest) -> tuple[datetime | None, UUID | None]:
    """Where the part that is shown ended; nowhere asks for the first part."""
    if "before" not in request.GET:
        return None, None
    try:
        before = datetime.fromisoformat(request.GET["before"])
        return before if before.tzinfo else before.replace(tzinfo=UTC), UUID(request.GET.get("before_id", ""))
    except ValueError:
        raise BadPlace from None


def _pages(request: PageRequest, text: str) -> list[Found]:
    every: list[tuple[str, Shown]] = []
    for entry in menu_for(request.actor, "/"):
        every.append(("", entry))
        every += [(entry.label, part) for part in entry.parts]
    hits = [Found(e.label, above, e.url) for above, e in every if text.lower() in e.label.lower()]
    return hits if not text else hits[:SHOWN]


def _actions(request: PageRequest, text: str) -> list[Found]:
    if len(text) < SHORTEST:
        return []
    words = text.lower().split()
    hits = []
    for verb in all_actions():
        title = _(verb.title)
        meant = verb.for_people and all(w in title.lower() for w in words)
        if meant and request.actor.may(verb.name) and opens_by_itself(verb):
            hits.append(Found(title, verb.name, address("do", verb.name)))
    return hits[:SHOWN]
