"""Showing the list, one proposal, and what its action would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_GET

from stockwright.kit.actions import all_actions, get_action, perform
from stockwright.kit.business import Shop, calendar, setting
from stockwright.kit.clock import now
from stockwright.kit.errors import StockwrightError
from stockwright.kit.ids import is_number
from stockwright.kit.models import Comment, Person
from stockwright.kit.pages import PageRequest, name_of, page, say_effect
from stockwright.kit.pages.sentences import fact_lines
from stockwright.kit.people import Actor
from stockwright.today import queries
from stockwright.today.drawing import draw
from stockwright.today.models import Proposal
from stockwright.today.pages import words
from stockwright.today.states import DECIDED, State

# Of what an action would do, the panel shows so much.
FACTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list, in words."""

    proposal: Proposal
    place: int
    when: str
    look: str
    why_here: str
    button: str


def list_context(request: PageRequest, sent: QueryDict) -> dict[str, Any]:
    """Everything the list needs; the tab and the depth come with the address."""
    moment, tab = now(), sent.get("tab") or queries.MINE
    kind = sent.get("kind", "")
    limit = min(500, max(queries.PAGE, _number(sent.get("limit"), queries.PAGE)))
    found = queries.listed(request.actor, moment, tab=tab, kind=kind, limit=limit + 1)
    tabs, worth = queries.tabs(request.actor)
    if not any(known.name == tab for known in tabs):
        # The last of a room was just decided: its tab stays until one leaves it.
        tabs.insert(-1, queries.Tab(tab, 0))
    return {
        "rows": [row_of(ranked, moment) for ranked in found[:limit]],
        "more": limit + queries.PAGE if len(found) > limit else 0,
        "tabs": [(known.name, words.tab_label(known.name), known.count) for known in tabs],
        "tab": tab, "kind": kind, "limit": limit, "worth": worth,
        "rests": queries.rests(request.actor), "failing": queries.failing(), "looked_at": queries.looked_at(),
        "is_empty": not found,
    }  # fmt: skip


def row_of(ranked: queries.Ranked, moment: datetime) -> Row:
    """One proposal as a line."""
    when, look = words.by_when(ranked.proposal.deadline, moment)
    why = words.rank_words(ranked.rank, setting(Shop).currency)
    return Row(ranked.proposal, ranked.place, when, look, why, _button(ranked.proposal))


def _button(proposal: Proposal) -> str:
    """What its one button does: apply at once, look first where the action is not lightly done, or just look."""
    verbs = {verb.name: verb for verb in all_actions()}
    verb = verbs.get(proposal.action)
    if verb is None:
        return "look"
    return "review" if verb.dangerous else "apply"


@page("view.today")
@require_GET
def today(request: PageRequest) -> HttpResponse:
    """The whole page."""
    moment = now()
    context = list_context(request, request.GET)
    chosen = _number(request.GET.get("open"), 0)
    rows = context["rows"]
    first = next((row for row in rows if row.proposal.pk == chosen), rows[0] if rows else None)
    period = words.since_last_work(moment)
    context |= {
        "tiles": words.tiles(period), "about": words.period_in_words(period), "local": calendar().local(moment), "here": first.proposal.pk if first else 0,
    }  # fmt: skip
    if first is not None:
        context |= panel_context(request.actor, first.proposal, moment)
    return render(request, "today/today.html", context)


@page("view.today")
@require_GET
def rows(request: PageRequest) -> HttpResponse:
    """The list alone, for the page that keeps itself up to date."""
    return render(request, "today/list.html", list_context(request, request.GET))


@page("view.today")
@require_GET
def proposal(request: PageRequest, proposal_id: int) -> HttpResponse:
    """One proposal: as the panel at the side, or as a page of its own on a telephone."""
    found = queries.proposal_for(request.actor, proposal_id)
    context = panel_context(request.actor, found, now())
    return render(request, "today/panel.html" if request.partial else "today/proposal.html", context)


def panel_context(actor: Actor, found: Proposal, moment: datetime) -> dict[str, Any]:
    """Evidence, derivation, rank and what may be done."""
    when, look = words.by_when(found.deadline, moment)
    known = {verb.name: verb for verb in all_actions()}
    verb = known.get(found.action)
    others = [
        {"title": option["title"], "action": option["action"], "position": position}
        for position, option in enumerate(found.alternatives)
        if option["action"] in known and actor.may(option["action"])
    ]
    return {
        "found": found, "when": when, "look": look, "drawing": draw(found.picture),
        "room": words.tab_label(found.kind.split(".", 1)[0]), "kind_title": _kind_title(found.kind),
        "subject": name_of(found.subject_type, found.subject_id) if found.subject_id else None,
        "why_here": words.rank_words(queries.rank_of(found, moment), setting(Shop).currency),
        "others": others, "verb": verb, "may": verb is not None and actor.may(verb.name) and actor.may("today.apply"),
        "may_decide": actor.may("today.apply"), "button": _button(found), "agreement": queries.agreement_of(found.kind),
        "is_live": found.state not in {*DECIDED, State.EXPIRED},
        "comments": Comment.objects.filter(type="proposal", object_id=found.pk).select_related("person").order_by("id"),
        "people": Person.objects.filter(is_active=True).order_by("name")[:200],
    }  # fmt: skip


def _kind_title(kind: str) -> str:
    from_registry = queries.kind_titles().get(kind)
    return from_registry or kind


@page("view.today")
@require_GET
def preview(request: PageRequest, proposal_id: int) -> HttpResponse:
    """What applying it would change and send: the action itself is run and rolled back."""
    found = queries.proposal_for(request.actor, proposal_id)
    context: dict[str, Any] = {"found": found}
    try:
        get_action(found.action)
        outcome = perform(found.action, found.given, actor=request.actor, dry_run=True, door="web")
    except StockwrightError as error:
        context["refusal"] = error.message
    else:
        context["changes"] = fact_lines(outcome.facts, FACTS_SHOWN)
        context["sent"] = [say_effect(effect) for effect in outcome.effects[:FACTS_SHOWN]]
        context["more_sent"] = max(0, len(outcome.effects) - FACTS_SHOWN)
    return render(request, "today/preview.html", context)


@page("view.today")
@require_GET
def decided(request: PageRequest) -> HttpResponse:
    """What was decided last, and by whom; from here it can be taken back."""
    found = [
        {"proposal": one, "undo": one.state in {State.APPLIED, State.EDITED} and _can_undo(one), "state": one.state}
        for one in queries.decided(request.actor)
    ]
    return render(request, "today/decided.html", {"found": found})


def _can_undo(found: Proposal) -> bool:
    verb = next((verb for verb in all_actions() if verb.name == found.action), None)
    return verb is not None and verb.inverse is not None


def _number(text: str | None, default: int) -> int:
    return int(text) if text and is_number(text) and len(text) < 10 else default  # noqa: PLR2004 - fits any integer
