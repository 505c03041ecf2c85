from __future__ import annotations

import pytest
from django.test import Client

from stockwright.kit.models import Person
from stockwright.kit.rooms import load_rooms


@pytest.fixture
def lead(client: Client) -> Client:
    """A lead who is signed in."""
    load_rooms()
    client.force_login(
        Person.objects.create_user("lead@example.com", name="Lead", roles=["lead"]),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client
