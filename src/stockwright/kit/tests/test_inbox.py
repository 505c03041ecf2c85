from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from stockwright.kit import inbox
from stockwright.kit.errors import NotFound, Refused, TooLarge, Unavailable
from stockwright.kit.inbox import Incoming, Message, Settled, drain, drain_all, handles, receive, receive_ids, replay
from stockwright.kit.models import InboxMessage, Setting
from stockwright.kit.tests.make import at_once

seen: list[list[Any]] = []
trouble: list[Exception] = []
gate = threading.Event()
entered = threading.Event()


@handles("probe.take", batch=4)
def take(messages: Sequence[Message]) -> Settled:
    """Write each down; misbehave as the payload says."""
    seen.append([message.payload for message in messages])
    if trouble:
        raise trouble[0]
    settled = Settled()
    for message in messages:
        match message.payload:
            case {"old": _}:
                settled.superseded[message.id] = "older than what we have"
            case {"raise": kind}:
                raise {"refused": Refused("no\x00t so"), "index": IndexError("3"), "zero": ZeroDivisionError()}[kind]
            case {"sql": statement}:
                with connection.cursor() as cursor:
                    cursor.execute(statement)
            case _:
                Setting.objects.create(name=f"m{message.id}", value=0, changed_at="2026-01-01T00:00Z")
    return settled


@handles("probe.wait", batch=1)
def wait(messages: Sequence[Message]) -> Settled:
    """Let the other drainer come in between."""
    seen.append([message.payload for message in messages])
    if messages[0].payload.get("wait"):
        entered.set()
        gate.wait(10)
    return Settled()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    seen.clear()
    trouble.clear()
    gate.clear()
    entered.clear()
    yield
    gate.set()


def put(*payloads: Any, topic: str = "probe.take", external_id: str = "") -> list[int]:
    start = InboxMessage.objects.count()
    return receive_ids("test", [Incoming(topic, f"{start + i}", p, external_id) for i, p in enumerate(payloads)])


def states() -> list[str]:
    return list(InboxMessage.objects.order_by("id").values_list("state", flat=True))


@pytest.mark.django_db
def test_a_batch_is_halved_until_the_bad_one_stands_alone():
    put({"a": 1}, {"raise": "refused"}, {"old": 1}, {"a": 2}, {"raise": "zero"})
    assert drain_all(only=["probe.take"]) == 5
    assert states() == ["applied", "quarantined", "superseded", "applied", "quarantined"]
    assert Setting.objects.count() == 2
    reasons = list(InboxMessage.objects.filter(state="quarantined").order_by("id").values_list("reason", flat=True))
    assert reasons == ["no\ufffdt so", "ZeroDivisionError: "]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 / 0",
        "INSERT INTO kit_setting VALUES ('x', '1', now()), ('x', '1', now())",
        "SELECT no_such_column",
        # Longer than any row of an index: PostgreSQL calls it an operational error.
        (
            "INSERT INTO kit_externalref (source, type, external_id, object_id, seen_at)"
            " SELECT 's', 't', 'x', 1, now() WHERE to_tsvector(repeat('abcdefghij ' || repeat('x', 2000), 1)) IS NOT NULL"
            " AND to_tsvector((SELECT string_agg(md5(i::text), ' ') FROM generate_series(1, 60000) i)) IS NOT NULL"
        ),
    ],
)
def test_what_the_database_refuses_of_a_message_is_quarantined(statement: str):
    put({"sql": statement}, {"a": 1})
    drain("probe.take")
    assert states() == ["quarantined", "applied"]


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError("deadlock detected"), Unavailable()])
def test_trouble_of_the_machine_leaves_messages_in_line(error: Exception):
    put({"a": 1}, {"a": 2})
    trouble.append(error)
    with pytest.raises(type(error)):
        drain("probe.take")
    assert states() == ["pending", "pending"]
    trouble.clear()
    drain("probe.take")
    assert states() == ["applied", "applied"]


@pytest.mark.django_db
def test_trouble_with_one_topic_does_not_hold_up_the_others():
    put({"a": 1})
    put({"b": 1}, topic="probe.wait")
    trouble.append(OperationalError("lock timeout"))
    with pytest.raises(OperationalError):
        drain_all(only=["probe.take", "probe.wait"])
    assert states() == ["pending", "applied"]


@pytest.mark.django_db
def test_replay_puts_quarantined_messages_back_and_dismiss_gives_them_up():
    first, second, applied = put({"raise": "refused"}, {"raise": "refused"}, {"a": 1})
    drain_all(only=["probe.take"])
    assert replay([first, applied]) == 1
    assert inbox.dismiss([second, applied], "a test order") == 1
    assert states() == ["pending", "superseded", "applied"]
    drain("probe.take")
    message = InboxMessage.objects.get(pk=first)
    assert (message.state, message.attempts) == ("quarantined", 2)


@pytest.mark.django_db
def test_a_delivery_seen_before_is_stored_once():
    assert receive("test", [Incoming("probe.take", "1", {"a": 1})]) == 1
    assert receive("test", [Incoming("probe.take", "1", {"a": 1}), Incoming("probe.take", "2", {})]) == 1
    assert receive("test", []) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("payload", "stored"),
    [
        ({"t": "a\x00b"}, {"t": "a\ufffdb"}),
        ({"t": "a\\u0000b"}, {"t": "a\\u0000b"}),
        ({"t\x00": ["\ud83d", "\U0001f600"]}, {"t\ufffd": ["\ufffd", "\U0001f600"]}),
        ({"n": 2**70}, {"n": str(2**70)}),
        ({"n": float("nan")}, {"n": None}),
        ({"d": {"e": {"f": [1.5, True, None]}}}, {"d": {"e": {"f": [1.5, True, None]}}}),
        ("\u202e\u0301 right to left", "\u202e\u0301 right to left"),
    ],
)
def test_what_json_in_postgresql_can_not_hold_is_replaced_not_lost(payload: Any, stored: Any):
    put(payload)
    assert InboxMessage.objects.get().payload == stored


@pytest.mark.django_db
def test_a_long_key_is_shortened_and_still_recognised():
    incoming = Incoming("probe.take", "k" * 500, {}, "e" * 500, "v" * 99)
    assert receive("test", [incoming]) == 1
    assert receive("test", [incoming]) == 0
    message = InboxMessage.objects.get()
    assert len(message.dedupe_key) <= 200
    assert len(message.external_id) <= 200


@pytest.mark.django_db
def test_refuses_a_payload_that_is_a_file():
    with pytest.raises(TooLarge):
        put({"t": "x" * (inbox.LARGEST + 1)})
    assert not InboxMessage.objects.exists()


@pytest.mark.django_db
def test_refuses_a_topic_nobody_understands():
    with pytest.raises(NotFound):
        drain("probe.unknown")


@pytest.mark.django_db(transaction=True)
def test_two_drainers_share_the_work_and_no_message_is_taken_twice():
    put(*[{"n": i} for i in range(40)])
    done = at_once(*[lambda: drain_all(only=["probe.take"])] * 2)
    assert sum(n for n in done if isinstance(n, int)) == 40
    assert sorted(p["n"] for batch in seen for p in batch) == list(range(40))
    assert set(states()) == {"applied"}


@pytest.mark.django_db(transaction=True)
def test_a_records_later_message_waits_for_its_earlier_one():
    put({"n": 1, "wait": True}, {"n": 2}, topic="probe.wait", external_id="order 1")

    def second() -> int:
        entered.wait(10)
        done = drain("probe.wait")
        gate.set()
        return done

    assert at_once(lambda: drain("probe.wait"), second) == [1, 0]
    assert drain_all(only=["probe.wait"]) == 1
    assert [batch[0]["n"] for batch in seen] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_drainer_that_dies_leaves_its_messages_in_line():
    put({"n": 1})
    with pytest.raises(KeyboardInterrupt), transaction.atomic():  # noqa: PT012 - the death comes after the work
        drain("probe.take")
        raise KeyboardInterrupt
    assert states() == ["pending"]
