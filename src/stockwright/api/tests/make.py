"""Builders for the API's tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import Client

from stockwright.kit.clock import now
from stockwright.kit.models import ApiKey, Person
from stockwright.kit.people import Role
from stockwright.kit.people.keys import new_key


def make_person(
    *roles: Role, email: str = "ada@shop.example", name: str = "Ada", password: str | None = None
) -> Person:
    """Somebody with these roles."""
    return Person.objects.create_user(email, password, name=name, roles=[role.value for role in roles])


def make_key(person: Person, *scopes: str, **columns: Any) -> str:
    """A key of theirs; the secret."""
    made = new_key()
    ApiKey.objects.create(
        name="test", person=person, prefix=made.prefix, digest=made.digest, scopes=list(scopes or ("*",)),
        created_at=now(), **columns,
    )  # fmt: skip
    return made.secret.get_secret_value()


@dataclass(frozen=True)
class Caller:
    """A program that calls the API with a key."""

    client: Client
    key: str

    def get(self, path: str, **headers: str) -> Any:
        """GET below /api/v1."""
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.key}", **headers})

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST below /api/v1; header names with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            f"/api/v1{path}", body, content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}", **sent},
        )  # fmt: skip


def make_caller(*roles: Role, scopes: tuple[str, ...] = ("*",), **columns: Any) -> Caller:
    """A key of somebody with these roles, ready to call."""
    return Caller(Client(), make_key(make_person(*roles, **columns), *scopes))
