"""Performs actions: the one place where state begins to change."""

from __future__ import annotations

import hashlib
import hmac
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.conf import settings
from django.db import DataError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, SerializationFailure
from pydantic import ValidationError

from stockwright.kit.actions.call import Call, Effect, Fact
from stockwright.kit.actions.concealed import to_json, to_plain
from stockwright.kit.actions.news import tell
from stockwright.kit.actions.registry import Action, Given, get_action
from stockwright.kit.bulk import execute
from stockwright.kit.clock import now
from stockwright.kit.errors import BadInput, Conflict, KeyReused, NotFound, OutOfBounds, Refused
from stockwright.kit.ids import new_id
from stockwright.kit.journal import write_facts
from stockwright.kit.models import ActionCall
from stockwright.kit.outbox import queue_effects
from stockwright.kit.people import Actor

log = logging.getLogger(__name__)
T = TypeVar("T")

KEY_LENGTH = 200
REASON_LENGTH = 2000
# PostgreSQL ends one of several transactions that wait for each other in a ring; once the others are done, it can be had.
TRIES = 3
# Seconds to wait first, so that the others get their lock; at random, so that two that were ended don't meet again.
PAUSE = (0.05, 0.2)


class CannotUndo(Refused):
    """This can't be undone."""


class AlreadyUndone(Refused):
    """This has been undone already."""


class ChangedSince(Conflict):
    """This was changed again since ({what}), and undoing would write over that: look at it, and change it by hand."""


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

    def plain(self, *, reveal: bool = False) -> dict[str, Any]:
        """As JSON-ready data, for every door. `reveal` is for the one who asked and for nobody's log."""
        return {
            "call": str(self.call_id),
            "action": self.action,
            "dry_run": self.dry_run,
            "replayed": self.replayed,
            "result": to_plain(self.result, reveal=reveal),
            "facts": [
                {
                    "kind": f.kind,
                    "at": f.occurred_at.isoformat(),
                    "objects": [{"type": t, "id": i, "role": r} for t, i, r in f.objects],
                    "data": to_plain(f.data),
                }
                for f in self.facts
            ],
            "effects": [{"kind": e.kind, "payload": to_plain(e.payload)} for e in self.effects],
        }


class _RollBack(Exception):
    """Raised at the end of a dry run, with what it found out."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


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
    remember: Mapping[str, Any] | None = None,
) -> Outcome:
    """Check, run and record one action in one transaction (a savepoint when already inside one).

    `remember` is what its row keeps as the input where the whole input lies elsewhere already (the inbox keeps payloads).

    The same actor, action and key again answer with the first result, without doing anything.
    A dry run does everything, reports facts and effects, and rolls back; what remains is that sequences have moved on.
    A transaction of its own that PostgreSQL ends for the sake of another (deadlock, serialization) is run again.

    Locks: a key's row, so that a second caller with the same key waits for the first.
    Raises: NotFound, BadInput, NotPermitted, KeyReused, OutOfBounds, and whatever the action itself refuses with.
    """
    verb = get_action(name)
    if not actor.may(name):
        raise actor.refusal(name)
    checked = _check(verb, given)
    _check_words(key, reason)
    call = Call(id=new_id(), action=name, actor=actor, reason=reason, at=at or now(), dry_run=dry_run)
    row = _Row(call, key, door, parent, to_json(checked if remember is None else remember))

    def once() -> Outcome:
        # What an attempt before this one recorded was rolled back with it.
        call.facts.clear()
        call.effects.clear()
        return _run(verb, call, checked, row)

    return _until_it_holds(once)


def _run(verb: Action, call: Call, checked: Given, row: _Row) -> Outcome:
    try:
        with _bounds(), transaction.atomic():
            if row.key and (earlier := row.claim(_fingerprint(checked))):
                return earlier
            result = verb.handler(call, checked)
            tell(call)
            write_facts(call)
            queue_effects(call)
            row.remember(to_json(result))
            outcome = Outcome(call.id, verb.name, result, tuple(call.facts), tuple(call.effects), call.dry_run)
            if call.dry_run:
                raise _RollBack(outcome)
    except _RollBack as end:
        return end.outcome
    return outcome


def _until_it_holds(work: Callable[[], T]) -> T:
    """Do a piece of work that is a transaction, again where PostgreSQL ended it for the sake of another.

    Never within a larger transaction: its locks are still held, and what it read may not be so any more.
    """
    left = 1 if connection.in_atomic_block else TRIES
    while True:
        left -= 1
        try:
            return work()
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
                raise
            log.warning("a transaction is run again: %s", str(error.__cause__).splitlines()[0])
            time.sleep(random.uniform(*PAUSE))  # noqa: S311 - no secret


def undo(
    call_id: UUID,
    *,
    actor: Actor,
    reason: str = "",
    dry_run: bool = False,
    door: str = "python",
    at: datetime | None = None,
) -> Outcome:
    """Perform the inverse that the action of an earlier call names.

    An action that is its own inverse writes back what was before; it is refused where it no longer finds what the
    earlier call left behind.

    Locks: the call's row, so that of two people one undoes.
    Raises: NotFound, CannotUndo, AlreadyUndone, ChangedSince, and what the inverse refuses with.
    """
    return _until_it_holds(lambda: _undo(call_id, actor=actor, reason=reason, dry_run=dry_run, door=door, at=at))


def _undo(call_id: UUID, *, actor: Actor, reason: str, dry_run: bool, door: str, at: datetime | None) -> Outcome:
    with transaction.atomic():
        row = ActionCall.objects.select_for_update().filter(pk=call_id).first()
        if row is None:
            raise NotFound(what="action call", which=call_id)
        if row.undone_by:
            raise AlreadyUndone
        verb = get_action(row.action)
        inverse = verb.inverse(row.given, row.result or {}) if verb.inverse else None
        if inverse is None:
            raise CannotUndo
        name, given = inverse
        why = reason or f"undo of {row.action}"
        outcome = perform(name, given, actor=actor, reason=why, dry_run=dry_run, door=door, at=at, parent=row.pk)
        if name == row.action:
            _refuse_changed(left=(row.result or {})["after"], found=to_plain(outcome.result)["before"])
        if not dry_run:
            ActionCall.objects.filter(pk=row.pk).update(undone_by=outcome.call_id)
        return outcome


def _refuse_changed(left: Any, found: Any) -> None:
    if left == found:
        return
    if isinstance(left, dict) and isinstance(found, dict):
        what = ", ".join(sorted(name for name in left.keys() | found.keys() if left.get(name) != found.get(name)))
    else:
        what = f"it was left as {_short(left)} and is {_short(found)}"
    raise ChangedSince(what=what)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"  # noqa: PLR2004 - enough to recognise it by


def can_undo(call: ActionCall | UUID) -> bool:
    """Whether an earlier call still has an inverse (which may yet refuse)."""
    row = call if isinstance(call, ActionCall) else ActionCall.objects.filter(pk=call).first()
    if row is None or row.undone_by:
        return False
    try:
        verb = get_action(row.action)
        return verb.inverse is not None and verb.inverse(row.given, row.result or {}) is not None
    except (NotFound, LookupError, TypeError):
        # An action of an older version, or a result that it no longer understands.
        return False


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


def _check_words(key: str | None, reason: str) -> None:
    for field, text, longest in (("key", key or "", KEY_LENGTH), ("reason", reason, REASON_LENGTH)):
        if len(text) > longest or "\x00" in text:
            message = f"at most {longest} characters, none of them NUL"
            raise BadInput(({"field": field, "message": message, "type": "string_too_long"},))


@contextmanager
def _bounds() -> Iterator[None]:
    """Turn what no column can hold (NUL, half a surrogate pair, a number or a date too large) into a refusal."""
    try:
        yield
    except (DataError, UnicodeEncodeError, OverflowError) as error:
        raise OutOfBounds(detail=str(error).splitlines()[0]) from error


def _fingerprint(checked: Given) -> str:
    """What tells one input from another under a key; a password given is told apart without being kept."""
    masked = to_json(checked)
    plain = orjson.dumps(orjson.loads(masked), option=orjson.OPT_SORT_KEYS)
    revealed = to_json(checked, reveal=True)
    if revealed == masked:
        return hashlib.sha256(plain).hexdigest()
    return hmac.new(settings.SECRET_KEY.encode(), revealed.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class _Row:
    """The row that remembers a call: written first where a key must be claimed, else last."""

    call: Call
    key: str | None
    door: str
    parent: UUID | None
    given: str

    def claim(self, fingerprint: str) -> Outcome | None:
        """Write the row first, so that a second caller with the same key waits here for the first to finish."""
        if self._insert(fingerprint, None):
            return None
        call = self.call
        first = ActionCall.objects.get(actor=call.actor.code, action=call.action, key=self.key)
        if first.input_hash != fingerprint:
            raise KeyReused(key=self.key)
        return Outcome(first.pk, call.action, first.result, (), (), replayed=True)

    def remember(self, result: str) -> None:
        if self.key:
            execute("UPDATE kit_actioncall SET result = %s::jsonb WHERE id = %s", (result, self.call.id))
        else:
            self._insert("", result)

    def _insert(self, fingerprint: str, result: str | None) -> int:
        call = self.call
        return execute(
            "INSERT INTO kit_actioncall (id, action, actor, actor_name, door, reason, key, input_hash, given, result,"
            " performed_at, parent) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s, %s)"
            " ON CONFLICT (actor, action, key) DO NOTHING",
            (
                call.id, call.action, call.actor.code, call.actor.name[:200], self.door, call.reason, self.key,
                fingerprint, self.given, result, call.at, self.parent,
            ),
        )  # fmt: skip
