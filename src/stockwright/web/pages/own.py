"""One's own things: profile and notifications."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from stockwright.kit.actions import all_actions
from stockwright.kit.models import Notification
from stockwright.kit.pages import PageRequest, page
from stockwright.kit.people.roles import room_of
from stockwright.web.pages.team import roles_of

SHOWN = 100


@page()
def profile(request: PageRequest) -> HttpResponse:
    """Who I am, what I may do, and how I sign in."""
    rooms: dict[str, list[str]] = {}
    for verb in all_actions():
        if verb.for_people and request.actor.may(verb.name):
            rooms.setdefault(room_of(verb.name), []).append(_(verb.title))
    context = {
        "roles": roles_of(request.user),
        "rooms": [(room, sorted(titles)) for room, titles in sorted(rooms.items())],
    }
    return render(request, "stockwright/profile.html", context)


@page()
def notifications(request: PageRequest) -> HttpResponse:
    """What I was told, unread first."""
    mine = Notification.objects.filter(person=request.user)
    unread = list(mine.filter(read_at=None).order_by("-created_at")[:SHOWN])
    read = list(mine.exclude(read_at=None).order_by("-created_at")[:SHOWN])
    return render(request, "stockwright/notifications.html", {"unread": unread, "read": read})
