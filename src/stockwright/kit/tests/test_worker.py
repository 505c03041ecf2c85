"""The worker's drainer and whoever wakes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from stockwright.kit import worker
from stockwright.kit.bulk import fetch
from stockwright.kit.inbox import AWAKE, Incoming, Message, Settled, handles, receive

pytestmark = pytest.mark.django_db(transaction=True)

Beside = psycopg.Connection[tuple[Any, ...]]


@handles("probe.wake", batch=10)
def take(_messages: Sequence[Message]) -> Settled:
    return Settled()


@pytest.fixture
def listener() -> Iterator[Beside]:
    with psycopg.connect(**_address(), autocommit=True) as other:
        other.execute("LISTEN stockwright_inbox")
        yield other


def _address() -> dict[str, Any]:
    wanted = ("dbname", "user", "password", "host", "port")
    return {name: value for name, value in connection.get_connection_params().items() if name in wanted}


def send(*keys: str) -> None:
    assert receive("probe", [Incoming("probe.wake", key, {}) for key in keys]) == len(keys)


def send_and_leave(key: str) -> None:
    """From a thread, which has a connection of its own."""
    send(key)
    connection.close()


def waiting() -> int:
    return int(fetch("SELECT count(*) FROM kit_inboxmessage WHERE topic = 'probe.wake' AND state = 'pending'")[0][0])


def heard(listener: Beside) -> int:
    """Notifications that have come; those of this connection's own commits are there at once."""
    listener.execute("SELECT 1")
    return sum(1 for _ in listener.notifies(timeout=0.5))


def test_a_drainer_takes_every_message_whenever_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    # It never looks by itself within this test.
    monkeypatch.setattr(worker, "PATIENCE", 600.0)
    stop = threading.Event()
    drainer = threading.Thread(target=worker.drain_for_ever, args=(stop, threading.Event()), daemon=True)
    drainer.start()
    for number in range(24):
        # At every moment of its round: at work, about to sleep, asleep.
        time.sleep(number * worker.GATHER / 8)
        send(f"m{number}")
    give_up = time.monotonic() + 30
    while waiting() and time.monotonic() < give_up:
        time.sleep(0.02)
    left = waiting()
    stop.set()
    # Asleep it sees that it is to stop only when it is woken.
    for number in range(100):
        if drainer.is_alive():
            send(f"wake up {number}")
            drainer.join(timeout=0.3)
    assert left == 0
    assert not drainer.is_alive()


def test_a_sleeping_worker_is_notified_once_for_a_call(listener: Beside) -> None:
    send("a", "b")
    assert heard(listener) == 1
    send("a-1")
    assert heard(listener) == 1


def test_a_duplicate_wakes_nobody(listener: Beside) -> None:
    send("a")
    heard(listener)
    assert receive("probe", [Incoming("probe.wake", "a", {})]) == 0
    assert heard(listener) == 0


def test_nobody_is_notified_while_a_worker_is_awake(listener: Beside) -> None:
    with worker.awake():
        sender = threading.Thread(target=send_and_leave, args=("a",))
        sender.start()
        sender.join(timeout=30)
        assert heard(listener) == 0
    assert waiting() == 1
    send("now it sleeps")
    assert heard(listener) == 1


def test_a_worker_does_not_wait_for_a_sender_whose_transaction_is_open(listener: Beside) -> None:
    with psycopg.connect(**_address()) as sender:
        sender.execute("SELECT pg_advisory_xact_lock(%s)", (AWAKE,))
        with worker.awake(), transaction.atomic():
            send("a")
        assert waiting() == 1
    assert heard(listener) == 0
