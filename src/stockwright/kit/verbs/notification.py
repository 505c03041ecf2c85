"""Telling that one has seen it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.models import Notification
from stockwright.kit.verbs.person import own_id


@dataclass(frozen=True, slots=True)
class Read:
    """How many were unread."""

    notifications: int


class ReadGiven(Given):
    """Which of your own notifications; none named means all."""

    ids: tuple[int, ...] = Field(default=(), title="Notifications", max_length=1000)


@action("notification.read", title=_("Mark as read"), for_people=False)
def read(call: Call, given: ReadGiven) -> Read:
    """Mark your notifications as read."""
    rows = Notification.objects.filter(person_id=own_id(call), read_at=None)
    if given.ids:
        rows = rows.filter(pk__in=given.ids)
    return Read(rows.update(read_at=call.at))
