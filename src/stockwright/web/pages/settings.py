"""Settings of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.business import GROUPS, SettingGroup, read_setting
from stockwright.kit.errors import BadInput, NotFound, plain_words
from stockwright.kit.forms.fields import Field, Option, fields_of
from stockwright.kit.forms.form import fill, read_fields
from stockwright.kit.forms.meanwhile import Meanwhile, compare, seal_shown
from stockwright.kit.forms.picks import flat
from stockwright.kit.pages import PageRequest, act, page, say

HEADINGS = {
    "rates": (gettext_lazy("Exchange rates"), gettext_lazy("What other money is worth in the shop's own.")),
    "shop": (gettext_lazy("The shop"), gettext_lazy("Its name, and the money it counts in.")),
    "hours": (gettext_lazy("Hours and promises"), gettext_lazy("When orders are worked on, and so when they leave.")),
    "costs": (gettext_lazy("What delays cost"), gettext_lazy("Rates that turn delays into money on Today.")),
}
DAYS = tuple(
    Option(str(number), str(name))
    for number, name in enumerate(
        (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")), start=1
    )
)


@dataclass(slots=True)
class Group:
    """A group of settings as a form."""

    name: str
    heading: str
    text: str
    fields: list[Field]
    # What it shows, sealed.
    shown: str
    error: str = ""


@page("view.settings")
def settings(request: PageRequest) -> HttpResponse:
    """Every group of the shop's settings as a form; saving performs `settings.change`."""
    groups = [_group(name, model) for name, model in GROUPS.items()]
    if request.method == "POST":
        group = next((g for g in groups if g.name == request.POST.get("group")), None)
        if group is None:
            raise NotFound(what="group of settings", which=request.POST.get("group", ""))
        fields = _fields(GROUPS[group.name])
        met = compare(fields, request.POST, _held(group.name))
        if met.conflicts:
            return _conflict(request, groups, group, met)
        given = _read(fields, met.sent)
        values = {name: value for name, value in given.items() if name not in met.untouched}
        try:
            outcome = act(request, "settings.change", {"group": group.name, "values": values})
        except BadInput as error:
            _refuse(met.sent, group, error)
            context = {"groups": groups, "may_change": True}
            return render(request, "stockwright/settings.html", context, status=422)
        say(request, _("Settings saved."), outcome)
        return HttpResponseRedirect(request.path)
    context = {"groups": groups, "may_change": request.actor.may("settings.change")}
    return render(request, "stockwright/settings.html", context)


def _group(name: str, model: type[SettingGroup]) -> Group:
    heading, text = HEADINGS.get(name, (name, ""))
    present = _held(name)
    group = Group(name, str(heading), str(text), _fields(model), seal_shown(present))
    for field in group.fields:
        field.required = field.kind not in ("words", "check", "many", "rows")
        if field.name == "working_days":
            field.kind, field.options, field.hint = "many", DAYS, ""
        fill(field, present)
    return group


def _held(name: str) -> QueryDict:
    """What a group holds now, as its form would send it."""
    held = read_setting(name).model_dump(mode="json")
    return flat({field: _as_rows(value) if isinstance(value, dict) else value for field, value in held.items()})


def _fields(model: type[SettingGroup]) -> list[Field]:
    """The fields of a group; what maps a currency to its rate is a small table."""
    fields = fields_of(model)
    for made in fields:
        if made.kind == "json":
            made.kind, made.value = "rows", []
            made.parts = (
                Field("currency", "text", _("Currency"), required=True),
                Field("rate", "decimal", _("One is worth"), required=True),
            )
    return fields


def _as_rows(rates: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"currency": code, "rate": rate} for code, rate in rates.items()]


def _read(fields: list[Field], sent: QueryDict) -> dict[str, Any]:
    given = read_fields(fields, sent)
    for made in fields:
        if made.kind == "rows":
            given[made.name] = {row.get("currency", ""): row.get("rate") for row in given[made.name]}
    return given


def _conflict(request: PageRequest, groups: list[Group], group: Group, met: Meanwhile) -> HttpResponse:
    """Somebody else saved the same field while the page lay open."""
    for field in group.fields:
        fill(field, met.sent)
    group.error = met.error().message
    return render(request, "stockwright/settings.html", {"groups": groups, "may_change": True}, status=409)


def _refuse(sent: QueryDict, group: Group, error: BadInput) -> None:
    """Show what was typed again, with what is wrong at the field."""
    by_name = {f"values.{f.name}": f for f in group.fields}
    for field in group.fields:
        fill(field, sent)
    for problem in error.facts["problems"]:
        at = by_name.get(".".join(problem["field"].split(".")[:2]))
        if at is not None:
            at.error = plain_words(problem)
        else:
            group.error = plain_words(problem)
