"""Writing facts, and reading the timeline of a record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from stockwright.kit.bulk import as_json, copy_text, copy_word, fetch
from stockwright.kit.clock import now
from stockwright.kit.ids import new_ids
from stockwright.kit.partitions import ensure_moments

if TYPE_CHECKING:
    from stockwright.kit.actions.call import Call

EVENT_COLUMNS = ("id", "occurred_at", "recorded_at", "kind", "actor", "call", "reason", "data")
OBJECT_COLUMNS = ("event_id", "occurred_at", "type", "object_id", "role")


def write_facts(call: Call) -> None:
    """Copy the call's facts into the journal, within its transaction."""
    facts = call.facts
    if not facts:
        return
    times = {fact.occurred_at for fact in facts}
    for table in ("kit_journalevent", "kit_journalobject"):
        ensure_moments(table, times)
    ids = [id_.hex for id_ in new_ids(len(facts))]
    # What all of a call's facts share is laid out once: a big batch has thousands of them.
    shared = f"\t{copy_word(call.actor.code)}\t{call.id}\t{copy_word(call.reason)}\t"
    recorded = str(now())
    copy_text(
        "kit_journalevent",
        EVENT_COLUMNS,
        (
            f"{id_}\t{fact.occurred_at!s}\t{recorded}\t{fact.kind}{shared}{copy_word(as_json(fact.data))}\n"
            for id_, fact in zip(ids, facts, strict=True)
        ),
    )
    copy_text(
        "kit_journalobject",
        OBJECT_COLUMNS,
        (
            f"{id_}\t{fact.occurred_at!s}\t{type_}\t{object_id}\t{role}\n"
            for id_, fact in zip(ids, facts, strict=True)
            for type_, object_id, role in _once(fact.objects)
        ),
    )


def _once(objects: Sequence[tuple[str, int, str]]) -> Iterator[tuple[str, int, str]]:
    return iter(dict.fromkeys(objects))


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a timeline."""

    id: UUID
    occurred_at: datetime
    kind: str
    role: str
    actor: str
    actor_name: str
    reason: str
    call: UUID | None
    data: dict[str, Any]


def timeline(
    type_: str, object_id: int, *, limit: int = 50, before: datetime | None = None, before_id: UUID | None = None
) -> list[Entry]:
    """The latest facts about one record, newest first.

    Units: at most `limit` entries; for the next page pass the last one's time and id (the time alone skips the
    others of that same instant).
    """
    rows = fetch(
        "SELECT e.id, e.occurred_at, e.kind, o.role, e.actor, coalesce(c.actor_name, ''), e.reason, e.call, e.data"
        " FROM (SELECT event_id, occurred_at, role FROM kit_journalobject"
        "       WHERE type = %(type)s AND object_id = %(id)s"
        "       AND (%(before)s::timestamptz IS NULL OR (occurred_at, event_id) < (%(before)s, %(before_id)s::uuid))"
        "       ORDER BY occurred_at DESC, event_id DESC LIMIT %(limit)s) o"
        " JOIN kit_journalevent e ON e.id = o.event_id AND e.occurred_at = o.occurred_at"
        " LEFT JOIN kit_actioncall c ON c.id = e.call"
        " ORDER BY o.occurred_at DESC, e.id DESC",
        {"type": type_, "id": object_id, "before": before, "before_id": before_id or UUID(int=0), "limit": limit},
    )
    # The raw connection hands JSON back as text inside Django's cursors.
    return [Entry(*(*row[:8], _loaded(row[8]))) for row in rows]


@dataclass(frozen=True, slots=True)
class Ref:
    """A record that a fact touched."""

    type: str
    id: int
    role: str


@dataclass(frozen=True, slots=True)
class Event:
    """A fact with every record it touched."""

    id: UUID
    occurred_at: datetime
    recorded_at: datetime
    kind: str
    actor: str
    call: UUID | None
    reason: str
    data: dict[str, Any]
    objects: tuple[Ref, ...]


def read_events(
    *, kind: str | None = None, since: datetime | None = None, until: datetime | None = None,
    before: datetime | None = None, before_id: UUID | None = None, limit: int = 50,
) -> list[Event]:  # fmt: skip
    """Facts of one kind (or of all), newest first.

    Units: at most `limit`; for the next page pass the last one's time and id. `until` is not included.
    """
    conditions = {
        "kind": "e.kind = %(kind)s",
        "since": "e.occurred_at >= %(since)s",
        "until": "e.occurred_at < %(until)s",
        "before": "(e.occurred_at, e.id) < (%(before)s, %(before_id)s)",
    }
    given = {
        "kind": kind, "since": since, "until": until, "before": before, "before_id": before_id or UUID(int=0),
        "limit": limit,
    }  # fmt: skip
    # Only the conditions that hold: each lets the planner leave partitions out.
    where = " AND ".join(text for name, text in conditions.items() if given[name] is not None) or "true"
    rows = fetch(
        "SELECT id, occurred_at, recorded_at, kind, actor, call, reason, data FROM kit_journalevent e"  # noqa: S608 - fixed texts
        f" WHERE {where} ORDER BY occurred_at DESC, id DESC LIMIT %(limit)s",
        given,
    )
    objects = _objects_of([(row[0], row[1]) for row in rows])
    return [Event(*(*row[:7], _loaded(row[7]), tuple(objects.get(row[0], ())))) for row in rows]


def _objects_of(events: Sequence[tuple[UUID, datetime]]) -> dict[UUID, list[Ref]]:
    if not events:
        return {}
    times = [at for _, at in events]
    found: dict[UUID, list[Ref]] = {}
    for event_id, *ref in fetch(
        "SELECT event_id, type, object_id, role FROM kit_journalobject"
        " WHERE occurred_at BETWEEN %s AND %s AND event_id = ANY(%s) ORDER BY type, object_id, role",
        (min(times), max(times), [id_ for id_, _ in events]),
    ):
        found.setdefault(event_id, []).append(Ref(*ref))
    return found


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
