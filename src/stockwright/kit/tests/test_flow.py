from __future__ import annotations

from collections.abc import Sequence

import pytest

from stockwright.kit.actions import Call, Given, action, perform, undo
from stockwright.kit.errors import BadInput, KeyReused, NotPermitted, Refused
from stockwright.kit.inbox import Incoming, Message, Settled, drain_all, handles, receive
from stockwright.kit.journal import timeline
from stockwright.kit.models import InboxMessage, Setting
from stockwright.kit.people import SYSTEM, Actor

pytestmark = pytest.mark.django_db


class SayGiven(Given):
    word: str
    number: int = 1


@action("echo.say", title="Say", inverse=lambda given, _result: ("echo.unsay", {"word": given["word"]}))
def say(call: Call, given: SayGiven) -> dict[str, str]:
    """Say a word."""
    if given.word == "bad":
        raise Refused("not that word")
    call.record("echo.said", ("echo", given.number), word=given.word)
    return {"said": given.word}


@action("echo.unsay", title="Take back")
def unsay(call: Call, given: SayGiven) -> dict[str, str]:
    """Take a word back."""
    call.record("echo.unsaid", ("echo", given.number), word=given.word)
    return {"unsaid": given.word}


@handles("echo", batch=100)
def hear(messages: Sequence[Message]) -> Settled:
    """Say what came in."""
    for message in messages:
        perform("echo.say", message.payload, actor=SYSTEM)
    return Settled()


def test_a_performed_action_is_journalled_on_the_record_it_touched():
    perform("echo.say", {"word": "hello", "number": 7}, actor=SYSTEM, reason="why not")
    (entry,) = timeline("echo", 7)
    assert (entry.kind, entry.data, entry.reason) == ("echo.said", {"word": "hello"}, "why not")


def test_the_same_key_and_input_answer_with_the_first_result():
    first = perform("echo.say", {"word": "once"}, actor=SYSTEM, key="k")
    again = perform("echo.say", {"word": "once"}, actor=SYSTEM, key="k")
    assert again.replayed
    assert again.call_id == first.call_id
    assert len(timeline("echo", 1)) == 1
    with pytest.raises(KeyReused):
        perform("echo.say", {"word": "twice"}, actor=SYSTEM, key="k")


def test_a_dry_run_tells_the_facts_and_leaves_none():
    outcome = perform("echo.say", {"word": "maybe"}, actor=SYSTEM, dry_run=True)
    assert [fact.kind for fact in outcome.facts] == ["echo.said"]
    assert timeline("echo", 1) == []


def test_refuses_bad_input_and_missing_permission():
    with pytest.raises(BadInput):
        perform("echo.say", {"number": "x"}, actor=SYSTEM)
    with pytest.raises(NotPermitted):
        perform("echo.say", {"word": "x"}, actor=Actor("person:1", "Reader", ("reader",)))


def test_undo_performs_the_inverse_once():
    outcome = perform("echo.say", {"word": "yes"}, actor=SYSTEM)
    undone = undo(outcome.call_id, actor=SYSTEM)
    assert undone.result == {"unsaid": "yes"}
    with pytest.raises(Refused):
        undo(outcome.call_id, actor=SYSTEM)


def test_one_bad_message_never_stops_the_others():
    words = ["a", "b", "bad", "c", "d"]
    new = receive("test", [Incoming("echo", str(i), {"word": w}) for i, w in enumerate(words)])
    assert new == 5
    assert receive("test", [Incoming("echo", "0", {"word": "a"})]) == 0
    assert drain_all(only=["echo"]) == 5
    states = list(InboxMessage.objects.order_by("id").values_list("state", flat=True))
    assert states == ["applied", "applied", "quarantined", "applied", "applied"]
    assert Setting.objects.count() == 0
