"""The inbox: raw first, understood later, in batches; one bad message never stops the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from stockwright.kit.bulk import as_json, execute, fetch
from stockwright.kit.clock import now
from stockwright.kit.errors import StockwrightError
from stockwright.kit.models import InboxMessage

log = logging.getLogger(__name__)
State = InboxMessage.State


@dataclass(frozen=True, slots=True)
class Message:
    """One waiting payload."""

    id: int
    source: str
    external_id: str
    version: str
    payload: Any


@dataclass(slots=True)
class Settled:
    """What a handler did with its messages; those it does not mention were applied."""

    superseded: dict[int, str] = field(default_factory=dict)
    quarantined: dict[int, str] = field(default_factory=dict)
    call: Any = None


Handler = Callable[[Sequence[Message]], Settled]


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of message and who understands it."""

    name: str
    handler: Handler
    batch: int


_TOPICS: dict[str, Topic] = {}


def handles(topic: str, *, batch: int = 500) -> Callable[[Handler], Handler]:
    """Register the handler of a topic: it is given up to `batch` messages in order of arrival, inside a transaction,
    performs actions, and says what it did not apply."""

    def register(handler: Handler) -> Handler:
        if topic in _TOPICS:
            raise RuntimeError(f"two handlers for {topic}")
        _TOPICS[topic] = Topic(topic, handler, batch)
        return handler

    return register


def topics() -> tuple[str, ...]:
    """The topics somebody understands."""
    return tuple(sorted(_TOPICS))


@dataclass(frozen=True, slots=True)
class Incoming:
    """A payload on its way into the inbox."""

    topic: str
    dedupe_key: str
    payload: Any
    external_id: str = ""
    version: str = ""


_INSERT = (
    "INSERT INTO kit_inboxmessage (source, topic, dedupe_key, payload, external_id, version, received_at)"
    " SELECT %s, t, d, p::jsonb, e, v, %s"
    " FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) AS u(t, d, p, e, v)"
    " ON CONFLICT (source, topic, dedupe_key) DO NOTHING"
)


def receive(source: str, messages: Iterable[Incoming]) -> int:
    """Store payloads raw; a delivery seen before is stored once.

    Units: how many were new.
    """
    rows = list(messages)
    if not rows:
        return 0
    count = execute(
        _INSERT,
        (
            source,
            now(),
            [m.topic for m in rows],
            [m.dedupe_key for m in rows],
            [as_json(m.payload) for m in rows],
            [m.external_id for m in rows],
            [m.version for m in rows],
        ),
    )
    execute("SELECT pg_notify('stockwright_inbox', '')")
    return count


def drain(topic: str, *, limit: int | None = None) -> int:
    """Take one batch of a topic, apply it, and settle every message of it, in one transaction.

    Locks: the messages, SKIP LOCKED, so that several workers share the work.
    Units: the number of messages settled; 0 when none waits.
    """
    known = _TOPICS[topic]
    with transaction.atomic():
        rows = fetch(
            "SELECT id, source, external_id, version, payload FROM kit_inboxmessage"
            " WHERE topic = %s AND state = 'pending' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            (topic, limit or known.batch),
        )
        if not rows:
            return 0
        messages = [Message(*row[:4], payload=_loads(row[4])) for row in rows]
        _settle(messages, _apply(known, messages))
        return len(messages)


def drain_all(*, only: Iterable[str] | None = None) -> int:
    """Drain every topic until nothing waits.

    Units: messages settled.
    """
    total = 0
    while True:
        done = sum(drain(topic) for topic in (only or topics()))
        total += done
        if not done:
            return total


def replay(ids: Iterable[int]) -> int:
    """Put quarantined messages back in line.

    Units: how many were put back.
    """
    return execute(
        "UPDATE kit_inboxmessage SET state = 'pending', reason = '', settled_at = NULL"
        " WHERE id = ANY(%s) AND state = 'quarantined'",
        (list(ids),),
    )


def _apply(topic: Topic, messages: Sequence[Message]) -> Settled:
    """Run the handler in a savepoint; on a refusal halve the batch until the bad message stands alone."""
    try:
        with transaction.atomic():
            return topic.handler(messages)
    except OperationalError:
        # Deadlock, timeout, lost connection: says nothing about the messages; they stay in line.
        raise
    except (StockwrightError, DataError, IntegrityError, ValueError, KeyError, TypeError, AttributeError) as error:
        if len(messages) == 1:
            log.warning("message %s of %s is quarantined: %s", messages[0].id, topic.name, error)
            return Settled(quarantined={messages[0].id: _reason(error)})
        middle = len(messages) // 2
        left, right = _apply(topic, messages[:middle]), _apply(topic, messages[middle:])
        return Settled(left.superseded | right.superseded, left.quarantined | right.quarantined, left.call)


def _reason(error: Exception) -> str:
    if isinstance(error, StockwrightError):
        return error.message
    return f"{type(error).__name__}: {error}"[:2000]


def _settle(messages: Sequence[Message], settled: Settled) -> None:
    for state, reasons in ((State.SUPERSEDED, settled.superseded), (State.QUARANTINED, settled.quarantined)):
        _mark(state, reasons, settled.call)
    told = settled.superseded.keys() | settled.quarantined.keys()
    _mark(State.APPLIED, {m.id: "" for m in messages if m.id not in told}, settled.call)


def _mark(state: str, reasons: Mapping[int, str], call: Any) -> None:
    if not reasons:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kit_inboxmessage m SET state = %s, settled_at = %s, attempts = attempts + 1, reason = r.reason,"
            " call = %s FROM unnest(%s::bigint[], %s::text[]) AS r(id, reason) WHERE m.id = r.id",
            (state, now(), call, list(reasons.keys()), list(reasons.values())),
        )


def _loads(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str | bytes) else value
