"""Performing an action on the selected rows of a list: asked, shown beforehand, then done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from stockwright.kit.actions import Action, Outcome, get_action, perform
from stockwright.kit.errors import BadInput, Invalid, NotPermitted, StockwrightError
from stockwright.kit.forms import ActionForm, form_of
from stockwright.kit.forms.form import read_form
from stockwright.kit.pages import PageRequest, name_all, page, say
from stockwright.web.pages.doing import go_back, next_page

MANY_AT_ONCE = 500


class TooMany(Invalid):
    """At most {most} at once; narrow the list first."""


@dataclass(slots=True)
class Tally:
    """For how many it is (or would be) done, and which refuse with which words."""

    done: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    # Where all were done in one call.
    outcome: Outcome | None = None


@page()
@require_POST
def do_many(request: PageRequest, name: str) -> HttpResponse:
    """One action on the selected rows: its form, what would come of it, and doing it.

    What takes something away is done only after it was shown what would come of it.
    """
    verb = get_action(name)
    if not request.actor.may(name):
        raise request.actor.refusal(name)
    ids = _numbers(request, "ids")
    if len(ids) > MANY_AT_ONCE:
        raise TooMany(most=MANY_AT_ONCE)
    form = form_of(name, request.POST, hidden=[verb.subject_field])
    form.fields = [f for f in form.fields if f.name != verb.subject_field]
    if "_apply" not in request.POST and "_preview" not in request.POST:
        return _show(request, form, ids)
    if form.needs_reason and not form.reason.strip():
        return _show(request, form, ids, reason_error=_("Please say why."))
    dry_run = "_preview" in request.POST or (verb.dangerous and "_looked" not in request.POST)
    skipped = set() if dry_run else set(_numbers(request, "skip"))
    try:
        tally = _each(request, form, [id_ for id_ in ids if id_ not in skipped], dry_run=dry_run)
    except NotPermitted:
        raise
    except StockwrightError as error:
        form.refuse(error)
        return _show(request, form, ids)
    if dry_run:
        if tally.outcome is not None:
            form.show_preview(tally.outcome)
        return _show(request, form, ids, tally=tally)
    words = ngettext("Done for {n} record.", "Done for {n} records.", tally.done).format(n=tally.done)
    if tally.refused:
        return _show(request, form, [], tally=tally, words=words)
    say(request, words, tally.outcome)
    return go_back(request)


def _numbers(request: PageRequest, name: str) -> list[int]:
    return [int(text) for text in request.POST.getlist(name) if text.isdecimal() and len(text) < 19]  # noqa: PLR2004 - a bigint


def _show(
    request: PageRequest, form: ActionForm, ids: Sequence[int], *, tally: Tally | None = None, words: str = "",
    reason_error: str = "",
) -> HttpResponse:  # fmt: skip
    """The dialog: the form with what would come of it, or (without ids) what came of it."""
    refused = tally.refused if tally else []
    named = name_all((form.verb.subject, id_) for id_, _why in refused)
    context = {
        "form": form, "many": ids, "partial": request.partial, "next": next_page(request), "tally": tally, "words": words,
        "refused": [(named[form.verb.subject, id_].label, why) for id_, why in refused],
        "skip": [id_ for id_, _why in refused], "reason_error": reason_error,
        # What takes something away shows what would come of it before it has a button.
        "may_apply": not form.verb.dangerous or (tally is not None and tally.done),
    }  # fmt: skip
    return render(request, "stockwright/parts/many_dialog.html", context)


def _each(request: PageRequest, form: ActionForm, ids: list[int], *, dry_run: bool) -> Tally:
    """Do it, or find out what would come of it: in one call where the action takes several and none refuses."""
    given = read_form(form, request.POST)
    several = _takes_several(form.verb)
    if several and len(ids) > 1:
        try:
            return Tally(len(ids), outcome=_perform(request, form, given, ids, "", dry_run=dry_run))
        except (NotPermitted, BadInput):
            raise
        except StockwrightError:
            # One refuses for all; each by itself says which.
            pass
    tally = Tally()
    for id_ in ids:
        try:
            _perform(request, form, given, [id_] if several else id_, f":{id_}", dry_run=dry_run)
            tally.done += 1
        except NotPermitted:
            raise
        except StockwrightError as error:
            if isinstance(error, BadInput) and not tally.done and not tally.refused:
                # The form is to blame, not the record.
                raise
            tally.refused.append((id_, error.message))
    return tally


def _perform(
    request: PageRequest, form: ActionForm, given: dict[str, Any], subject: Any, part: str, *, dry_run: bool
) -> Outcome:
    verb = form.verb
    return perform(
        verb.name, {**given, verb.subject_field: subject}, actor=request.actor, door="web", reason=form.reason,
        key=None if dry_run else f"{form.key}{part}", dry_run=dry_run,
    )  # fmt: skip


def _takes_several(verb: Action) -> bool:
    return "array" in str(verb.given.model_json_schema()["properties"].get(verb.subject_field, {}))
