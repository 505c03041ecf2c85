"""Performing any action from a page: its form, its preview, its undo."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from pydantic import BaseModel, SecretStr

from stockwright.kit.actions import get_action, undo
from stockwright.kit.errors import Kind, NotFound, NotPermitted, StockwrightError
from stockwright.kit.forms import ActionForm, all_picks, filled_in, form_of, held_now
from stockwright.kit.forms.fields import fields_of
from stockwright.kit.forms.form import read_form
from stockwright.kit.forms.meanwhile import Meanwhile, compare, seal_shown
from stockwright.kit.forms.picks import is_whole
from stockwright.kit.ids import is_number
from stockwright.kit.models import ActionCall
from stockwright.kit.pages import PageRequest, act, name_all, page, say
from stockwright.kit.pages.door import key_of


@page()
def do(request: PageRequest, name: str) -> HttpResponse:
    """Show the form of an action (GET), preview it or perform it (POST)."""
    if not request.actor.may(get_action(name).name):
        raise request.actor.refusal(name)
    return _sent(request, name) if request.method == "POST" else _opened(request, name)


def _opened(request: PageRequest, name: str) -> HttpResponse:
    shown = [key for key in request.GET if not key.startswith("_")]
    # What the page has decided (this order, this variant) is not asked again.
    # The page it is opened from has decided the record, unless that is only where it begins.
    hidden = [key for key in shown if key == get_action(name).subject_field and key != request.GET.get("_choose")]
    held = held_now(name, request.GET)
    form = form_of(name, filled_in(request.GET, held), hidden=hidden)
    form.shown = seal_shown(held) if held is not None else ""
    return _answer(request, form, hidden)


def _sent(request: PageRequest, name: str) -> HttpResponse:
    held = held_now(name, request.POST)
    met = _met(request, name, held)
    form = form_of(name, met.sent)
    form.shown = seal_shown(held) if held is not None else ""
    if met.conflicts:
        form.refuse_meanwhile(met)
        return _answer(request, form, request.POST.getlist("_hidden"), status=409)
    given = read_form(form, met.sent, untouched=met.untouched)
    preview = "_preview" in request.POST
    if form.needs_reason and not form.reason.strip():
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
    return go_back(request)


def _met(request: PageRequest, name: str, held: QueryDict | None) -> Meanwhile:
    """What was changed while the form lay open; of a form that is sent twice the first time has decided."""
    key = key_of(request)
    if held is None or (key and ActionCall.objects.filter(actor=request.actor.code, action=name, key=key).exists()):
        return Meanwhile(request.POST)
    return compare(fields_of(get_action(name).given), request.POST, held, whole=is_whole(name))


def _secrets(result: object) -> list[tuple[str, str]]:
    """What a result shows this once and never again: a key, a link."""
    fields = result.__class__.model_fields if isinstance(result, BaseModel) else {}
    found = [(name.capitalize(), getattr(result, name)) for name in fields]
    return [(name, value.get_secret_value()) for name, value in found if isinstance(value, SecretStr)]


def _show_once(request: PageRequest, form: ActionForm, secrets: list[tuple[str, str]]) -> HttpResponse:
    context = {"form": form, "secrets": secrets, "next": next_page(request), "partial": request.partial}
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
        "next": next_page(request), "reason_error": reason_error,
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
    ids = [int(part) for part in str(field.value).replace(",", " ").split() if is_number(part)]
    named = name_all((form.verb.subject, id_) for id_ in ids[:5])
    return ", ".join(name.label for name in named.values())


def next_page(request: PageRequest) -> str:
    """Where to go afterwards: where the form was opened from, within this site."""
    wanted = request.POST.get("_next") or request.GET.get("_next") or request.headers.get("HX-Current-URL") or ""
    wanted = wanted or request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else "/"


def go_back(request: PageRequest) -> HttpResponse:
    """To where the form was opened from."""
    target = next_page(request)
    if not request.partial:
        return HttpResponseRedirect(target)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = target
    return response


@page()
@require_POST
def undo_call(request: PageRequest, call_id: UUID) -> HttpResponse:
    """Undo an earlier call."""
    undo(call_id, actor=request.actor, reason=request.POST.get("_reason", ""), door="web")
    say(request, _("Undone."))
    return go_back(request)


@page()
@require_GET
def pick(request: PageRequest, type_: str) -> HttpResponse:
    """The choices of a picker for what has been typed, as JSON."""
    picker = next((p for p in all_picks() if p.type == type_), None)
    if picker is None:
        raise NotFound(what="picker", which=type_)
    if not request.actor.may(picker.permission):
        raise request.actor.refusal(picker.permission)
    choices = picker.search(request.GET.get("q", "").strip()[:200])
    return JsonResponse({"choices": [{"value": c.value, "label": c.label, "note": c.note} for c in choices]})
