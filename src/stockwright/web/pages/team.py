"""Who works here, and the keys of their programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.clock import now
from stockwright.kit.errors import NotFound
from stockwright.kit.lists import Column, RecordList, Sort, View, dialog_column
from stockwright.kit.models import ApiKey, Person
from stockwright.kit.pages import PageRequest, page
from stockwright.kit.pages.words import badge, time_tag
from stockwright.kit.people.attempts import locked_emails
from stockwright.kit.people.roles import LABELS, Role


def roles_of(person: Person) -> list[str]:
    """Somebody's roles in words."""
    return [str(LABELS[Role(code)]) for code in person.roles if code in set(Role)]


def _roles(person: Person) -> object:
    if not person.is_active:
        return badge(_("deactivated"))
    tags = format_html_join(" ", "<span class='tag'>{}</span>", ((role,) for role in roles_of(person)))
    return tags or format_html("<span class='muted'>{}</span>", _("no role"))


PEOPLE = RecordList(
    name="people",
    title=gettext_lazy("People"),
    source=Person.objects.all,
    columns=(
        Column("name", gettext_lazy("Name"), str, link=True, sort="name"),
        Column("email", gettext_lazy("E-mail"), lambda p: p.email),
        Column("roles", gettext_lazy("Roles"), lambda p: ", ".join(roles_of(p)), show=_roles),
        Column("active", gettext_lazy("Active"), lambda p: p.is_active, hidden=True),
        Column("seen", gettext_lazy("Last seen"), lambda p: p.last_login, kind="time"),
    ),
    sorts={"name": Sort("name")},
    default_sort="name",
    row_url="person",
    search=lambda rows, text: rows.filter(Q(name__icontains=text) | Q(email__icontains=text)),
    search_hint=gettext_lazy("Name or e-mail"),
    views=(
        View("active", gettext_lazy("Active"), lambda rows: rows.filter(is_active=True)),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    small=True,
    template="stockwright/people.html",
)


def _standing(key: ApiKey) -> str:
    if key.revoked_at:
        return _("revoked")
    return _("expired") if key.expires_at and key.expires_at < now() else _("live")


def _expires(key: ApiKey) -> object:
    if key.revoked_at or (key.expires_at and key.expires_at < now()):
        return badge(_standing(key), "" if key.revoked_at else "soon")
    return time_tag(key.expires_at, "when") if key.expires_at else _("never")


def _named(key: ApiKey) -> object:
    return format_html("<span class='strong'>{}</span> <span class='muted mono'>{}…</span>", key.name, key.prefix)


KEYS = RecordList(
    name="api_keys",
    title=gettext_lazy("API keys"),
    source=lambda: ApiKey.objects.select_related("person"),
    columns=(
        Column("name", gettext_lazy("Name"), lambda k: k.name, show=_named),
        Column("person", gettext_lazy("Whose"), lambda k: str(k.person)),
        Column("scopes", gettext_lazy("May do"), lambda k: ", ".join(_("everything its person may") if s == "*" else s for s in k.scopes)),
        Column("used", gettext_lazy("Last used"), lambda k: k.last_used_at, kind="time"),
        Column("expires", gettext_lazy("Expires"), lambda k: k.expires_at, show=_expires),
        Column("standing", gettext_lazy("State"), _standing, hidden=True),
    ),
    sorts={"number": Sort("pk")},
    default_sort="-number",
    small=True,
    template="stockwright/api_keys.html",
    empty=(
        "key", gettext_lazy("No keys yet"),
        gettext_lazy("A key lets a program use the API in your name. Its secret is shown once, when you make it."),
    ),
)  # fmt: skip


@page("view.settings")
def people(request: PageRequest) -> HttpResponseBase:
    """Who works here and what they may do; who is locked out can be let in again."""
    locked = locked_emails()

    def standing(person: Person) -> object:
        return (
            format_html("{} {}", badge(_("locked"), "bad"), _roles(person))
            if person.email in locked
            else _roles(person)
        )

    columns = tuple(replace(c, show=standing) if c.name == "roles" else c for c in PEOPLE.columns)
    if locked:
        columns += dialog_column(
            request, "person.unlock", _("Unlock"), lambda p: urlencode({"person_id": p.pk}) if p.email in locked else ""
        )
    return replace(PEOPLE, columns=columns).respond(request)


@page("view.settings")
def person(request: PageRequest, pk: int) -> HttpResponse:
    """One person: roles, keys, what happened to their account, and what was said of it."""
    found = Person.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(what="person", which=pk)
    keys = found.api_keys.filter(revoked_at=None).order_by("-pk")
    context = {
        "found": found,
        "locked": found.email in locked_emails(),
        "roles": roles_of(found),
        "keys": [(key, _expires(key)) for key in keys],
    }
    return render(request, "stockwright/person.html", context)


@page()
def api_keys(request: PageRequest) -> HttpResponseBase:
    """My keys; a lead sees everybody's."""

    def asked(*, mine: bool) -> Callable[[ApiKey], str]:
        def query(key: ApiKey) -> str:
            wanted = not key.revoked_at and (key.person_id == request.user.pk) is mine
            return urlencode({"key_id": key.pk}) if wanted else ""

        return query

    every = request.actor.may("view.settings")
    columns: tuple[Column, ...] = tuple(c for c in KEYS.columns if every or c.name != "person")
    for verb, mine in (("key.revoke", False), ("key.revoke_own", True)):
        columns += dialog_column(request, verb, _("Revoke"), asked(mine=mine)) if every or mine else ()
    source: Any = KEYS.source if every else lambda: KEYS.source().filter(person=request.user)
    return replace(KEYS, columns=columns, source=source).respond(request)
