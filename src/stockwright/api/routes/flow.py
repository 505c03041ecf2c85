"""What came in, what goes out, and what happened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from stockwright.api.auth import must_see
from stockwright.api.paging import Key, Page, PagingQuery, RowId, Span, answer, page, read_cursor
from stockwright.api.reading import header_text, read_json
from stockwright.kit.errors import BadInput, NotFound
from stockwright.kit.ids import new_id
from stockwright.kit.inbox import Incoming, newest_deliveries, receive_ids, stored_ids, topics
from stockwright.kit.journal import read_events, timeline
from stockwright.kit.models import InboxMessage, OutboxEffect
from stockwright.kit.pages.names import permission_of

inbox = Router(tags=["inbox and outbox"])
journal = Router(tags=["journal"])
MOST_PAYLOADS = 500


class Received(Schema):
    """What was stored."""

    received: int
    ids: list[int] = Field(
        description="Of the message that holds each payload, the same again for one that is there already; "
        "GET /inbox/{id} tells what became of it."
    )
    duplicates: int = Field(description="Deliveries that say nothing new: sent again, or as the record was last told.")


class Delivery(Schema):
    """How to recognise a payload: the names of its own top-level fields."""

    id_field: str | None = Field(default=None, max_length=80, description="Holds the sender's id of the record.")
    version_field: str | None = Field(default=None, max_length=80, description="Rises with every change of it.")


class MessageInfo(Schema):
    """A message as it came, and what became of it."""

    id: int
    source: str
    topic: str
    external_id: str
    version: str
    received_at: datetime
    state: str
    settled_at: datetime | None
    reason: str
    attempts: int
    call: UUID | None


class _Filter(Schema):
    def given(self) -> dict[str, Any]:
        """What was asked for, as conditions."""
        return self.model_dump(exclude_none=True)


class MessageFilter(_Filter):
    """Which messages."""

    state: InboxMessage.State | None = None
    topic: str | None = Field(default=None, max_length=80)
    source: str | None = Field(default=None, max_length=80)
    external_id: str | None = Field(default=None, max_length=200)


class MessageWhole(MessageInfo):
    """The same with the payload."""

    payload: Any


@inbox.get("/inbox", response=Page[MessageInfo], summary="Messages")
def list_messages(request: HttpRequest, paging: PagingQuery, wanted: Query[MessageFilter]) -> Any:
    """Messages, newest first."""
    must_see(request, "view.flow")
    rows = InboxMessage.objects.filter(**wanted.given()).defer("payload")
    return page(request, rows, [Key("id", int, True)], paging, MessageInfo.from_orm)


@inbox.get("/inbox/{int:message_id}", response=MessageWhole, summary="One message")
def read_message(request: HttpRequest, message_id: RowId) -> Any:
    """One message with its payload, and why it was not applied where it was not."""
    must_see(request, "view.flow")
    return _one(InboxMessage, "message", message_id)


# Its document is written by api.schema, one operation for each topic.
@inbox.post("/inbox/{topic}", include_in_schema=False, response={202: Received})
def receive_messages(request: HttpRequest, topic: str, how: Query[Delivery]) -> Any:
    """Store payloads raw; they are applied in order by the worker.

    A payload is the same delivery again when it comes under the same Idempotency-Key, or, without one, when it is what
    was last told of the record that `id_field` names. Without either every delivery is a message of its own.
    """
    actor = must_see(request, "inbox.receive")
    if topic not in topics():
        raise NotFound(what="inbox topic", which=topic)
    body = read_json(request)
    payloads = body if isinstance(body, list) else [body]
    if not 1 <= len(payloads) <= MOST_PAYLOADS:
        raise BadInput(({"field": "", "message": f"1 to {MOST_PAYLOADS} payloads", "type": "too_long"},))
    if not all(isinstance(payload, dict) for payload in payloads):
        raise BadInput(({"field": "", "message": "each payload must be an object", "type": "dict_type"},))
    key = header_text(request, "Idempotency-Key")
    source = f"api:{actor.code}"
    messages = list(_incoming(source, topic, payloads, how, key))
    new = receive_ids(source, messages)
    ids = new if len(new) == len(messages) else stored_ids(source, messages)
    return Status(202, Received(received=len(payloads), ids=ids, duplicates=len(payloads) - len(new)))


class EffectInfo(Schema):
    """Something that must happen outside."""

    id: int
    kind: str
    key: str
    lock: str
    call: UUID | None
    created_at: datetime
    state: str
    attempts: int
    next_attempt_at: datetime | None
    settled_at: datetime | None
    error: str


class EffectFilter(_Filter):
    """Which effects."""

    state: OutboxEffect.State | None = None
    kind: str | None = Field(default=None, max_length=80)


class EffectWhole(EffectInfo):
    """The same with what is sent, and what was answered."""

    payload: Any
    answer: Any


@inbox.get("/outbox", response=Page[EffectInfo], summary="Effects")
def list_effects(request: HttpRequest, paging: PagingQuery, wanted: Query[EffectFilter]) -> Any:
    """Effects, newest first."""
    must_see(request, "view.flow")
    rows = OutboxEffect.objects.filter(**wanted.given()).defer("payload", "answer")
    return page(request, rows, [Key("id", int, True)], paging, EffectInfo.from_orm)


@inbox.get("/outbox/{int:effect_id}", response=EffectWhole, summary="One effect")
def read_effect(request: HttpRequest, effect_id: RowId) -> Any:
    """One effect with what is sent, and the last error."""
    must_see(request, "view.flow")
    return _one(OutboxEffect, "effect", effect_id)


class RefInfo(Schema):
    """A record that a fact touched."""

    type: str
    id: int
    role: str


class EventInfo(Schema):
    """A fact."""

    id: UUID
    occurred_at: datetime
    recorded_at: datetime
    kind: str
    actor: str
    call: UUID | None
    reason: str
    data: Any
    objects: list[RefInfo]


class EntryInfo(Schema):
    """A line of a record's timeline."""

    id: UUID
    occurred_at: datetime
    kind: str
    role: str
    actor: str
    actor_name: str
    reason: str
    call: UUID | None
    data: Any


class EventFilter(Span):
    """Which facts."""

    kind: str | None = Field(default=None, max_length=80, description="Such as order.placed; all kinds without it.")


@journal.get("/journal", response=Page[EventInfo], summary="What happened")
def list_events(request: HttpRequest, paging: PagingQuery, wanted: Query[EventFilter]) -> Any:
    """Facts with the records they touched, of every room, newest first."""
    must_see(request, "view.flow")
    before = read_cursor(paging.after, [datetime, UUID]) if paging.after else [None, None]
    events = read_events(
        kind=wanted.kind, since=wanted.since, until=wanted.until, before=before[0], before_id=before[1],
        limit=paging.limit + 1,
    )  # fmt: skip
    kept = events[: paging.limit]
    items = [EventInfo.from_orm(event) for event in kept]
    more = len(events) > paging.limit
    return answer(request, items, [kept[-1].occurred_at, kept[-1].id] if more else None)


@journal.get("/timeline/{type}/{object_id}", response=Page[EntryInfo], summary="A record's timeline")
def read_timeline(request: HttpRequest, type: str, object_id: RowId, paging: PagingQuery) -> Any:  # noqa: A002 - the word of the address
    """What happened to one record, newest first. Types: order, line, customer, variant, location, level, transfer ..."""
    must_see(request, "view.journal")
    must_see(request, _reading(type))
    before = read_cursor(paging.after, [datetime, UUID]) if paging.after else [None, None]
    entries = timeline(type, object_id, limit=paging.limit + 1, before=before[0], before_id=before[1])
    kept = entries[: paging.limit]
    items = [EntryInfo.from_orm(entry) for entry in kept]
    more = len(entries) > paging.limit
    return answer(request, items, [kept[-1].occurred_at, kept[-1].id] if more else None)


def _reading(type_: str) -> str:
    try:
        return permission_of(type_) or "view.journal"
    except NotFound:
        # Of no room's pages, such as a line of an order: for whoever may see everything that happens.
        return "view.flow"


def _incoming(
    source: str, topic: str, payloads: Sequence[dict[str, Any]], how: Delivery, key: str
) -> Iterator[Incoming]:
    externals = [_told(payload, how.id_field) for payload in payloads]
    # What was last told of each record. A delivery's key is its digest and the number of the message it followed: the
    # same again has the same key, while a record that goes back to what it once was is news.
    last = {} if key else newest_deliveries(source, topic, externals)
    for place, (external, payload) in enumerate(zip(externals, payloads, strict=True)):
        digest = hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()
        if key:
            dedupe = f"{key}:{place}:{digest}"
        elif not external:
            dedupe = str(new_id())
        elif (told := last.get(external, "")).startswith(digest):
            dedupe = told
        else:
            dedupe = last[external] = f"{digest}:{hashlib.sha256(told.encode()).hexdigest()}"
        yield Incoming(topic, dedupe, payload, external, _told(payload, how.version_field))


def _told(payload: dict[str, Any], field: str | None) -> str:
    value = payload.get(field) if field else None
    return "" if value is None else str(value)


def _one(model: type[Any], what: str, row_id: int) -> Any:
    row = model.objects.filter(pk=row_id).first()
    if row is None:
        raise NotFound(what=what, which=row_id)
    return row
