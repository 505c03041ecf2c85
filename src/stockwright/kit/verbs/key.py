"""API keys: made by people for programs that act in their name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, StringConstraints

from stockwright.kit.actions import Call, Concealed, Given, action, all_actions
from stockwright.kit.clock import now
from stockwright.kit.errors import BadInput, NotFound, Refused
from stockwright.kit.models import ApiKey
from stockwright.kit.people.keys import new_key
from stockwright.kit.people.roles import VIEWS, room_of
from stockwright.kit.verbs.person import own_id

MOST_KEYS = 50
Scope = Annotated[str, StringConstraints(pattern=r"^[a-z_*]+(\.[a-z_*]+)?$", max_length=80)]


class KeyMade(BaseModel):
    """A new key. The secret is shown this once; only its hash is kept."""

    key_id: int
    prefix: str
    secret: Concealed
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyRevoked:
    """A key that opens nothing any more."""

    key_id: int


def _rooms() -> list[str]:
    return sorted({verb.name.partition(".")[0] for verb in all_actions() if verb.for_people})


def _offer(schema: dict[str, Any]) -> None:
    """What a form offers to tick: what there is to see and to do, room by room."""
    see = [(f"view.{code}", _("See: {room}").format(room=room)) for code, room in VIEWS.items()]
    do = [(f"{code}.*", _("Do: {room}").format(room=room_of(code))) for code in _rooms()]
    schema["x-offered"] = [
        {"value": value, "label": str(label)} for value, label in (*see, *do, ("*", _("Everything that I may do")))
    ]


def _refuse_unknown(scopes: Iterable[str]) -> None:
    """A scope that covers nothing is a slip of the pen, which would be found out by a program that fails."""
    known = [*(verb.name for verb in all_actions()), *(f"view.{code}" for code in VIEWS)]
    unknown = [scope for scope in scopes if not any(fnmatchcase(name, scope) for name in known)]
    if unknown:
        there_is = ", ".join([f"view.{code}" for code in VIEWS] + [f"{room}.*" for room in _rooms()])
        message = _("There is nothing called {what}. There is: {known}, and single actions such as orders.hold.")
        text = message.format(what=", ".join(unknown), known=there_is)
        raise BadInput(({"field": "scopes", "message": text, "type": "scope"},))


class CreateKeyGiven(Given):
    """What the key is for, what it may do, and until when."""

    name: str = Field(title="Name", min_length=1, max_length=100, description="Which program uses it.")
    scopes: tuple[Scope, ...] = Field(
        title="May do", min_length=1, max_length=50, json_schema_extra=_offer,
        description="Names of actions and views, * for any: orders.*, view.stock. Never more than you may yourself.",
    )  # fmt: skip
    days: int | None = Field(default=365, title="Valid for (days)", ge=1, le=3650)


@action("key.create_own", title=_("Make an API key"))
def create_own(call: Call, given: CreateKeyGiven) -> KeyMade:
    """Make a key that may do what you may, as far as its scopes go. A key can't make keys."""
    person_id = own_id(call)
    _refuse_unknown(given.scopes)
    if call.actor.scopes is not None:
        raise Refused("A key can't make keys; sign in for that.")
    live = ApiKey.objects.filter(person_id=person_id, revoked_at=None)
    if live.count() >= MOST_KEYS:
        raise Refused(f"You have {MOST_KEYS} keys; revoke one first.")
    made = new_key()
    expires_at = call.at + timedelta(days=given.days) if given.days else None
    row = ApiKey.objects.create(
        name=given.name, person_id=person_id, prefix=made.prefix, digest=made.digest, scopes=list(given.scopes),
        created_at=call.at, expires_at=expires_at,
    )  # fmt: skip
    call.record("key.made", ("person", person_id), ("api_key", row.pk), name=given.name, scopes=given.scopes)
    return KeyMade(key_id=row.pk, prefix=made.prefix, secret=made.secret, expires_at=expires_at)


class KeyGiven(Given):
    """Which key."""

    key_id: int = Field(title="Key")


@action("key.revoke_own", title=_("Revoke"), subject="api_key", subject_field="key_id", dangerous=True)
def revoke_own(call: Call, given: KeyGiven) -> KeyRevoked:
    """End one of your own keys at once."""
    return _revoke(call, given.key_id, own_id(call))


@action("key.revoke", title=_("Revoke somebody's key"), subject="api_key", subject_field="key_id", dangerous=True)
def revoke(call: Call, given: KeyGiven) -> KeyRevoked:
    """End anybody's key at once."""
    return _revoke(call, given.key_id, None)


def _revoke(call: Call, key_id: int, person_id: int | None) -> KeyRevoked:
    rows = ApiKey.objects.filter(pk=key_id)
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    row = rows.first()
    if row is None:
        raise NotFound(what="key", which=key_id)
    if not rows.filter(revoked_at=None).update(revoked_at=now()):
        raise Refused("This key is revoked already.")
    call.record("key.revoked", ("person", row.person_id), ("api_key", row.pk), name=row.name)
    return KeyRevoked(row.pk)
