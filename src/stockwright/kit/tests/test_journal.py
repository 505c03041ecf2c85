from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from stockwright.kit.actions import Call, Fact
from stockwright.kit.ids import new_id, new_ids
from stockwright.kit.journal import read_events, timeline, write_facts
from stockwright.kit.people import SYSTEM

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def make_call(*facts: tuple[str, datetime, int]) -> Call:
    call = Call(id=uuid4(), action="probe.write", actor=SYSTEM, reason="", at=NOON)
    for kind, at, number in facts:
        call.record(kind, ("probe", number), ("order", 77, "of"), at=at, word=kind)
    return call


def test_ids_rise_with_time_and_within_a_batch():
    first, batch, last = new_id(), new_ids(50), new_id()
    assert first.version == 7
    assert batch == sorted(batch)
    assert first.int >> 80 <= batch[0].int >> 80 <= last.int >> 80


def test_a_timeline_is_read_newest_first_over_the_border_of_months():
    write_facts(make_call(*[(f"probe.n{i}", NOON - timedelta(days=20 * i), 7) for i in range(5)]))
    assert [entry.kind for entry in timeline("probe", 7)] == [f"probe.n{i}" for i in range(5)]
    assert [entry.kind for entry in timeline("order", 77, limit=2)] == ["probe.n0", "probe.n1"]
    assert timeline("probe", 8) == []


def test_pages_lose_nothing_where_many_facts_share_one_instant():
    write_facts(make_call(*[("probe.same", NOON, 7)] * 7))
    seen, before, before_id = [], None, None
    while page := timeline("probe", 7, limit=2, before=before, before_id=before_id):
        seen += [entry.id for entry in page]
        before, before_id = page[-1].occurred_at, page[-1].id
    assert len(seen) == len(set(seen)) == 7


def test_a_record_named_twice_in_one_fact_is_written_once():
    call = make_call()
    call.record_many([Fact("probe.twice", (("probe", 1, "subject"), ("probe", 1, "subject")), {}, NOON)])
    write_facts(call)
    assert len(timeline("probe", 1)) == 1


def test_events_are_read_by_kind_and_span_with_every_record_they_touched():
    write_facts(make_call(*[("probe.a" if i % 2 else "probe.b", NOON + timedelta(hours=i), i + 1) for i in range(6)]))
    events = read_events(kind="probe.a", since=NOON, until=NOON + timedelta(hours=5))
    assert [event.occurred_at.hour for event in events] == [15, 13]
    assert [(ref.type, ref.id, ref.role) for ref in events[0].objects] == [("order", 77, "of"), ("probe", 4, "subject")]


def test_events_come_in_pages():
    write_facts(make_call(*[("probe.p", NOON, i + 1) for i in range(5)]))
    first = read_events(kind="probe.p", limit=3)
    rest = read_events(kind="probe.p", limit=3, before=first[-1].occurred_at, before_id=first[-1].id)
    assert len({event.id for event in [*first, *rest]}) == 5
