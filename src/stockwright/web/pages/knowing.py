"""What the ground floor's records are called, how they are picked, and what happens to them in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.actions import all_actions
from stockwright.kit.forms import Choice, fills, picks
from stockwright.kit.ids import is_number
from stockwright.kit.models import ActionCall, ApiKey, InboxMessage, OutboxEffect, Person
from stockwright.kit.pages import Named, names, sentences, tell
from stockwright.kit.pages.names import address
from stockwright.kit.people.roles import LABELS, Role


@names("person", "view.settings")
def name_people(ids: list[int]) -> dict[int, Named]:
    """Names of people."""
    return {p.pk: Named(str(p), p.email, address("person", p.pk)) for p in Person.objects.filter(pk__in=ids)}


@names("api_key", "view.settings")
def name_keys(ids: list[int]) -> dict[int, Named]:
    """Names of API keys."""
    return {k.pk: Named(k.name, k.prefix, address("api_keys")) for k in ApiKey.objects.filter(pk__in=ids)}


@names("inbox_message", "view.flow")
def name_messages(ids: list[int]) -> dict[int, Named]:
    """Topic and number of messages."""
    rows = InboxMessage.objects.filter(pk__in=ids).defer("payload")
    return {m.pk: Named(f"{m.topic} {m.external_id}".strip(), m.source, address("inbox_message", m.pk)) for m in rows}


@names("outbox_effect", "view.flow")
def name_effects(ids: list[int]) -> dict[int, Named]:
    """Kinds of effects."""
    rows = OutboxEffect.objects.filter(pk__in=ids).defer("payload", "answer")
    return {e.pk: Named(e.kind, e.key, address("outbox_effect", e.pk)) for e in rows}


@names("call", "view.flow", key=UUID)
def name_calls(ids: list[UUID]) -> dict[UUID, Named]:
    """What was done, and by whom."""
    titles = {action.name: action.title for action in all_actions()}
    rows = ActionCall.objects.filter(pk__in=ids).only("action", "actor_name", "actor")
    return {
        c.pk: Named(str(titles.get(c.action, c.action)), c.actor_name or c.actor, address("call", c.pk)) for c in rows
    }


def _person_of(value: str) -> Choice | None:
    row = Person.objects.filter(pk=int(value)).first() if is_number(value) else None
    return Choice(str(row.pk), str(row), row.email) if row else None


@picks("person", "", find=_person_of, few=True)
def pick_person(_text: str) -> Sequence[Choice]:
    """People who work here."""
    return [Choice(str(p.pk), str(p), p.email) for p in Person.objects.filter(is_active=True).order_by("name")]


@fills("person.change_roles")
def present_roles(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """The roles somebody has."""
    number = asked.get("person_id", "")
    row = Person.objects.filter(pk=int(number)).first() if is_number(number) else None
    return {"roles": list(row.roles)} if row else {}


sentences(
    {
        "person.invited": gettext_lazy("Invited"),
        "person.joined": gettext_lazy("Account made"),
        "person.renamed": gettext_lazy("Now called {name}"),
        "person.deactivated": gettext_lazy("Deactivated"),
        "person.activated": gettext_lazy("Activated"),
        "person.unlocked": gettext_lazy("Sign-in unlocked"),
        "person.reset_sent": gettext_lazy("Asked for a new password"),
        "person.second_step_removed": gettext_lazy("Second step removed"),
        "key.made": gettext_lazy("API key {name} made"),
        "key.revoked": gettext_lazy("API key {name} revoked"),
        "inbox.replayed": gettext_lazy("Put back in line"),
        "inbox.dismissed": gettext_lazy("Given up"),
        "outbox.replayed": gettext_lazy("Tried again"),
        "outbox.cancelled": gettext_lazy("Not sent"),
        "mail.send": gettext_lazy("Mail: {subject}"),
        "person.invite": gettext_lazy("Mail with an invitation"),
        "person.reset": gettext_lazy("Mail with a link for a new password"),
    }
)


@tell("person.roles_changed")
def roles_changed(data: Mapping[str, Any]) -> str:
    """Roles before and after."""
    return _("Roles: {before} → {after}").format(before=_roles(data["before"]), after=_roles(data["after"]))


def _roles(codes: Sequence[str]) -> str:
    return ", ".join(str(LABELS[Role(code)]) if code in set(Role) else code for code in codes) or _("none")


@tell("settings.changed")
def settings_changed(data: Mapping[str, Any]) -> str:
    """Which settings changed, and how."""
    changes = (f"{name.replace('_', ' ')}: {old} → {data['after'].get(name)}" for name, old in data["before"].items())
    return _("Settings changed: {what}").format(what="; ".join(changes))
