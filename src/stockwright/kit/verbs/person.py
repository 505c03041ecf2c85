"""Who works here, and as what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from allauth.mfa.models import Authenticator
from axes.utils import reset
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from pydantic import AfterValidator, BaseModel, Field, SecretStr

from stockwright.kit.actions import Call, Concealed, Given, action
from stockwright.kit.bulk import as_json
from stockwright.kit.clock import now
from stockwright.kit.errors import BadInput, NotFound, Refused
from stockwright.kit.locks import wait_lock
from stockwright.kit.models import ApiKey, Person
from stockwright.kit.people import Role
from stockwright.kit.people.invitations import invitation_link
from stockwright.kit.people.sessions import end_sessions

_PREFERENCES_LIMIT = 20_000
_EMAIL = re.compile(r"[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+")


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise ValueError("not an e-mail address")
    return value.lower()


Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Roles = Annotated[tuple[Role, ...], AfterValidator(lambda roles: tuple(sorted(set(roles))))]


class AlreadyHere(Refused):
    """Somebody with the e-mail address {email} is here already."""


class LastLead(Refused):
    """The shop needs at least one active operations lead; make somebody else one first."""


class NotYourself(Refused):
    """You can't shut yourself out; ask another operations lead."""


class OnlyPeople(Refused):
    """Only a person can do this, not a program."""


class Invited(BaseModel):
    """Somebody new, and the link by which they set their password; it is shown this once."""

    person_id: int
    link: Concealed


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """What somebody's roles were, and are."""

    person_id: int
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class NewPerson(Given):
    """Somebody who comes to work here."""

    email: Email = Field(title="E-mail address")
    name: str = Field(title="Name", min_length=1, max_length=200)
    roles: Roles = Field(title="Roles")


class InviteGiven(NewPerson):
    """Whom to invite, and whether by mail."""

    send_mail: bool = Field(default=True, title="Send the invitation by mail")


@action("person.invite", title=_("Invite somebody"))
def invite(call: Call, given: InviteGiven) -> Invited:
    """Make an account without a password and a link for setting one, sent by mail if wanted."""
    person = _new(call, given, None)
    if given.send_mail:
        call.effect("person.invite", {"person_id": person.pk}, lock=f"person:{person.pk}")
    return Invited(person_id=person.pk, link=SecretStr(invitation_link(person)))


class PersonGiven(Given):
    """Which person."""

    person_id: int = Field(title="Person")


@action("person.invite_again", title=_("Make a new invitation"), subject="person", subject_field="person_id")
def invite_again(call: Call, given: PersonGiven) -> Invited:
    """Make a new link for setting a password, for somebody who lost theirs."""
    person = _person(given.person_id)
    if not person.is_active:
        raise Refused("This person is deactivated.")
    call.record("person.invited", ("person", person.pk))
    return Invited(person_id=person.pk, link=SecretStr(invitation_link(person)))


@action(
    "person.send_reset", title=_("Mail a link for a new password"), subject="person", subject_field="person_id",
)  # fmt: skip
def send_reset(call: Call, given: PersonGiven) -> PersonChanged:
    """Send somebody who forgot their password a link by which they set a new one."""
    person = _person(given.person_id)
    if not person.is_active:
        raise Refused("This person is deactivated.")
    call.effect("person.reset", {"person_id": person.pk}, lock=f"person:{person.pk}")
    call.record("person.reset_sent", ("person", person.pk))
    return PersonChanged(person.pk)


class CreateGiven(NewPerson):
    """Somebody new, and their password."""

    password: Concealed = Field(title="Password")


@action("person.create", title=_("Add somebody with a password"))
def create(call: Call, given: CreateGiven) -> PersonChanged:
    """Make an account that can sign in at once."""
    person = _new(call, given, given.password.get_secret_value())
    return PersonChanged(person.pk, (), tuple(person.roles))


class ChangeRolesGiven(PersonGiven):
    """Whose roles, and which from now on."""

    roles: Roles = Field(title="Roles")


def _roles_back(given: Any, result: Any) -> tuple[str, dict[str, Any]]:
    return "person.change_roles", {"person_id": given["person_id"], "roles": result["before"]}


@action(
    "person.change_roles", title=_("Change roles"), subject="person", subject_field="person_id", inverse=_roles_back
)  # fmt: skip
def change_roles(call: Call, given: ChangeRolesGiven) -> PersonChanged:
    """Give somebody other roles; it holds from their next click.

    Raises: LastLead.
    """
    wait_lock("people")
    person = _person(given.person_id)
    before, after = tuple(person.roles), tuple(role.value for role in given.roles)
    if Role.LEAD.value in before and Role.LEAD.value not in after:
        _refuse_last_lead(person)
    Person.objects.filter(pk=person.pk).update(roles=list(after))
    call.record("person.roles_changed", ("person", person.pk), before=before, after=after)
    return PersonChanged(person.pk, before, after)


@action(
    "person.deactivate", title=_("Deactivate"), subject="person", subject_field="person_id", dangerous=True,
    inverse=lambda given, _result: ("person.activate", {"person_id": given["person_id"]}),
)  # fmt: skip
def deactivate(call: Call, given: PersonGiven) -> PersonChanged:
    """Shut somebody out at once: their sessions and API keys end for good, what they did stays.

    Raises: LastLead, NotYourself.
    """
    wait_lock("people")
    person = _person(given.person_id)
    if person.pk == call.actor.person_id:
        raise NotYourself
    if not person.is_active:
        raise Refused("This person is deactivated already.")
    if Role.LEAD.value in person.roles:
        _refuse_last_lead(person)
    Person.objects.filter(pk=person.pk).update(is_active=False)
    # Not only for as long as they are shut out: whoever lets them in again does not open what was open then.
    keys = ApiKey.objects.filter(person=person, revoked_at=None).update(revoked_at=now())
    sessions = end_sessions(person.pk)
    call.record("person.deactivated", ("person", person.pk), keys_revoked=keys, sessions_ended=sessions)
    return PersonChanged(person.pk, tuple(person.roles), ())


@action(
    "person.activate", title=_("Activate"), subject="person", subject_field="person_id",
    inverse=lambda given, _result: ("person.deactivate", {"person_id": given["person_id"]}),
)  # fmt: skip
def activate(call: Call, given: PersonGiven) -> PersonChanged:
    """Let somebody in again, with the roles they had; they sign in anew, and make new API keys."""
    person = _person(given.person_id)
    if person.is_active:
        raise Refused("This person is active already.")
    Person.objects.filter(pk=person.pk).update(is_active=True)
    call.record("person.activated", ("person", person.pk))
    return PersonChanged(person.pk, (), tuple(person.roles))


@action("person.unlock", title=_("Unlock sign-in"), subject="person", subject_field="person_id")
def unlock(call: Call, given: PersonGiven) -> PersonChanged:
    """Forget failed sign-ins, so that somebody locked out need not wait."""
    person = _person(given.person_id)
    reset(username=person.email)
    call.record("person.unlocked", ("person", person.pk))
    return PersonChanged(person.pk)


@action(
    "person.remove_second_step", title=_("Remove second step"), subject="person", subject_field="person_id",
    dangerous=True,
)  # fmt: skip
def remove_second_step(call: Call, given: PersonGiven) -> PersonChanged:
    """Let somebody who lost their telephone sign in by password alone, until they set up another."""
    person = _person(given.person_id)
    count, _deleted = Authenticator.objects.filter(user=person).delete()
    if not count:
        raise Refused("This person has no second step.")
    call.record("person.second_step_removed", ("person", person.pk))
    return PersonChanged(person.pk)


class ChangeOwnGiven(Given):
    """What about yourself; what is left out stays."""

    name: str | None = Field(default=None, title="Name", min_length=1, max_length=200)
    preferences: dict[str, Any] = Field(default_factory=dict, title="Preferences", description="Null removes one.")


@action("person.change_own", title=_("Change your name and preferences"))
def change_own(call: Call, given: ChangeOwnGiven) -> PersonChanged:
    """Change your own name and preferences; preferences are merged into those you have."""
    person = _person(own_id(call), lock=True)
    person.name = given.name or person.name
    merged = {**person.preferences, **given.preferences}
    person.preferences = {name: value for name, value in merged.items() if value is not None}
    if len(as_json(person.preferences)) > _PREFERENCES_LIMIT:
        raise BadInput(({"field": "preferences", "message": "too many", "type": "too_long"},))
    person.save(update_fields=["name", "preferences"])
    if given.name:
        call.record("person.renamed", ("person", person.pk), name=person.name)
    return PersonChanged(person.pk)


def own_id(call: Call) -> int:
    """The person behind the actor.

    Raises: OnlyPeople.
    """
    if call.actor.person_id is None:
        raise OnlyPeople
    return call.actor.person_id


def _new(call: Call, given: NewPerson, password: str | None) -> Person:
    wait_lock("people")
    if Person.objects.filter(email=given.email).exists():
        raise AlreadyHere(email=given.email)
    person = Person(email=given.email, name=given.name, roles=[role.value for role in given.roles])
    if password is not None:
        try:
            validate_password(password, person)
        except ValidationError as error:
            problems = tuple({"field": "password", "message": m, "type": "password"} for m in error.messages)
            raise BadInput(problems) from None
    person.set_password(password)
    person.save(force_insert=True)
    call.record("person.joined", ("person", person.pk), name=person.name, roles=person.roles)
    return person


def _person(person_id: int, *, lock: bool = False) -> Person:
    rows = Person.objects.select_for_update() if lock else Person.objects.all()
    person = rows.filter(pk=person_id).first()
    if person is None:
        raise NotFound(what="person", which=person_id)
    return person


def _refuse_last_lead(person: Person) -> None:
    leads = Person.objects.filter(is_active=True, roles__contains=[Role.LEAD.value]).exclude(pk=person.pk)
    if person.is_active and not leads.exists():
        raise LastLead
