"""Who acts: a person, a program with a key, or the shop itself."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from django.utils.translation import gettext as _

from stockwright.kit.errors import NotPermitted
from stockwright.kit.models import ApiKey, Person
from stockwright.kit.people.roles import VIEWS, Role, may


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

    def refusal(self, permission: str) -> NotPermitted:
        """Why this actor may not, in a sentence that says what would help."""
        if self.scopes is not None and may(self.roles, permission):
            message = _("This key was not made for {what}: it may do {scopes}. Make one that may.").format(
                what=permission, scopes=", ".join(self.scopes)
            )
            return NotPermitted(message, who=self.name, action=permission)
        sort, _dot, room = permission.partition(".")
        if sort == "view" and room in VIEWS:
            message = _("{who} may not see {what}; ask an operations lead for the role.").format(
                who=self.name, what=VIEWS[room]
            )
            return NotPermitted(message, who=self.name, action=permission)
        return NotPermitted(who=self.name, action=permission)


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
