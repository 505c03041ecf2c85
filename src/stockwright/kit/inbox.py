"""The inbox: raw first, understood later, in batches; one bad message never stops the others."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import InterfaceError, OperationalError, transaction
from psycopg.errors import ProgramLimitExceeded
from pydantic import BaseModel

from stockwright.kit.bulk import as_array, as_json, execute, fetch, fetch_prepared
from stockwright.kit.clock import now
from stockwright.kit.errors import Kind, NotFound, OutOfBounds, StockwrightError, TooLarge
from stockwright.kit.locks import advisory_key
from stockwright.kit.models import InboxMessage

log = logging.getLogger(__name__)

# Of one payload as JSON text; what is larger is a file, and comes in by the import.
LARGEST = 16 * 1024 * 1024
_KEY_LENGTH = 200
State = InboxMessage.State


@dataclass(frozen=True, slots=True)
class Message:
    """One waiting payload."""

    id: int
    source: str
    external_id: str
    version: str
    # As the database writes it: handlers of big batches validate it without a detour over dictionaries.
    raw: str | bytes

    @property
    def payload(self) -> Any:
        """What it says."""
        return orjson.loads(self.raw)


@dataclass(slots=True)
class Settled:
    """What a handler did with its messages; those it does not mention were applied."""

    superseded: dict[int, str] = field(default_factory=dict)
    quarantined: dict[int, str] = field(default_factory=dict)
    # The action call that took them: one for all, or one by message.
    call: UUID | None = None
    calls: dict[int, UUID | None] = field(default_factory=dict)


Handler = Callable[[Sequence[Message]], Settled]


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of message and who understands it."""

    name: str
    handler: Handler
    batch: int
    # What a payload reads as, for those who describe the doors; None where only the handler knows.
    payload: type[BaseModel] | None = None


_TOPICS: dict[str, Topic] = {}


def handles(topic: str, *, batch: int = 500, payload: type[BaseModel] | None = None) -> Callable[[Handler], Handler]:
    """Register the handler of a topic, and what its payloads read as.

    It is given up to `batch` messages in order of arrival, inside a transaction, performs actions, and says what it did
    not apply.
    """

    def register(handler: Handler) -> Handler:
        if topic in _TOPICS:
            raise RuntimeError(f"two handlers for {topic}")
        _TOPICS[topic] = Topic(topic, handler, batch, payload)
        return handler

    return register


def topics() -> tuple[str, ...]:
    """The topics somebody understands."""
    return tuple(sorted(_TOPICS))


def payload_of(topic: str) -> type[BaseModel] | None:
    """What a topic's payloads read as, where that is known beforehand."""
    return _TOPICS[topic].payload


@dataclass(frozen=True, slots=True)
class Incoming:
    """A payload on its way into the inbox."""

    topic: str
    dedupe_key: str
    payload: Any
    external_id: str = ""
    version: str = ""


# Held together by the workers that are at work: they look again by themselves before they sleep.
AWAKE = advisory_key("inbox awake")
# In the same statement: one trip, and one commit for a caller without a transaction. Commits that notify wait for each
# other, so it is spared where a worker is awake, or another sender in this moment about to wake one.
_NOTIFY = (
    " ON CONFLICT (source, topic, dedupe_key) DO NOTHING RETURNING id)"  # noqa: S608 - a number
    f" SELECT id, (SELECT pg_notify('stockwright_inbox', '') WHERE pg_try_advisory_xact_lock({AWAKE})) FROM new"
)
_COLUMNS = "(source, received_at, topic, dedupe_key, payload, external_id, version)"
_INSERT = (
    f"WITH new AS (INSERT INTO kit_inboxmessage {_COLUMNS} SELECT %s, %s, t, d, p::jsonb, e, v"  # noqa: S608
    f" FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) AS u(t, d, p, e, v){_NOTIFY}"
)
# A webhook at a time is the usual case, and sooner planned.
_INSERT_ONE = (
    f"WITH new AS (INSERT INTO kit_inboxmessage {_COLUMNS} VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s){_NOTIFY}"  # noqa: S608
)


def receive(source: str, messages: Iterable[Incoming]) -> int:
    """Store payloads raw; a delivery seen before is stored once.

    Units: how many were new.
    Raises: TooLarge.
    """
    return len(receive_ids(source, messages))


def receive_ids(source: str, messages: Iterable[Incoming]) -> list[int]:
    """The same, answering with the ids of the new ones in order."""
    rows = list(messages)
    if not rows:
        return []
    values = [
        (m.topic, _key(m.dedupe_key), payload_text(m.payload), _key(m.external_id), storable(m.version)[:64])
        for m in rows
    ]
    if len(values) == 1:
        new = fetch_prepared(_INSERT_ONE, (source, now(), *values[0]))
    else:
        new = fetch(_INSERT, (source, now(), *[as_array(column) for column in zip(*values, strict=True)]))
    return sorted(row[0] for row in new)


def stored_ids(source: str, messages: Sequence[Incoming]) -> list[int]:
    """The ids under which messages are stored, now or since an earlier delivery, in order."""
    rows = fetch(
        "SELECT topic, dedupe_key, id FROM kit_inboxmessage WHERE source = %s AND (topic, dedupe_key) IN"
        " (SELECT * FROM unnest(%s::text[], %s::text[]))",
        (source, [m.topic for m in messages], [_key(m.dedupe_key) for m in messages]),
    )
    found = {(topic, key): row_id for topic, key, row_id in rows}
    return [found[m.topic, _key(m.dedupe_key)] for m in messages]


def newest_deliveries(source: str, topic: str, external_ids: Iterable[str]) -> dict[str, str]:
    """The dedupe key of the latest message about each of a sender's records, where there is one."""
    named = {_key(external): external for external in external_ids if external}
    if not named:
        return {}
    rows = fetch(
        "SELECT DISTINCT ON (external_id) external_id, dedupe_key FROM kit_inboxmessage"
        " WHERE topic = %s AND external_id = ANY(%s) AND source = %s ORDER BY external_id, id DESC",
        (topic, list(named), source),
    )
    return {named[external]: key for external, key in rows}


def payload_text(payload: Any) -> str:
    """A payload as the text that is stored.

    What PostgreSQL can't hold in JSON (NUL, half a surrogate pair) becomes the replacement character.
    Raises: TooLarge.
    """
    try:
        text = as_json(payload)
    except OutOfBounds:
        text = as_json(storable(payload))
    else:
        if "\\u0000" in text:
            text = as_json(storable(payload))
    if len(text) > LARGEST:
        raise TooLarge(what="a payload", limit=f"{LARGEST // 1024 // 1024} MB")
    return text


def storable(value: Any) -> Any:
    """The same value in strings and numbers that PostgreSQL can hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [storable(held) for held in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def _key(text: str) -> str:
    """As it is, or shortened by a hash where the column is too short for it."""
    text = storable(text)
    if len(text) <= _KEY_LENGTH:
        return text
    return f"{text[:130]}:{hashlib.sha256(text.encode()).hexdigest()}"


# A batch finds its records by their keys. A connection keeps the plans of foreign keys' checks, and one that was made
# while a table had a page or two would read the whole of it for each row ever after.
_BY_INDEX = "SET LOCAL enable_seqscan = off"
_TAKE = (
    "SELECT id, source, external_id, version, payload::text FROM kit_inboxmessage"
    " WHERE topic = %s AND state = 'pending' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
)
# What still waits below the highest id taken is in another worker's hands.
_SKIPPED = (
    "SELECT id, source, external_id FROM kit_inboxmessage WHERE topic = %s AND state = 'pending' AND id < %s"
    " AND external_id <> '' AND id <> ALL(%s::bigint[])"
)


def _take(topic: str, limit: int) -> list[Message]:
    """The next messages nobody else has.

    Those whose record has an earlier message with another worker stay behind: one record's messages are applied in
    order of arrival however many workers there are.
    """
    messages = [Message(*row) for row in fetch(_TAKE, (topic, limit))]
    if not messages:
        return []
    skipped: dict[tuple[str, str], int] = {}
    ids = as_array([message.id for message in messages])
    for id_, source, external_id in fetch(_SKIPPED, (topic, messages[-1].id, ids)):
        skipped[source, external_id] = min(id_, skipped.get((source, external_id), id_))
    if not skipped:
        return messages
    return [m for m in messages if skipped.get((m.source, m.external_id), m.id) >= m.id]


def drain(topic: str, *, limit: int | None = None) -> int:
    """Take one batch of a topic, apply it, and settle every message of it, in one transaction.

    Locks: the messages, SKIP LOCKED, so that several workers share the work.
    Units: the number of messages settled; 0 when none waits.
    Raises: NotFound for a topic nobody understands; OperationalError, Unavailable: the messages stay in line.
    """
    known = _TOPICS.get(topic)
    if known is None:
        raise NotFound(what="inbox topic", which=topic)
    with transaction.atomic():
        execute(_BY_INDEX)
        messages = _take(topic, limit or known.batch)
        if not messages:
            return 0
        _settle(messages, _apply(known, messages))
        return len(messages)


def drain_all(*, only: Iterable[str] | None = None) -> int:
    """Drain every topic until nothing waits; trouble with one topic does not hold up the others.

    Units: messages settled.
    Raises: the first topic's trouble, once the others are drained.
    """
    total = 0
    left = set(only or topics())
    trouble: Exception | None = None
    moved = 1
    while moved:
        moved, failed = drain_round(left)
        total += moved
        left -= failed.keys()
        trouble = trouble or next(iter(failed.values()), None)
    if trouble is not None:
        raise trouble
    return total


def drain_round(names: Iterable[str]) -> tuple[int, dict[str, Exception]]:
    """Take one batch of each topic.

    Shape: messages settled, and the trouble by topic.
    """
    moved = 0
    trouble: dict[str, Exception] = {}
    for topic in sorted(names):
        try:
            moved += drain(topic)
        except Exception as error:  # noqa: BLE001 - the caller raises it once the others are drained
            trouble[topic] = error
    return moved, trouble


def replay(ids: Iterable[int]) -> int:
    """Put quarantined messages back in line.

    Units: how many were put back.
    """
    count = execute(
        "UPDATE kit_inboxmessage SET state = 'pending', reason = '', settled_at = NULL"
        " WHERE id = ANY(%s) AND state = 'quarantined'",
        (list(ids),),
    )
    execute("SELECT pg_notify('stockwright_inbox', '')")
    return count


def dismiss(ids: Iterable[int], why: str) -> int:
    """Give quarantined messages up: superseded, with the reason somebody gave.

    Units: how many were given up.
    """
    return execute(
        "UPDATE kit_inboxmessage SET state = 'superseded', reason = %s, settled_at = %s"
        " WHERE id = ANY(%s) AND state = 'quarantined'",
        (why, now(), list(ids)),
    )


def _apply(topic: Topic, messages: Sequence[Message]) -> Settled:
    """Run the handler in a savepoint; on a refusal halve the batch until the bad message stands alone."""
    try:
        with transaction.atomic():
            settled = topic.handler(messages)
    except Exception as error:
        if _is_passing(error):
            # Deadlock, timeout, lost connection: says nothing about the messages; they stay in line.
            raise
        if len(messages) == 1:
            if isinstance(error, StockwrightError):
                log.warning("message %s of %s is quarantined: %s", messages[0].id, topic.name, error)
            else:
                log.exception("message %s of %s is quarantined", messages[0].id, topic.name)
            return Settled(quarantined={messages[0].id: _reason(error)})
    else:
        settled.calls = {m.id: settled.calls.get(m.id, settled.call) for m in messages}
        return settled
    middle = len(messages) // 2
    left, right = _apply(topic, messages[:middle]), _apply(topic, messages[middle:])
    return Settled(
        superseded=left.superseded | right.superseded,
        quarantined=left.quarantined | right.quarantined,
        calls=left.calls | right.calls,
    )


def _reason(error: Exception) -> str:
    if isinstance(error, StockwrightError):
        return error.message
    return f"{type(error).__name__}: {error}"[:2000]


def _is_passing(error: Exception) -> bool:
    """Whether the trouble is the machine's, not the message's."""
    if isinstance(error, StockwrightError):
        return error.kind is Kind.UNAVAILABLE
    if isinstance(error, OperationalError):
        # PostgreSQL's word for a value too long for an index: that one would never go away.
        return not isinstance(error.__cause__, ProgramLimitExceeded)
    return isinstance(error, InterfaceError | MemoryError)


def _settle(messages: Sequence[Message], settled: Settled) -> None:
    for state, reasons in ((State.SUPERSEDED, settled.superseded), (State.QUARANTINED, settled.quarantined)):
        _mark(state, reasons, settled)
    told = settled.superseded.keys() | settled.quarantined.keys()
    _mark(State.APPLIED, {m.id: "" for m in messages if m.id not in told}, settled)


def _mark(state: str, reasons: Mapping[int, str], settled: Settled) -> None:
    if not reasons:
        return
    calls = {settled.calls.get(id_) for id_ in reasons}
    if len(calls) == 1 and not any(reasons.values()):
        # What nearly all come to: one call, nothing to say.
        execute(
            "UPDATE kit_inboxmessage SET state = %s, settled_at = %s, attempts = least(attempts + 1, 32000),"
            " reason = '', call = %s WHERE id = ANY(%s::bigint[])",
            (state, now(), calls.pop(), as_array(reasons)),
        )
        return
    execute(
        "UPDATE kit_inboxmessage m SET state = %s, settled_at = %s, attempts = least(attempts + 1, 32000),"
        " reason = r.reason, call = r.call"
        " FROM unnest(%s::bigint[], %s::text[], %s::uuid[]) AS r(id, reason, call) WHERE m.id = r.id",
        (
            state, now(), list(reasons), [storable(reason)[:2000] for reason in reasons.values()],
            [settled.calls.get(id_) for id_ in reasons],
        ),
    )  # fmt: skip
