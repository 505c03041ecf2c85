"""Saved views of a list as tabs: mine, and those that others share."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from stockwright.kit.models import Person, SavedView


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab above a list."""

    label: str
    url: str
    here: bool
    count: str = ""
    # Of a saved view: its key where the person may delete it, and whose it is.
    saved: int = 0
    note: str = ""


def saved_tabs(page: str, person: Person, here: str, *, first: bool) -> list[Tab]:
    """The saved views that a person sees on a list; with `first`, a tab for the whole list before them."""
    views = (
        SavedView.objects.filter(Q(person=person) | Q(shared=True), page=page)
        .select_related("person")
        .order_by("name", "pk")
    )
    tabs = [
        Tab(
            label=view.name,
            url=f"?{view.query}&saved={view.pk}",
            here=here == str(view.pk),
            saved=view.pk if view.person_id == person.pk or "lead" in person.roles else 0,
            note="" if view.person_id == person.pk else _("shared by {who}").format(who=view.person),
        )
        for view in views
    ]
    return [Tab(_("All"), "?", not here), *tabs] if first and tabs else tabs
