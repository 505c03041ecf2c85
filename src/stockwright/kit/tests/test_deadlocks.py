from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import OperationalError, transaction

from stockwright.kit.actions import Call, Given, Outcome, action, perform, undo
from stockwright.kit.clock import now
from stockwright.kit.journal import timeline
from stockwright.kit.models import ActionCall, OutboxEffect, Setting
from stockwright.kit.people import SYSTEM
from stockwright.kit.tests.make import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class CrossGiven(Given):
    """Two rows to lock, in this order."""

    first: str
    second: str


class Crossing:
    """Makes two calls hold their first row before either asks for its second; later attempts don't wait."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2, timeout=20)
        self.attempts: Counter[str] = Counter()

    def hold(self, name: str) -> None:
        self.attempts[name] += 1
        if self.attempts[name] == 1:
            self.both.wait()


CROSSING = Crossing()


@action("probe.cross", title="Cross", inverse=lambda given, _result: ("probe.cross_again", dict(given)))
def cross(call: Call, given: CrossGiven) -> None:
    """Count up two rows, one after the other."""
    for name in (given.first, given.second):
        row = Setting.objects.select_for_update().get(name=name)
        row.value += 1
        row.save()
        if name == given.first:
            call.record("probe.crossed", ("probe", 1), name=name)
            call.effect("probe.tell", {"name": name})
            CROSSING.hold(name)


action("probe.cross_again", title="Cross again")(cross)


@pytest.fixture(autouse=True)
def _two_rows() -> None:
    CROSSING.both.reset()
    CROSSING.attempts.clear()
    for name in "ab":
        Setting.objects.create(name=name, value=0, changed_at=now())


def crossed(first: str, second: str) -> Outcome:
    return perform("probe.cross", {"first": first, "second": second}, actor=SYSTEM, key=f"{first}{second}")


def values() -> list[int]:
    return list(Setting.objects.order_by("name").values_list("value", flat=True))


def test_of_two_calls_that_lock_each_other_out_the_one_that_was_ended_is_run_again():
    one, other = at_once(lambda: crossed("a", "b"), lambda: crossed("b", "a"))
    assert isinstance(one, Outcome)
    assert isinstance(other, Outcome)
    assert CROSSING.attempts.total() > 2
    assert values() == [2, 2]


def test_what_the_ended_attempt_recorded_is_forgotten():
    outcomes = at_once(lambda: crossed("a", "b"), lambda: crossed("b", "a"))
    assert [len(outcome.facts) for outcome in outcomes if isinstance(outcome, Outcome)] == [1, 1]
    assert len(timeline("probe", 1)) == OutboxEffect.objects.count() == ActionCall.objects.count() == 2


def test_within_a_larger_transaction_nothing_is_run_again():
    def inside(first: str, second: str) -> Outcome:
        with transaction.atomic():
            return crossed(first, second)

    outcomes = at_once(lambda: inside("a", "b"), lambda: inside("b", "a"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["OperationalError", "Outcome"]
    assert any(isinstance(outcome, OperationalError) for outcome in outcomes)
    assert list(CROSSING.attempts.values()) == [1, 1]
    assert values() == [1, 1]


def test_an_undo_that_was_ended_is_run_again():
    # As if both had met already.
    CROSSING.attempts.update("ab")
    calls = [crossed("a", "b").call_id, crossed("b", "a").call_id]
    CROSSING.attempts.clear()
    at_once(*(lambda call=call: undo(call, actor=SYSTEM) for call in calls))
    assert CROSSING.attempts.total() > 2
    assert ActionCall.objects.filter(pk__in=calls, undone_by__isnull=False).count() == 2
    assert values() == [4, 4]
