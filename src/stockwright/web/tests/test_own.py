from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from stockwright.kit.clock import now
from stockwright.kit.models import Notification, Person
from stockwright.kit.people import Role
from stockwright.web.tests import make

pytestmark = pytest.mark.django_db


def told(*texts: str) -> None:
    for text in texts:
        Notification.objects.create(person=Person.objects.get(), text=text, created_at=now())


def press(client: Client, page: str, label: str) -> None:
    """Send the first form of a page whose button has this label."""
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.DOTALL) if f">{label}</button>" in f)
    where = re.search(r'action="([^"]+)"', form)
    assert where
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    response = client.post(where.group(1), {**{k: unescape(v) for k, v in fields.items()}, "_apply": "1"})
    assert response.status_code == 302


def unread() -> set[str]:
    return set(Notification.objects.filter(read_at=None).values_list("text", flat=True))


def test_reading_one_notification_leaves_the_others_unread():
    client = make.signed_in(Role.PICKER)
    told("first", "second", "third")
    press(client, client.get("/notifications/").content.decode(), "Read")
    assert unread() == {"first", "second"}


def test_all_notifications_are_read_with_one_button():
    client = make.signed_in(Role.PICKER)
    told("first", "second")
    press(client, client.get("/notifications/").content.decode(), "Mark all as read")
    assert unread() == set()
