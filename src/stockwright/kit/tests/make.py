"""Builders for tests that need people, a verb or two, and threads of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import connection
from pydantic import BaseModel, SecretStr

from stockwright.kit.actions import Call, Concealed, Given, action
from stockwright.kit.bulk import fetch
from stockwright.kit.clock import now
from stockwright.kit.errors import Refused
from stockwright.kit.models import Person, Setting
from stockwright.kit.people import Actor, Role, actor_of

T = TypeVar("T")


def make_person(
    *roles: Role, email: str = "ada@shop.example", name: str = "Ada Byron", password: str | None = None
) -> Person:
    """Somebody with these roles."""
    return Person.objects.create_user(email, password, name=name, roles=[role.value for role in roles])


def make_lead(email: str = "lead@shop.example") -> Actor:
    """An operations lead, ready to act."""
    return actor_of(make_person(Role.LEAD, email=email, name="Lea Lead"))


def at_once(*works: Callable[[], T]) -> list[T | Exception]:
    """Run each in a thread with its own connection; what each returned or raised, in order."""
    results: list[Any] = [None] * len(works)

    def run(index: int, work: Callable[[], T]) -> None:
        try:
            results[index] = work()
        except Exception as error:  # noqa: BLE001 - handed to the test
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i, work)) for i, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def until_waiting(count: int = 1) -> None:
    """Return once so many connections to this test's own database wait for a lock; tests of other processes share the server."""
    waiting = """
        SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend' AND wait_event_type = 'Lock'
    """
    end = time.monotonic() + 20
    while fetch(waiting)[0][0] < count:
        assert time.monotonic() < end, "Nobody waits for a lock."
        time.sleep(0.02)
        fetch("SELECT pg_stat_clear_snapshot()")  # inside a transaction the server shows the same picture again


class WriteGiven(Given):
    """A row of settings to write."""

    name: str
    number: int = 1
    fail: str = ""


@action("probe.write", title="Write", inverse=lambda given, _result: ("probe.erase", {"name": given["name"]}))
def write(call: Call, given: WriteGiven) -> dict[str, int]:
    """Write a row, record a fact and ask for an effect."""
    Setting.objects.create(name=given.name, value=given.number, changed_at=now())
    call.record("probe.written", ("probe", given.number), name=given.name)
    call.effect("probe.tell", {"name": given.name})
    if given.fail:
        raise Refused(given.fail)
    return {"number": given.number}


class EraseGiven(Given):
    """The row to erase."""

    name: str


@action("probe.erase", title="Erase")
def erase(call: Call, given: EraseGiven) -> None:
    """Erase a row."""
    Setting.objects.filter(name=given.name).delete()
    call.record("probe.erased", ("probe", 1), name=given.name)


class SecretGiven(Given):
    """Something to keep quiet about."""

    password: Concealed


class Told(BaseModel):
    """The same, told once."""

    secret: Concealed


@action("probe.whisper", title="Whisper")
def whisper(call: Call, given: SecretGiven) -> Told:
    """Say a secret back."""
    call.record("probe.whispered", ("probe", 1))
    return Told(secret=SecretStr(given.password.get_secret_value() + "!"))


def names_written() -> Sequence[str]:
    """The rows that `probe.write` left."""
    return sorted(Setting.objects.values_list("name", flat=True))
