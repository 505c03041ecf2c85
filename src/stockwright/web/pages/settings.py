"""Settings of the shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.business import GROUPS, SettingGroup, setting
from stockwright.kit.errors import BadInput, NotFound
from stockwright.kit.forms.fields import Field, Option, fields_of
from stockwright.kit.forms.form import plain_words, read_fields
from stockwright.kit.pages import PageRequest, act, page, say

HEADINGS = {
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
    error: str = ""


@page("view.settings")
def settings(request: PageRequest) -> HttpResponse:
    """Every group of the shop's settings as a form; saving performs `settings.change`."""
    groups = [_group(name, model) for name, model in GROUPS.items()]
    if request.method == "POST":
        group = next((g for g in groups if g.name == request.POST.get("group")), None)
        if group is None:
            raise NotFound(what="group of settings", which=request.POST.get("group", ""))
        values = read_fields(fields_of(GROUPS[group.name]), request.POST)
        try:
            outcome = act(request, "settings.change", {"group": group.name, "values": values})
        except BadInput as error:
            _refuse(request, group, error)
            context = {"groups": groups, "may_change": True}
            return render(request, "stockwright/settings.html", context, status=422)
        say(request, _("Settings saved."), outcome)
        return HttpResponseRedirect(request.path)
    context = {"groups": groups, "may_change": request.actor.may("settings.change")}
    return render(request, "stockwright/settings.html", context)


def _group(name: str, model: type[SettingGroup]) -> Group:
    heading, text = HEADINGS.get(name, (name, ""))
    present = setting(model).model_dump(mode="json")
    group = Group(name, str(heading), str(text), fields_of(model))
    for field in group.fields:
        _show(field, present[field.name])
        field.required = field.kind not in ("words", "check", "many")
    return group


def _show(field: Field, value: Any) -> None:
    field.value = value
    if field.name == "working_days":
        field.kind, field.options, field.hint = "many", DAYS, ""
        field.value = [str(v) for v in value]
    elif field.kind == "words":
        field.value = ", ".join(map(str, value))


def _refuse(request: PageRequest, group: Group, error: BadInput) -> None:
    """Show what was typed again, with what is wrong at the field."""
    by_name = {f"values.{f.name}": f for f in group.fields}
    for field in group.fields:
        if field.kind == "many":
            field.value = request.POST.getlist(field.name)
        elif field.name in request.POST:
            field.value = request.POST[field.name]
    for problem in error.facts["problems"]:
        at = by_name.get(".".join(problem["field"].split(".")[:2]))
        if at is not None:
            at.error = plain_words(problem)
        else:
            group.error = plain_words(problem)
