from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, get_type_hints

import pytest
from django.db import connection, transaction

from stockwright.kit.actions import (
    Call,
    Fact,
    Given,
    Outcome,
    action,
    all_actions,
    can_undo,
    listens,
    perform,
    undo,
)
from stockwright.kit.actions.perform import AlreadyUndone, CannotUndo, ChangedSince
from stockwright.kit.clock import now
from stockwright.kit.errors import BadInput, KeyReused, NotFound, NotPermitted, OutOfBounds, Refused
from stockwright.kit.ids import new_id
from stockwright.kit.journal import timeline
from stockwright.kit.models import ActionCall, OutboxEffect, Setting
from stockwright.kit.people import SYSTEM, Actor, Role
from stockwright.kit.rooms import load_rooms
from stockwright.kit.tests.make import at_once, names_written

READER = Actor("person:1", "Rea", (Role.READER.value,))


def nothing_was_left() -> bool:
    return not (
        Setting.objects.exists() or ActionCall.objects.exists() or OutboxEffect.objects.exists() or timeline("probe", 1)
    )


class NestGiven(Given):
    names: tuple[str, ...]
    refuse_second: bool = False


@action("probe.nest", title="Nest")
def nest(call: Call, given: NestGiven) -> list[str]:
    """Perform an action for each name, going on when one refuses."""
    done = []
    for index, name in enumerate(given.names):
        fail = "no" if given.refuse_second and index == 1 else ""
        try:
            perform("probe.write", {"name": name, "fail": fail}, actor=call.actor, parent=call.id)
        except Refused:
            continue
        done.append(name)
    return done


class StumbleGiven(Given):
    times: int = 0


@action("probe.stumble", title="Stumble")
def stumble(call: Call, given: StumbleGiven) -> None:
    """Record a fact that a listener refuses after some."""
    call.record("probe.stumbled", ("probe", 1), left=given.times)


@listens("probe.stumbled")
def count_down(call: Call, facts: Sequence[Fact]) -> None:
    left = facts[0].data["left"]
    if left == 0:
        raise Refused("enough")
    if left > 1:
        call.record("probe.stumbled", ("probe", 1), left=left - 1)


@pytest.mark.django_db
def test_a_call_is_remembered_with_its_input_result_door_and_reason():
    outcome = perform("probe.write", {"name": "a"}, actor=SYSTEM, reason="because", door="test")
    row = ActionCall.objects.get(pk=outcome.call_id)
    assert (row.action, row.actor, row.door, row.reason) == ("probe.write", "system", "test", "because")
    assert (row.given, row.result) == ({"name": "a", "number": 1, "fail": ""}, {"number": 1})


@pytest.mark.django_db
def test_a_refused_action_leaves_nothing():
    with pytest.raises(Refused, match="not today"):
        perform("probe.write", {"name": "a", "fail": "not today"}, actor=SYSTEM, key="k")
    assert nothing_was_left()


@pytest.mark.django_db
def test_a_key_is_free_again_after_a_refusal():
    with pytest.raises(Refused):
        perform("probe.write", {"name": "a", "fail": "no"}, actor=SYSTEM, key="k")
    assert not perform("probe.write", {"name": "a"}, actor=SYSTEM, key="k").replayed


@pytest.mark.django_db
def test_a_dry_run_tells_facts_and_effects_and_leaves_nothing_not_even_its_key():
    outcome = perform("probe.write", {"name": "a"}, actor=SYSTEM, dry_run=True, key="k")
    assert [fact.kind for fact in outcome.facts] == ["probe.written"]
    assert [effect.kind for effect in outcome.effects] == ["probe.tell"]
    assert outcome.dry_run
    assert nothing_was_left()
    assert not perform("probe.write", {"name": "a"}, actor=SYSTEM, key="k").replayed


@pytest.mark.django_db
def test_a_dry_run_within_an_action_leaves_the_rest_of_it():
    with transaction.atomic():
        perform("probe.write", {"name": "kept"}, actor=SYSTEM)
        perform("probe.write", {"name": "tried"}, actor=SYSTEM, dry_run=True)
    assert names_written() == ["kept"]


@pytest.mark.django_db
def test_the_order_of_fields_does_not_make_another_input():
    perform("probe.write", {"name": "a", "number": 2}, actor=SYSTEM, key="k")
    assert perform("probe.write", {"number": 2, "name": "a"}, actor=SYSTEM, key="k").replayed


@pytest.mark.django_db
def test_a_replay_answers_with_the_first_result():
    first = perform("probe.write", {"name": "a", "number": 5}, actor=SYSTEM, key="k")
    again = perform("probe.write", {"name": "a", "number": 5}, actor=SYSTEM, key="k")
    assert (again.call_id, again.result, again.replayed) == (first.call_id, {"number": 5}, True)
    assert Setting.objects.count() == 1


@pytest.mark.django_db
def test_two_callers_may_choose_the_same_key():
    perform("probe.write", {"name": "a"}, actor=SYSTEM, key="k")
    other = Actor("key:9", "Other", (Role.LEAD.value,))
    assert not perform("probe.write", {"name": "b"}, actor=other, key="k").replayed


@pytest.mark.django_db
@pytest.mark.parametrize("words", [{"key": "k" * 201}, {"key": "a\x00"}, {"reason": "r" * 2001}, {"reason": "\x00"}])
def test_refuses_keys_and_reasons_no_column_holds(words: dict[str, Any]):
    with pytest.raises(BadInput):
        perform("probe.write", {"name": "a"}, actor=SYSTEM, **words)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a\x00b", "half \ud800", "x" * 61])
def test_what_no_column_holds_is_refused_not_broken(name: str):
    with pytest.raises((OutOfBounds, BadInput)):
        perform("probe.write", {"name": name}, actor=SYSTEM)
    assert nothing_was_left()


@pytest.mark.django_db
@pytest.mark.parametrize("number", [2**63, -(2**70)])
def test_numbers_beyond_a_column_are_refused(number: int):
    with pytest.raises(OutOfBounds):
        perform("probe.write", {"name": "a", "number": number}, actor=SYSTEM)


@pytest.mark.django_db
def test_bad_input_names_every_field():
    with pytest.raises(BadInput) as caught:
        perform("probe.write", {"number": "x", "colour": "red"}, actor=SYSTEM)
    assert {p["field"] for p in caught.value.facts["problems"]} == {"name", "number", "colour"}


@pytest.mark.django_db
def test_permission_comes_before_the_input_is_looked_at():
    with pytest.raises(NotPermitted):
        perform("probe.write", {"nonsense": 1}, actor=READER)
    with pytest.raises(NotFound):
        perform("probe.unknown", {}, actor=SYSTEM)


@pytest.mark.django_db
def test_a_nested_refusal_takes_back_only_its_own():
    outcome = perform("probe.nest", {"names": ["a", "b", "c"], "refuse_second": True}, actor=SYSTEM)
    assert outcome.result == ["a", "c"]
    assert names_written() == ["a", "c"]
    assert ActionCall.objects.filter(parent=outcome.call_id).count() == 2


@pytest.mark.django_db
def test_a_dry_run_rolls_nested_actions_back_too():
    perform("probe.nest", {"names": ["a", "b"]}, actor=SYSTEM, dry_run=True)
    assert nothing_was_left()


@pytest.mark.django_db
def test_listeners_may_record_further_facts_and_refuse_the_whole():
    outcome = perform("probe.stumble", {"times": 3}, actor=SYSTEM)
    assert [fact.data["left"] for fact in outcome.facts] == [3, 2, 1]
    with pytest.raises(Refused, match="enough"):
        perform("probe.stumble", {"times": 0}, actor=SYSTEM)
    assert ActionCall.objects.count() == 1


@pytest.mark.django_db
def test_listeners_that_answer_each_other_for_ever_are_a_defect_not_a_hang():
    with pytest.raises(RuntimeError, match=r"probe\.stumbled"):
        perform("probe.stumble", {"times": 10_000}, actor=SYSTEM)


@pytest.mark.django_db
def test_undo_performs_the_inverse_once_and_says_whose_child_it_is():
    outcome = perform("probe.write", {"name": "a"}, actor=SYSTEM)
    assert can_undo(ActionCall.objects.get(pk=outcome.call_id))
    assert undo(outcome.call_id, actor=SYSTEM, dry_run=True).dry_run
    undone = undo(outcome.call_id, actor=SYSTEM)
    assert names_written() == []
    row = ActionCall.objects.get(pk=undone.call_id)
    assert (row.parent, row.reason) == (outcome.call_id, "undo of probe.write")
    with pytest.raises(AlreadyUndone):
        undo(outcome.call_id, actor=SYSTEM)
    with pytest.raises(CannotUndo):
        undo(undone.call_id, actor=SYSTEM)


@pytest.mark.django_db
def test_undo_needs_the_permission_of_the_inverse():
    outcome = perform("probe.write", {"name": "a"}, actor=SYSTEM)
    with pytest.raises(NotPermitted):
        undo(outcome.call_id, actor=READER)
    assert names_written() == ["a"]


class NameGiven(Given):
    name: str


@action("probe.name", title="Name", inverse=lambda _given, result: ("probe.name", {"name": result["before"]}))
def rename(_call: Call, given: NameGiven) -> dict[str, str]:
    """Write a word over another."""
    before = Setting.objects.filter(name="word").values_list("value", flat=True).first() or ""
    Setting.objects.update_or_create(name="word", defaults={"value": given.name, "changed_at": now()})
    return {"before": before, "after": given.name}


def word() -> str:
    return str(Setting.objects.get(name="word").value)


@pytest.mark.django_db
def test_undo_refuses_to_write_over_what_was_changed_since_and_says_what():
    first = perform("probe.name", {"name": "one"}, actor=SYSTEM)
    second = perform("probe.name", {"name": "two"}, actor=SYSTEM)
    for dry_run in (True, False):
        with pytest.raises(ChangedSince, match=r"left as “one” and is “two”.*by hand"):
            undo(first.call_id, actor=SYSTEM, dry_run=dry_run)
    assert word() == "two"
    undo(second.call_id, actor=SYSTEM)
    assert word() == "one"
    # What came after is taken back: nothing would be written over any more.
    undo(first.call_id, actor=SYSTEM)
    assert word() == ""


@pytest.mark.django_db
def test_an_undo_can_be_undone():
    perform("probe.name", {"name": "one"}, actor=SYSTEM)
    second = perform("probe.name", {"name": "two"}, actor=SYSTEM)
    undo(undo(second.call_id, actor=SYSTEM).call_id, actor=SYSTEM)
    assert word() == "two"


def test_an_action_that_says_what_it_found_says_what_it_left():
    load_rooms()
    told = {verb.name: get_type_hints(verb.handler).get("return") for verb in all_actions() if verb.inverse}
    fields = {name: set(getattr(type_, "__dataclass_fields__", ())) for name, type_ in told.items()}
    assert [name for name, held in fields.items() if "before" in held and "after" not in held] == []
    assert sum("before" in held for held in fields.values()) > 8


@pytest.mark.django_db
def test_whether_a_call_can_be_undone_is_told_of_any_call():
    outcome = perform("probe.name", {"name": "one"}, actor=SYSTEM)
    assert can_undo(outcome.call_id)
    assert not can_undo(new_id())
    row = ActionCall.objects.get(pk=outcome.call_id)
    for result in ({}, None, {"before_it_was_called_so": "x"}):
        row.result = result
        assert not can_undo(row)
    row.action = "probe.of_an_older_version"
    assert not can_undo(row)


@pytest.mark.django_db
@pytest.mark.parametrize("year", [1969, 9999])
def test_refuses_to_have_happened_outside_a_shops_time(year: int):
    with pytest.raises(BadInput.__mro__[1]):
        perform("probe.write", {"name": "a"}, actor=SYSTEM, at=datetime(year, 1, 1, tzinfo=UTC))


@pytest.mark.django_db
def test_secrets_given_and_made_are_kept_nowhere_and_shown_once():
    outcome = perform("probe.whisper", {"password": "open sesame"}, actor=SYSTEM, key="k")
    assert outcome.plain(reveal=True)["result"] == {"secret": "open sesame!"}
    assert outcome.plain()["result"] == {"secret": "********"}
    row = ActionCall.objects.get(pk=outcome.call_id)
    assert (row.given, row.result) == ({"password": "********"}, {"secret": "********"})
    assert "sesame" not in repr(outcome)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kit_journalevent WHERE data::text LIKE '%sesame%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_another_secret_is_another_input_under_a_key():
    perform("probe.whisper", {"password": "one"}, actor=SYSTEM, key="k")
    assert perform("probe.whisper", {"password": "one"}, actor=SYSTEM, key="k").replayed
    with pytest.raises(KeyReused):
        perform("probe.whisper", {"password": "two"}, actor=SYSTEM, key="k")


class SlowGiven(Given):
    name: str


@action("probe.slowly", title="Slowly")
def slowly(_call: Call, given: SlowGiven) -> str:
    """Write a row, taking long enough for another to come in between."""
    Setting.objects.create(name=given.name, value=1, changed_at=datetime(2026, 1, 1, tzinfo=UTC))
    time.sleep(0.3)
    return given.name


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_does_it_once():
    outcomes = at_once(*[lambda: perform("probe.slowly", {"name": "a"}, actor=SYSTEM, key="k")] * 4)
    done = [o for o in outcomes if isinstance(o, Outcome)]
    assert sorted(o.replayed for o in done) == [False, True, True, True]
    assert {o.result for o in done} == {"a"}
    assert ActionCall.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_with_other_input_is_a_conflict_for_one():
    outcomes = at_once(
        lambda: perform("probe.slowly", {"name": "a"}, actor=SYSTEM, key="k"),
        lambda: perform("probe.slowly", {"name": "b"}, actor=SYSTEM, key="k"),
    )
    assert sorted(type(o).__name__ for o in outcomes) == ["KeyReused", "Outcome"]
    assert len(names_written()) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_people_one_undoes():
    call_id = perform("probe.write", {"name": "a"}, actor=SYSTEM).call_id
    outcomes = at_once(*[lambda: undo(call_id, actor=SYSTEM)] * 2)
    assert sorted(type(o).__name__ for o in outcomes) == ["AlreadyUndone", "Outcome"]
