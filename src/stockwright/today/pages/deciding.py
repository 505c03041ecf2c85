"""Deciding from the page: every button is one of the room's verbs."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from stockwright.kit.actions import Outcome
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.errors import BadInput, NotPermitted, StockwrightError
from stockwright.kit.forms import form_of
from stockwright.kit.forms.form import read_form
from stockwright.kit.ids import is_number
from stockwright.kit.pages import PageRequest, act, page, say, say_effect
from stockwright.kit.pages.sentences import fact_lines
from stockwright.today import queries
from stockwright.today.looking import look_everywhere
from stockwright.today.pages.showing import is_final, list_context

MANY_AT_ONCE = 200
# Of what each of many would do, the dialog shows so much.
FACTS_SHOWN = 3
WHYS = (
    gettext_lazy("Not worth it"),
    gettext_lazy("Already being done"),
    gettext_lazy("The figures are wrong"),
    gettext_lazy("We want it this way"),
)


@page("view.today")
@require_POST
def apply(request: PageRequest, proposal_id: int) -> HttpResponse:
    """Apply it as proposed, or one of its alternatives; what can't be taken back is shown first, and asked for once."""
    found = queries.proposal_for(request.actor, proposal_id)
    given: dict[str, Any] = {"proposal_id": proposal_id}
    name, what, title = found.action, found.given, found.title
    position = request.POST.get("alternative", "")
    if is_number(position) and int(position) < len(found.alternatives):
        option = found.alternatives[int(position)]
        name, what, title = option["action"], option["given"], option["title"]
        given |= {"action": name, "given": what}
    sure = "_sure" in request.POST
    if not sure and is_final(name):
        try:
            outcome = act(request, name, what, dry_run=True)
        except NotPermitted:
            raise
        except StockwrightError:
            # Applied all the same: the refusal is kept with the proposal.
            pass
        else:
            return _ask(request, {"found": found, "title": title, "position": position}, outcome)
    _tell(request, title, act(request, "today.apply", given))
    return _after(request, close=sure)


def _ask(request: PageRequest, context: dict[str, Any], outcome: Outcome) -> HttpResponse:
    """The dialog before what can't be taken back: what it changes and sends, and one button."""
    sent = [say_effect(effect) for effect in outcome.effects[:FACTS_SHOWN]]
    context |= {"changes": fact_lines(outcome.facts, FACTS_SHOWN), "sent": sent}
    if not request.partial:
        return render(request, "today/sure_page.html", context)
    response = render(request, "today/sure.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#dialog-content", "innerHTML"
    return response


@page("view.today")
@require_http_methods(["GET", "POST"])
def edit(request: PageRequest, proposal_id: int) -> HttpResponse:
    """The action's form with the proposed input filled in; preview it, or apply it as changed."""
    found = queries.proposal_for(request.actor, proposal_id)
    form = form_of(found.action, request.POST if request.method == "POST" else _as_sent(found.given))
    context = {"form": form, "found": found}
    if request.method != "POST":
        return render(request, "today/edit.html", context)
    # Fields that the form has no box for are kept as proposed.
    given = {**found.given, **read_form(form, request.POST)}
    try:
        if "_preview" in request.POST:
            form.show_preview(act(request, found.action, given, dry_run=True))
            return render(request, "today/edit.html", context)
        outcome = act(request, "today.apply", {"proposal_id": proposal_id, "given": given})
    except NotPermitted:
        raise
    except StockwrightError as error:
        form.refuse(error)
        return render(request, "today/edit.html", context)
    _tell(request, found.title, outcome)
    return _after(request, close=True)


@page("view.today")
@require_http_methods(["GET", "POST"])
def snooze(request: PageRequest, proposal_id: int) -> HttpResponse:
    """Put it off: ask until when, or do it."""
    found = queries.proposal_for(request.actor, proposal_id)
    if request.method != "POST":
        return render(request, "today/snooze.html", {"found": found, "choices": snooze_choices(now())})
    until = request.POST.get("until", "")
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        raise BadInput(({"field": "until", "message": _("a date and a time, please"), "type": "value"},)) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(calendar().zone))
    say(request, _("Put off: {what}").format(what=found.title),
        act(request, "today.snooze", {"proposal_id": proposal_id, "until": moment}))  # fmt: skip
    return _after(request, close=True)


@page("view.today")
@require_http_methods(["GET", "POST"])
def dismiss(request: PageRequest, proposal_id: int) -> HttpResponse:
    """Say no: ask why, or do it."""
    found = queries.proposal_for(request.actor, proposal_id)
    why = request.POST.get("other", "").strip() or request.POST.get("why", "")
    if request.method != "POST" or not why:
        context = {"found": found, "whys": WHYS, "asked": request.method == "POST"}
        return render(request, "today/dismiss.html", context)
    say(request, _("Dismissed: {what}").format(what=found.title),
        act(request, "today.dismiss", {"proposal_id": proposal_id, "why": why}))  # fmt: skip
    return _after(request, close=True)


@page("view.today")
@require_POST
def assign(request: PageRequest, proposal_id: int) -> HttpResponse:
    """Give it to somebody, with a word."""
    queries.proposal_for(request.actor, proposal_id)
    person = request.POST.get("person_id", "")
    act(
        request, "today.assign",
        {"proposal_id": proposal_id, "person_id": int(person) if is_number(person) else None,
         "comment": request.POST.get("comment", "")},
    )  # fmt: skip
    say(request, _("Given to somebody, who is told.") if person else _("Given to nobody."))
    return _after(request)


@page("view.today")
@require_POST
def many(request: PageRequest) -> HttpResponse:
    """Apply the chosen ones, each by itself, once it was seen what that would do: what one refuses stops no other."""
    chosen = [int(text) for text in request.POST.getlist("ids")[:MANY_AT_ONCE] if is_number(text)]
    if "_looked" not in request.POST:
        return _look_at_many(request, chosen)
    done, failed = 0, []
    for proposal_id in chosen:
        try:
            outcome = act(request, "today.apply", {"proposal_id": proposal_id})
        except StockwrightError as error:
            failed.append(error.message)
        else:
            if outcome.result.state == "failed":
                failed.append(outcome.result.why)
            else:
                done += 1
    if done:
        say(request, ngettext("{n} applied.", "{n} applied.", done).format(n=done))
    if failed:
        words = ngettext("{n} could not be applied: {why}", "{n} could not be applied; the first: {why}", len(failed))
        say(request, words.format(n=len(failed), why=failed[0]), bad=True)
    return _after(request, close=True)


def _look_at_many(request: PageRequest, chosen: list[int]) -> HttpResponse:
    """What applying each of them would change, or why it can't be applied: every action is run and rolled back."""
    able, refused = [], []
    for found in queries.on_list(request.actor).filter(pk__in=chosen).order_by(*queries.ORDER):
        try:
            outcome = act(request, found.action, found.given, dry_run=True)
        except StockwrightError as error:
            refused.append((found, error.message))
        else:
            able.append((found, fact_lines(outcome.facts, FACTS_SHOWN), len(outcome.effects)))
    final = sum(is_final(found.action) for found, *_rest in able)
    context = {
        "able": able,
        "refused": refused,
        "final": final,
        "worth": sum((found.value for found, *_rest in able), Decimal(0)),
    }
    return render(request, "today/many.html", context)


@page("today.refresh")
@require_POST
def look_again(request: PageRequest) -> HttpResponse:
    """Run all watchers now."""
    found, new, expired = look_everywhere(request.actor, door="web")
    say(request, _("Looked again: {found} things to do, {new} new, {gone} gone.").format(
        found=found, new=new, gone=expired))  # fmt: skip
    return _after(request)


def snooze_choices(moment: datetime) -> list[tuple[str, datetime]]:
    """Until when people mostly want it: an hour, tomorrow morning, next Monday, a week."""
    shop = calendar()
    zone, today = ZoneInfo(shop.zone), shop.day(moment)
    morning = time(shop.opens.hour, shop.opens.minute)
    monday = today + timedelta(days=8 - today.isoweekday())
    return [
        (_("One hour"), moment + timedelta(hours=1)),
        (_("Tomorrow morning"), datetime.combine(today + timedelta(days=1), morning, zone)),
        (_("Monday morning"), datetime.combine(monday, morning, zone)),
        (_("A week"), moment + timedelta(days=7)),
    ]


def _as_sent(given: dict[str, Any]) -> QueryDict:
    """The proposed input as a form would have sent it."""
    sent = QueryDict(mutable=True)
    for name, value in given.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for position, row in enumerate(value):
                for part, inner in row.items():
                    sent[f"{name}.{position}.{part}"] = "" if inner is None else str(inner)
        elif isinstance(value, list):
            sent.setlist(name, [str(one) for one in value])
        elif value is not None:
            sent[name] = str(value)
    return sent


def _tell(request: PageRequest, title: str, outcome: Outcome) -> None:
    result = outcome.result
    state = result["state"] if isinstance(result, dict) else result.state
    why = result["why"] if isinstance(result, dict) else result.why
    if state == "failed":
        say(request, _("Not applied: {why}").format(why=why), bad=True)
    else:
        say(request, _("Applied: {what}").format(what=title), outcome)


def _after(request: PageRequest, *, close: bool = False) -> HttpResponse:
    """The list as it is now, with a word about what was done; a whole page where there is no htmx."""
    if not request.partial:
        return HttpResponseRedirect(reverse("today"))
    sent = request.POST.copy()
    if "alone" in sent:
        # Decided on the proposal's own page: the list says what came of it.
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("today")
        return response
    response = render(request, "today/after.html", list_context(request, sent))
    response["HX-Retarget"], response["HX-Reswap"] = "#today-list", "innerHTML"
    if close:
        response["HX-Trigger"] = "decided"
    return response
