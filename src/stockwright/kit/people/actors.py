"""Who acts: a person, a program with a key, or the shop itself."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from stockwright.kit.models import ApiKey, Person
from stockwright.kit.people.roles import Role, may


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever performs an action; `code` ("person:3", "key:7", "system", "playbook:2") is what rows remember."""

    code: str
    name: str
    roles: tuple[str, ...] = ()
    # Of an API key: it may do no more than its person, and of that only these patterns.
    scopes: tuple[str, ...] | None = None
    person_id: int | None = None

    def may(self, permission: str) -> bool:
        """Whether this actor holds the permission (an action's name, or view.<room>)."""
        in_scope = self.scopes is None or any(fnmatchcase(permission, pattern) for pattern in self.scopes)
        return in_scope and may(self.roles, permission)


SYSTEM = Actor(code="system", name="Stockwright", roles=(Role.LEAD.value,))


def actor_of(who: Person | ApiKey) -> Actor:
    """The actor behind a signed-in person or an API key; one who may do nothing where the person is deactivated."""
    if isinstance(who, ApiKey):
        person = who.person
        return Actor(
            code=f"key:{who.pk}",
            name=f"{person} ({who.name})",
            roles=tuple(person.roles) if person.is_active else (),
            scopes=tuple(who.scopes) if person.is_active else (),
            person_id=person.pk,
        )
    return Actor(
        code=f"person:{who.pk}",
        name=str(who),
        roles=tuple(who.roles) if who.is_active else (),
        scopes=None if who.is_active else (),
        person_id=who.pk,
    )
