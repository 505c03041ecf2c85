"""What the shell around every page needs; a context processor."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from stockwright.kit.business import Shop, setting
from stockwright.kit.models import Notification, Person
from stockwright.kit.people import actor_of
from stockwright.kit.people.roles import LABELS, Role
from stockwright.web.menu import menu_for

UNREAD_SHOWN = 99


def shell(request: HttpRequest) -> dict[str, Any]:
    """Menu, shop, person and unread notes; computed only by templates that show them."""
    person = getattr(request, "user", None)
    if not isinstance(person, Person) or request.headers.get("HX-Request") == "true":
        return {}
    actor = actor_of(person)
    return {
        "shell": {
            "actor": actor,
            "person": person,
            "role": ", ".join(str(LABELS[Role(r)]) for r in person.roles if r in set(Role)),
            "menu": SimpleLazyObject(lambda: menu_for(actor, request.path)),
            "shop": SimpleLazyObject(lambda: setting(Shop)),
            "unread": SimpleLazyObject(lambda: _unread(person)),
        }
    }


def _unread(person: Person) -> int:
    return Notification.objects.filter(person=person, read_at=None)[: UNREAD_SHOWN + 1].count()
