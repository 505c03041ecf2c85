from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from enum import StrEnum
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from stockwright.kit.actions import Call
from stockwright.kit.locks import advisory_key, lock_rows, try_lock, wait_lock
from stockwright.kit.models import InboxMessage, Setting
from stockwright.kit.people import SYSTEM
from stockwright.kit.states import IllegalMove, LostRace, check_move, move, sources
from stockwright.kit.tests.make import at_once


class Light(StrEnum):
    RED = "pending"
    GREEN = "applied"
    OUT = "superseded"


TABLE = {Light.RED: frozenset({Light.GREEN, Light.OUT}), Light.GREEN: frozenset({Light.RED}), Light.OUT: frozenset()}


def make_call() -> Call:
    return Call(id=uuid4(), action="probe.write", actor=SYSTEM, reason="", at=datetime(2026, 1, 1, tzinfo=UTC))


def make_message(key: str = "1") -> InboxMessage:
    return InboxMessage.objects.create(
        source="t", topic="t", dedupe_key=key, payload={}, received_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


def test_only_moves_of_the_table_are_legal():
    check_move(TABLE, Light.RED, Light.GREEN)
    with pytest.raises(IllegalMove, match=r"superseded.*can't become pending"):
        check_move(TABLE, Light.OUT, Light.RED)
    assert sources(TABLE, Light.RED) == [Light.GREEN]


@pytest.mark.django_db
def test_a_move_writes_its_columns_and_is_recorded():
    call, message = make_call(), make_message()
    move(call, message, "state", Light.GREEN, TABLE, type_="message", reason="why")
    assert (message.state, message.reason) == (Light.GREEN, "why")
    message.refresh_from_db()
    assert (message.state, message.reason) == ("applied", "why")
    assert call.facts[0].kind == "message.state_changed"
    assert call.facts[0].data == {"old": "pending", "new": "applied"}


@pytest.mark.django_db
def test_loses_the_race_when_somebody_was_quicker():
    message = make_message()
    InboxMessage.objects.update(state="superseded")
    call = make_call()
    with pytest.raises(LostRace):
        move(call, message, "state", Light.GREEN, TABLE, type_="message")
    assert (message.state, call.facts) == ("pending", [])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_at_once_one_wins():
    make_message()
    both_have_read = threading.Barrier(2)

    def work() -> str:
        message = InboxMessage.objects.get()
        both_have_read.wait(20)
        with transaction.atomic():
            move(make_call(), message, "state", Light.GREEN, TABLE, type_="message")
        return "won"

    assert sorted(str(type(r).__name__) for r in at_once(work, work)) == ["LostRace", "str"]


@pytest.mark.django_db
def test_rows_are_locked_in_key_order_and_those_alone():
    ids = [make_message(str(i)).pk for i in range(3)]
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        locked = lock_rows(InboxMessage, [ids[2], ids[0], ids[0], 10**12])
    assert list(locked) == [ids[0], ids[2]]
    assert 'ORDER BY "kit_inboxmessage"."id" ASC FOR UPDATE OF "kit_inboxmessage"' in queries[-1]["sql"] or any(
        'FOR UPDATE OF "kit_inboxmessage"' in q["sql"] for q in queries
    )


@pytest.mark.django_db(transaction=True)
def test_locking_the_same_rows_in_any_order_ends_without_a_deadlock():
    ids = [make_message(str(i)).pk for i in range(6)]

    def work(order: list[int]) -> int:
        for _ in range(10):
            with transaction.atomic():
                lock_rows(InboxMessage, order)
        return 1

    assert at_once(lambda: work(ids), lambda: work(ids[::-1]), lambda: work(ids[3:] + ids[:3])) == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_a_named_lock_is_had_by_one_at_a_time():
    def work() -> bool:
        with transaction.atomic():
            had = try_lock("the only one")
            time.sleep(0.3)
            return had

    assert {str(had) for had in at_once(work, work)} == {"False", "True"}


@pytest.mark.django_db(transaction=True)
def test_waiting_for_a_named_lock_makes_a_sum_right():
    Setting.objects.create(name="sum", value=0, changed_at=datetime(2026, 1, 1, tzinfo=UTC))

    def work() -> None:
        for _ in range(5):
            with transaction.atomic():
                wait_lock("sum")
                row = Setting.objects.get(name="sum")
                row.value += 1
                row.save()

    at_once(work, work, work)
    assert Setting.objects.get(name="sum").value == 15


def test_names_of_locks_become_signed_64_bit_keys():
    assert -(2**63) <= advisory_key("a") < 2**63
    assert advisory_key("a") != advisory_key("b")
