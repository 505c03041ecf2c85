"""Performing any action from a page: its form, its preview, its undo."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from pydantic import BaseModel, SecretStr

from stockwright.kit.actions import get_action, perform, undo
from stockwright.kit.errors import Invalid, Kind, NotFound, NotPermitted, StockwrightError
from stockwright.kit.forms import ActionForm, all_picks, filled_in, form_of
from stockwright.kit.forms.form import read_form
from stockwright.kit.pages import PageRequest, act, name_all, name_of, page, say

MANY_AT_ONCE = 500


class TooMany(Invalid):
    """At most {most} at once; narrow the list first."""


@page()
def do(request: PageRequest, name: str) -> HttpResponse:
    """Show the form of an action (GET), preview it or perform it (POST)."""
    if not request.actor.may(get_action(name).name):
        raise NotPermitted(who=request.actor.name, action=name)
    if request.method != "POST":
        shown = [key for key in request.GET if not key.startswith("_")]
        # What the page has decided (this order, this variant) is not asked again.
        hidden = [key for key in shown if key == get_action(name).subject_field]
        return _answer(request, form_of(name, filled_in(name, request.GET), hidden=hidden), hidden)
    form = form_of(name, request.POST)
    given = read_form(form, request.POST)
    preview = "_preview" in request.POST
    if form.needs_reason and not form.reason.strip() and not preview:
        return _answer(request, form, request.POST.getlist("_hidden"), _("Please say why."))
    try:
        outcome = act(request, name, given, dry_run=preview)
    except NotPermitted:
        raise
    except StockwrightError as error:
        form.refuse(error)
        return _answer(request, form, request.POST.getlist("_hidden"), status=_status(error))
    if preview:
        form.show_preview(outcome)
        return _answer(request, form, request.POST.getlist("_hidden"))
    secrets = _secrets(outcome.result)
    if secrets:
        return _show_once(request, form, secrets)
    say(request, _("Done: {what}").format(what=form.title[:1].lower() + form.title[1:]), outcome)
    return _back(request)


def _secrets(result: object) -> list[tuple[str, str]]:
    """What a result shows this once and never again: a key, a link."""
    fields = result.__class__.model_fields if isinstance(result, BaseModel) else {}
    found = [(name.capitalize(), getattr(result, name)) for name in fields]
    return [(name, value.get_secret_value()) for name, value in found if isinstance(value, SecretStr)]


def _show_once(request: PageRequest, form: ActionForm, secrets: list[tuple[str, str]]) -> HttpResponse:
    context = {"form": form, "secrets": secrets, "next": _next(request), "partial": request.partial}
    template = "stockwright/parts/secret_dialog.html" if request.partial else "stockwright/secret.html"
    response = render(request, template, context)
    response["Cache-Control"] = "no-store"
    return response


def _status(error: StockwrightError) -> int:
    return {Kind.NOT_FOUND: 404, Kind.CONFLICT: 409, Kind.REFUSED: 409}.get(error.kind, 422)


def _answer(
    request: PageRequest, form: ActionForm, hidden: list[str], reason_error: str = "", status: int = 200
) -> HttpResponse:
    about = _about(form, hidden)
    context = {
        "form": form, "hidden": hidden, "about": about, "partial": request.partial,
        "next": _next(request), "reason_error": reason_error,
    }  # fmt: skip
    if request.partial:
        # htmx swaps answers of 200 alone; the refusal stands in the form.
        return render(request, "stockwright/parts/action_dialog.html", context)
    return render(request, "stockwright/action.html", context, status=422 if reason_error else status)


def _about(form: ActionForm, hidden: list[str]) -> str:
    """The records that the page has decided, by name."""
    field = next((f for f in form.fields if f.name in hidden and f.name == form.verb.subject_field), None)
    if field is None or not form.verb.subject:
        return ""
    ids = [int(part) for part in str(field.value).replace(",", " ").split() if part.isdigit()]
    named = name_all((form.verb.subject, id_) for id_ in ids[:5])
    return ", ".join(name.label for name in named.values())


def _next(request: PageRequest) -> str:
    """Where to go afterwards: where the form was opened from, within this site."""
    wanted = request.POST.get("_next") or request.GET.get("_next") or request.headers.get("HX-Current-URL") or ""
    wanted = wanted or request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else "/"


def _back(request: PageRequest) -> HttpResponse:
    target = _next(request)
    if not request.partial:
        return HttpResponseRedirect(target)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = target
    return response


@dataclass(slots=True)
class _Tally:
    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@page()
@require_POST
def do_many(request: PageRequest, name: str) -> HttpResponse:
    """One action on the selected rows of a list: all in one call where the action takes several, else one by one."""
    verb = get_action(name)
    if not request.actor.may(name):
        raise NotPermitted(who=request.actor.name, action=name)
    ids = [int(i) for i in request.POST.getlist("ids") if i.isdigit()]
    if len(ids) > MANY_AT_ONCE:
        raise TooMany(most=MANY_AT_ONCE)
    form = form_of(name, request.POST, hidden=[verb.subject_field])
    form.fields = [f for f in form.fields if f.name != verb.subject_field]
    if "_apply" not in request.POST:
        context = {"form": form, "many": ids, "partial": request.partial, "next": _next(request), "tally": None}
        return render(request, "stockwright/parts/many_dialog.html", context)
    tally = _each(request, form, ids)
    words = ngettext("Done for {n} record.", "Done for {n} records.", tally.done).format(n=tally.done)
    if not tally.refused:
        say(request, words)
        return _back(request)
    context = {
        "form": form,
        "many": [],
        "partial": request.partial,
        "next": _next(request),
        "tally": tally,
        "words": words,
    }
    return render(request, "stockwright/parts/many_dialog.html", context)


def _each(request: PageRequest, form: ActionForm, ids: list[int]) -> _Tally:
    verb = form.verb
    given = read_form(form, request.POST)
    tally = _Tally()
    if "array" in str(verb.given.model_json_schema()["properties"].get(verb.subject_field, {})):
        act(request, verb.name, {**given, verb.subject_field: ids})
        tally.done = len(ids)
        return tally
    for id_ in ids:
        try:
            # Each record is a call of its own, so one refusal does not take the others back.
            perform(
                verb.name, {**given, verb.subject_field: id_}, actor=request.actor, door="web",
                reason=request.POST.get("_reason", ""), key=f"{form.key}:{id_}",
            )  # fmt: skip
            tally.done += 1
        except NotPermitted:
            raise
        except StockwrightError as error:
            tally.refused.append((name_of(verb.subject, id_).label, error.message))
    return tally


@page()
@require_POST
def undo_call(request: PageRequest, call_id: UUID) -> HttpResponse:
    """Undo an earlier call."""
    undo(call_id, actor=request.actor, reason=request.POST.get("_reason", ""), door="web")
    say(request, _("Undone."))
    return _back(request)


@page()
@require_GET
def pick(request: PageRequest, type_: str) -> HttpResponse:
    """The choices of a picker for what has been typed, as JSON."""
    picker = next((p for p in all_picks() if p.type == type_), None)
    if picker is None:
        raise NotFound(what="picker", which=type_)
    if not request.actor.may(picker.permission):
        raise NotPermitted(who=request.actor.name, action=picker.permission)
    choices = picker.search(request.GET.get("q", "").strip()[:200])
    return JsonResponse({"choices": [{"value": c.value, "label": c.label, "note": c.note} for c in choices]})
