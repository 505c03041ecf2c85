"""Saved views: a list's filters and order under a name."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.errors import NotFound
from stockwright.kit.models import SavedView
from stockwright.kit.people import Role
from stockwright.kit.verbs.person import own_id


@dataclass(frozen=True, slots=True)
class ViewSaved:
    """A saved view."""

    view_id: int


class SaveViewGiven(Given):
    """Which list, how it is filtered, and what that is called."""

    page: str = Field(title="List", pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    name: str = Field(title="Name", min_length=1, max_length=80)
    query: str = Field(title="Filters", max_length=2000, description="As they stand in the address.")
    shared: bool = Field(default=False, title="For everybody")


@action("view_saved.save", title=_("Save this view"), for_people=False)
def save(call: Call, given: SaveViewGiven) -> ViewSaved:
    """Keep a view under a name; one of yours with the same name is replaced."""
    view, _new = SavedView.objects.update_or_create(
        person_id=own_id(call), page=given.page, name=given.name,
        defaults={"query": given.query.lstrip("?"), "shared": given.shared},
    )  # fmt: skip
    return ViewSaved(view.pk)


class DeleteViewGiven(Given):
    """Which view."""

    view_id: int = Field(title="View")


@action("view_saved.delete", title=_("Delete this view"), for_people=False)
def delete(call: Call, given: DeleteViewGiven) -> ViewSaved:
    """Delete one of your own views; an operations lead may delete a shared one of others."""
    rows = SavedView.objects.filter(pk=given.view_id)
    mine = rows.filter(person_id=own_id(call))
    shared = rows.filter(shared=True) if Role.LEAD.value in call.actor.roles else rows.none()
    if not (mine.delete()[0] or shared.delete()[0]):
        raise NotFound(what="view of yours", which=given.view_id)
    return ViewSaved(given.view_id)
