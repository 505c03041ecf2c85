"""Showing the list, one proposal, and what its action would do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from stockwright.kit.actions import all_actions, can_undo, get_action, perform
from stockwright.kit.business import Shop, calendar, setting
from stockwright.kit.clock import now
from stockwright.kit.errors import StockwrightError
from stockwright.kit.ids import is_number
from stockwright.kit.lists import export
from stockwright.kit.models import ActionCall, Person
from stockwright.kit.pages import PageRequest, must, name_of, page, read_comments, say_effect
from stockwright.kit.pages.sentences import fact_lines
from stockwright.kit.people import Actor
from stockwright.today import queries
from stockwright.today.drawing import draw
from stockwright.today.first_steps import first_steps
from stockwright.today.models import Proposal
from stockwright.today.pages import words
from stockwright.today.states import DECIDED, State

# Of what an action would do, the panel shows so much.
FACTS_SHOWN = 5
COMMENTS_SHOWN = 3


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
        "tab": tab, "kind": kind, "kind_title": _kind_title(kind), "limit": limit, "worth": worth,
        "rests": queries.rests(request.actor), "looked_at": queries.looked_at(),
        "failing": [(_kind_title(run.kind), run.error) for run in queries.failing()],
        "may_export": request.actor.may("export.today"), "steps": _steps(request.actor),
        "may_measure": request.actor.may("view.insight"),
    }  # fmt: skip


def _steps(actor: Actor) -> list[dict[str, Any]]:
    """The first steps of a fresh shop; the first open one that is theirs stands out."""
    steps = first_steps()
    first = next((step for step in steps if not step.done and actor.may(step.needs)), None)
    return [asdict(step) | {"may": actor.may(step.needs), "next": step is first} for step in steps]


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


def is_final(name: str) -> bool:
    """Whether what the action does can't be taken back."""
    verb = next((verb for verb in all_actions() if verb.name == name), None)
    return verb is not None and verb.inverse is None


@page("view.today")
@require_GET
def today(request: PageRequest) -> HttpResponseBase:
    """The whole page."""
    if request.GET.get("export") == "csv":
        return _as_file(request)
    moment = now()
    context = list_context(request, request.GET)
    chosen = _number(request.GET.get("open"), 0)
    rows = context["rows"]
    first = next((row for row in rows if row.proposal.pk == chosen), rows[0] if rows else None)
    period = words.since_last_work(moment)
    context |= {
        "tiles": words.tiles(period) if request.actor.may("view.insight") else [],
        "about": words.period_in_words(period), "local": calendar().local(moment), "here": first.proposal.pk if first else 0,
    }  # fmt: skip
    if first is not None:
        context |= panel_context(request.actor, first.proposal, moment)
    return render(request, "today/today.html", context)


def _as_file(request: PageRequest) -> HttpResponseBase:
    must(request, "export.today")
    found = queries.on_list(request.actor, request.GET.get("tab") or queries.MINE, request.GET.get("kind", ""))
    heads = (_("At stake"), _("What to do"), _("Why"), _("By when"), _("Kind"), _("Given to"), _("State"))
    titles = queries.kind_titles()
    return export("today", heads, (
        (p.value, p.title, p.reason, p.deadline, titles.get(p.kind, p.kind), str(p.assignee or ""), words.state_label(p.state))
        for p in found.select_related("assignee").order_by(*queries.ORDER).iterator()
    ))  # fmt: skip


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
        # Called only by the template that shows them: a page of its own has them all.
        "comments": lambda: read_comments("proposal", found.pk)[0][-COMMENTS_SHOWN:], "state": words.state_label(found.state),
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
def decided(request: PageRequest) -> HttpResponseBase:
    """What was decided last, and by whom; from here it can be taken back."""
    rows_ = queries.decided(request.actor)
    if request.GET.get("export") == "csv":
        must(request, "export.today")
        heads = (_("When"), _("What"), _("Decision"), _("Why"), _("Who"), _("At stake"))
        return export("decided", heads, (
            (p.decided_at, p.title, words.state_label(p.state), p.why, p.decided_name, p.value) for p in rows_.iterator()
        ))  # fmt: skip
    limit = min(500, max(queries.PAGE, _number(request.GET.get("limit"), queries.PAGE)))
    shown = list(rows_[: limit + 1])
    done = [one.applied_call for one in shown if one.state in {State.APPLIED, State.EDITED}]
    undoable = {pk for pk, call in ActionCall.objects.in_bulk([pk for pk in done if pk]).items() if can_undo(call)}
    found = [
        {"proposal": one, "undo": one.applied_call in undoable, "state": words.state_label(one.state)}
        for one in shown[:limit]
    ]
    context = {
        "found": found, "may_export": request.actor.may("export.today"),
        "more": limit + queries.PAGE if len(shown) > limit else 0,
    }  # fmt: skip
    return render(request, "today/decided.html", context)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and is_number(text) and len(text) < 10 else default  # noqa: PLR2004 - fits any integer
