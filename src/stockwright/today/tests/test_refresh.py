from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import transaction

from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.kit.proposals import Draft, Option
from stockwright.kit.tests.make import at_once, until_waiting
from stockwright.today.models import Proposal, WatcherRun
from stockwright.today.states import State
from stockwright.today.tests import make

pytestmark = pytest.mark.django_db


def states() -> list[tuple[int, str]]:
    return list(Proposal.objects.order_by("subject_id", "id").values_list("subject_id", "state"))


def test_looking_twice_keeps_one_proposal_and_brings_it_up_to_date():
    with make.watching() as sight:
        sight.drafts = [make.draft(1, 100)]
        assert make.look().new == 1
        sight.drafts = [make.draft(1, 250)]
        again = make.look()
    assert (again.new, again.found) == (0, 1)
    assert make.only().value == 250


def test_what_is_seen_no_more_expires():
    with make.watching() as sight:
        sight.drafts = [make.draft(1), make.draft(2)]
        make.look()
        sight.drafts = [make.draft(2)]
        assert make.look().expired == 1
    assert states() == [(1, "expired"), (2, "open")]


def test_what_comes_back_after_it_went_is_proposed_anew():
    with make.watching() as sight:
        for drafts in ([make.draft(1)], [], [make.draft(1)]):
            sight.drafts = drafts
            make.look()
    assert states() == [(1, "expired"), (1, "open")]


def test_a_group_and_a_single_one_about_the_same_record_are_two():
    with make.watching() as sight:
        sight.drafts = [make.draft(1), make.draft(1, group="other")]
        assert make.look().new == 2


def test_only_the_most_valuable_are_listed_and_the_rest_is_counted():
    with make.watching(limit=2) as sight:
        sight.drafts = [make.draft(n, value=n) for n in range(1, 6)]
        make.look()
    assert states() == [(4, "open"), (5, "open")]
    run = WatcherRun.objects.get(pk=make.KIND)
    assert (run.shown, run.total, int(run.total_value)) == (2, 5, 15)


def test_what_somebody_has_in_hand_is_kept_when_it_falls_off_the_end():
    someone = make.person("support")
    with make.watching(limit=2) as sight:
        sight.drafts = [make.draft(1, 10), make.draft(2, 20)]
        make.look()
        make.decide("assign", Proposal.objects.get(subject_id=1), person_id=someone.person_id)
        sight.drafts = [make.draft(n, value=n * 100) for n in range(3, 7)] + sight.drafts
        make.look()
    assert states() == [(1, "open"), (2, "expired"), (5, "open"), (6, "open")]


def test_a_dismissed_one_stays_away_until_twice_as_much_is_at_stake():
    with make.watching() as sight:
        sight.drafts = [make.draft(1, 100)]
        make.look()
        make.decide("dismiss", make.only(), why="no")
        sight.drafts = [make.draft(1, 200)]
        assert make.look().new == 0
        sight.drafts = [make.draft(1, 201)]
        assert make.look().new == 1


def test_a_dismissed_group_comes_back_when_most_of_it_is_new_even_if_it_was_gone_meanwhile():
    def group(*orders: int, value: int = 0) -> Draft:
        return make.draft(0, value, given={"order_ids": list(orders), "tag": "seen"}, group="late")

    with make.watching() as sight:
        sight.drafts = [group(1, 2, 3)]
        make.look()
        make.decide("dismiss", make.only(), why="no")
        for orders in ((1, 2, 3), (1, 3), (1, 3, 4), (1, 2, 3, 4, 5, 6)):
            sight.drafts = [group(*orders)]
            assert make.look().new == 0
            # Too few for a group for a while.
            sight.drafts = []
            assert make.look().new == 0
        sight.drafts = [group(1, 4, 5)]
        assert make.look().new == 1
        make.decide("dismiss", Proposal.objects.get(state=State.OPEN), why="no")
        assert make.look().new == 0


def test_a_dismissed_group_without_an_action_is_known_by_its_alternatives():
    def group(*orders: int) -> Draft:
        other = Option("Later", "orders.tag", {"order_ids": list(orders), "tag": "x"})
        return make.draft(0, 50, action="", given={}, alternatives=(other,), group="rushed")

    with make.watching() as sight:
        sight.drafts = [group(1, 2)]
        make.look()
        make.decide("dismiss", make.only(), why="no")
        assert make.look().new == 0
        sight.drafts = [group(2, 5)]
        assert make.look().new == 0
        sight.drafts = [group(2, 5, 6)]
        assert make.look().new == 1


def test_an_applied_one_is_not_proposed_again_while_its_facts_last():
    order = make.order()
    with make.watching() as sight:
        sight.drafts = [make.draft(order)]
        make.look()
        make.decide("apply", make.only())
        assert make.look().new == 0
        # A day later nothing has changed: it did not help.
        Proposal.objects.update(decided_at=now() - timedelta(hours=25))
        assert make.look().new == 1


def test_another_input_is_another_proposal_even_right_after():
    order = make.order()
    with make.watching() as sight:
        sight.drafts = [make.draft(order)]
        make.look()
        make.decide("apply", make.only())
        sight.drafts = [make.draft(order, given={"order_ids": [order], "tag": "other"})]
        assert make.look().new == 1


def test_a_snoozed_one_sleeps_through_looks_and_wakes_at_its_time():
    with make.watching() as sight:
        sight.drafts = [make.draft(1, 100)]
        make.look()
        make.decide("snooze", make.only(), until=(now() + timedelta(hours=2)).isoformat())
        sight.drafts = [make.draft(1, 130)]
        make.look()
        assert (make.only().state, int(make.only().value)) == (State.SNOOZED.value, 130)
        perform("today.refresh", {"kind": make.KIND}, actor=SYSTEM, at=now() + timedelta(hours=3))
    assert make.only().state == State.OPEN


def test_one_watchers_defect_is_told_and_hides_nothing():
    with make.watching() as sight, make.watching("orders.tried_too") as other:
        sight.drafts, other.drafts = [make.draft(1)], [make.draft(1)]
        make.look()
        make.look("orders.tried_too")
        sight.error = ValueError("odd")
        assert make.look().failed == (make.KIND,)
        assert make.look("orders.tried_too").failed == ()
    assert Proposal.objects.filter(state=State.OPEN).count() == 2
    assert "odd" in WatcherRun.objects.get(pk=make.KIND).error


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_neither_double_nor_lose_anything():
    def look_again() -> None:
        for _ in range(5):
            make.look()

    with make.watching() as sight:
        sight.drafts = [make.draft(n) for n in range(1, 31)]
        assert at_once(look_again, look_again) == [None, None]
    assert states() == [(n, "open") for n in range(1, 31)]


@pytest.mark.django_db(transaction=True)
def test_deciding_while_somebody_looks_makes_no_second_one():
    order = make.order()
    decided = threading.Event()

    def look_all_the_while() -> None:
        while not decided.is_set():
            make.look()

    def decide() -> None:
        try:
            for _ in range(10):
                found = make.only()
                make.decide("apply", found)
                make.decide("undo", found)
        finally:
            decided.set()

    with make.watching() as sight:
        sight.drafts = [make.draft(order)]
        make.look()
        assert at_once(look_all_the_while, decide) == [None, None]
    assert states() == [(order, "open")]


@pytest.mark.django_db(transaction=True)
def test_nothing_comes_to_life_again_while_a_look_is_being_written():
    order = make.order()
    written = threading.Event()

    def look_and_linger() -> None:
        with transaction.atomic():
            make.look()
            written.set()
            until_waiting()

    def take_back() -> None:
        assert written.wait(20)
        make.decide("undo", make.only())

    with make.watching() as sight:
        sight.drafts = [make.draft(order)]
        make.look()
        make.decide("apply", make.only())
        assert at_once(look_and_linger, take_back) == [None, None]
    assert states() == [(order, "open")]
