"""Performs actions: the one place where state begins to change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from pydantic import TypeAdapter, ValidationError

from stockwright.kit.actions.call import Call, Effect, Fact
from stockwright.kit.actions.news import tell
from stockwright.kit.actions.registry import Action, Given, get_action
from stockwright.kit.bulk import as_json
from stockwright.kit.clock import now
from stockwright.kit.errors import BadInput, KeyReused, NotFound, NotPermitted, Refused
from stockwright.kit.ids import new_id
from stockwright.kit.journal import write_facts
from stockwright.kit.models import ActionCall
from stockwright.kit.outbox import queue_effects
from stockwright.kit.people import Actor

_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)


class CannotUndo(Refused):
    """This can't be undone."""


class AlreadyUndone(Refused):
    """This has been undone already."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    call_id: UUID
    action: str
    # As the handler returned it; plain data when the answer is a replay of an earlier call.
    result: Any
    facts: tuple[Fact, ...]
    effects: tuple[Effect, ...]
    dry_run: bool = False
    replayed: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON-ready data, for every door."""
        return {
            "call": str(self.call_id),
            "action": self.action,
            "dry_run": self.dry_run,
            "replayed": self.replayed,
            "result": to_plain(self.result),
            "facts": [
                {"kind": f.kind, "at": f.occurred_at.isoformat(), "objects": [list(o) for o in f.objects], **_data(f)}
                for f in self.facts
            ],
            "effects": [{"kind": e.kind, "payload": to_plain(e.payload)} for e in self.effects],
        }


class _RollBack(Exception):  # noqa: N818 - not an error: it ends a dry run
    """Raised at the end of a dry run."""


def perform(
    name: str,
    given: Mapping[str, Any] | Given,
    *,
    actor: Actor,
    reason: str = "",
    key: str | None = None,
    dry_run: bool = False,
    door: str = "python",
    at: datetime | None = None,
    parent: UUID | None = None,
) -> Outcome:
    """Check, run and record one action in one transaction (a savepoint when already inside one).

    The same actor, action and key again answer with the first result, without doing anything.
    A dry run does everything, reports facts and effects, and rolls back.

    Raises: NotFound, BadInput, NotPermitted, KeyReused, and whatever the action itself refuses with.
    """
    verb = get_action(name)
    if not actor.may(name):
        raise NotPermitted(who=actor.name, action=name)
    checked = _check(verb, given)
    call = Call(id=new_id(), action=name, actor=actor, reason=reason, at=at or now(), dry_run=dry_run)
    plain = checked.model_dump(mode="json")
    fingerprint = hashlib.sha256(as_json(plain).encode()).hexdigest() if key else ""
    outcome: Outcome | None = None
    try:
        with transaction.atomic():
            if key and (earlier := _claim_key(call, key, fingerprint, door, plain, parent)):
                return earlier
            result = verb.handler(call, checked)
            tell(call)
            write_facts(call)
            queue_effects(call)
            _remember(call, key, door, plain, to_plain(result), parent)
            outcome = Outcome(call.id, name, result, tuple(call.facts), tuple(call.effects), dry_run)
            if dry_run:
                raise _RollBack
    except _RollBack:
        pass
    assert outcome is not None
    return outcome


def undo(call_id: UUID, *, actor: Actor, reason: str = "", dry_run: bool = False, door: str = "python") -> Outcome:
    """Perform the inverse that the action of an earlier call names.

    Locks: the call's row, so that two people undo once.
    Raises: NotFound, CannotUndo, AlreadyUndone, and what the inverse refuses with.
    """
    with transaction.atomic():
        row = ActionCall.objects.select_for_update().filter(pk=call_id).first()
        if row is None:
            raise NotFound(what="action call", which=call_id)
        if row.undone_by:
            raise AlreadyUndone
        verb = get_action(row.action)
        inverse = verb.inverse(row.given, row.result) if verb.inverse else None
        if inverse is None:
            raise CannotUndo
        name, given = inverse
        why = reason or f"undo of {row.action}"
        outcome = perform(name, given, actor=actor, reason=why, dry_run=dry_run, door=door, parent=row.pk)
        if not dry_run:
            ActionCall.objects.filter(pk=row.pk).update(undone_by=outcome.call_id)
        return outcome


def to_plain(value: Any) -> Any:
    """Any result as JSON-ready data."""
    return _PLAIN.dump_python(value, mode="json")


def _data(fact: Fact) -> dict[str, Any]:
    return {"data": to_plain(fact.data)}


def _check(verb: Action, given: Mapping[str, Any] | Given) -> Given:
    if isinstance(given, verb.given):
        return given
    try:
        return verb.given.model_validate(given)
    except ValidationError as error:
        problems = tuple(
            {"field": ".".join(map(str, e["loc"])), "message": e["msg"], "type": e["type"]} for e in error.errors()
        )
        raise BadInput(problems) from None


def _claim_key(
    call: Call, key: str, fingerprint: str, door: str, plain: dict[str, Any], parent: UUID | None
) -> Outcome | None:
    """Write the call's row first, so that a second caller with the same key waits here for the first to finish."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kit_actioncall (id, action, actor, actor_name, door, reason, key, input_hash, given,"
            " performed_at, parent) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s)"
            " ON CONFLICT (actor, action, key) DO NOTHING",
            (
                call.id, call.action, call.actor.code, call.actor.name, door, call.reason, key, fingerprint,
                as_json(plain), call.at, parent,
            ),
        )  # fmt: skip
        if cursor.rowcount:
            return None
    first = ActionCall.objects.get(actor=call.actor.code, action=call.action, key=key)
    if first.input_hash != fingerprint:
        raise KeyReused(key=key)
    return Outcome(first.pk, call.action, first.result, (), (), replayed=True)


def _remember(
    call: Call, key: str | None, door: str, plain: dict[str, Any], result: Any, parent: UUID | None
) -> None:
    if key:
        ActionCall.objects.filter(pk=call.id).update(result=result)
        return
    ActionCall.objects.bulk_create(
        [
            ActionCall(
                id=call.id, action=call.action, actor=call.actor.code, actor_name=call.actor.name, door=door,
                reason=call.reason, key=None, input_hash="", given=plain, result=result, performed_at=call.at,
                parent=parent,
            )
        ]
    )  # fmt: skip
