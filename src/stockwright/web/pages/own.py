"""One's own things: profile and notifications."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from stockwright.kit.models import Notification
from stockwright.kit.pages import PageRequest, page
from stockwright.kit.people.roles import GRANTS, LABELS, Role

SHOWN = 100


@page()
def profile(request: PageRequest) -> HttpResponse:
    """Who I am, what I may do, and how I sign in."""
    roles = [(LABELS[Role(code)], GRANTS[Role(code)]) for code in request.user.roles if code in set(Role)]
    return render(request, "stockwright/profile.html", {"roles": roles})


@page()
def notifications(request: PageRequest) -> HttpResponse:
    """What I was told, unread first."""
    mine = Notification.objects.filter(person=request.user)
    unread = list(mine.filter(read_at=None).order_by("-created_at")[:SHOWN])
    read = list(mine.exclude(read_at=None).order_by("-created_at")[:SHOWN])
    return render(request, "stockwright/notifications.html", {"unread": unread, "read": read})
