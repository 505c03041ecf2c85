from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stockwright.kit.actions import perform, undo
from stockwright.kit.bulk import fetch
from stockwright.kit.clock import now
from stockwright.kit.errors import BadInput, NotFound, NotPermitted
from stockwright.kit.journal import timeline
from stockwright.kit.models import Comment, Notification
from stockwright.kit.people import SYSTEM
from stockwright.kit.proposals import Option
from stockwright.kit.states import IllegalMove
from stockwright.today import queries
from stockwright.today.errors import NothingToApply, NothingToUndo
from stockwright.today.models import Proposal
from stockwright.today.states import State
from stockwright.today.tests import make

pytestmark = pytest.mark.django_db


def proposed(**columns: Any) -> tuple[Proposal, int]:
    """A proposal to tag an order."""
    order = make.order()
    with make.watching() as sight:
        sight.drafts = [make.draft(order, **columns)]
        make.look()
    return make.only(), order


def tags(order: int) -> list[str]:
    found: list[str] = fetch("SELECT tags FROM orders_order WHERE id = %s", (order,))[0][0]
    return found


def test_applying_performs_the_action_and_remembers_who():
    found, order = proposed()
    lead = make.person("lead")
    make.decide("apply", found, lead)
    settled = make.only()
    assert tags(order) == ["seen"]
    assert (settled.state, settled.decided_by) == (State.APPLIED, lead.code)
    assert "proposal.state_changed" in [entry.kind for entry in timeline("proposal", found.pk)]


def test_applying_can_be_undone_by_the_call_or_by_the_proposal():
    found, order = proposed()
    outcome = make.decide("apply", found)
    undo(outcome.call_id, actor=SYSTEM)
    assert (tags(order), make.only().state) == ([], State.OPEN)
    make.decide("apply", make.only())
    make.decide("undo", make.only())
    assert (tags(order), make.only().state) == ([], State.OPEN)
    with pytest.raises(NothingToUndo):
        make.decide("undo", make.only())


@pytest.mark.parametrize(("verb", "given", "back"), [("apply", {}, "undo"), ("dismiss", {"why": "no"}, "reopen")])
def test_what_is_taken_back_ends_where_a_newer_one_asks_for_the_same(verb: str, given: dict[str, Any], back: str):
    order = make.order()
    with make.watching() as sight:
        sight.drafts = [make.draft(order, 100)]
        make.look()
        first = make.only()
        make.decide(verb, first, **given)
        # Its facts went and came back, with more at stake.
        for drafts in ([], [make.draft(order, 300)]):
            sight.drafts = drafts
            make.look()
        make.decide(back, first)
    ended, open_ = Proposal.objects.order_by("id")
    assert (ended.state, int(ended.value)) == (State.EXPIRED.value, 100)
    assert (open_.state, int(open_.value)) == (State.OPEN.value, 300)


def test_another_input_is_applied_as_edited():
    found, order = proposed()
    make.decide("apply", found, given={"order_ids": [order], "tag": "mine"})
    assert (tags(order), make.only().state) == (["mine"], State.EDITED)


def test_an_alternative_is_applied_by_its_name_and_nothing_else_is():
    found, order = proposed(alternatives=[Option("Hold it", "orders.hold", {"order_ids": [1], "reason": "other"})])
    Proposal.objects.update(
        alternatives=[{"title": "Hold", "action": "orders.hold", "given": {"order_ids": [order], "reason": "other"}}]
    )
    with pytest.raises(NotFound, match="alternative"):
        make.decide("apply", found, action="orders.cancel")
    make.decide("apply", found, action="orders.hold")
    assert make.only().state == State.EDITED
    assert fetch("SELECT holds FROM orders_order WHERE id = %s", (order,)) == [(1,)]


def test_a_refusal_is_kept_and_the_proposal_stays_on_the_list():
    found, _order = proposed(given={"order_ids": [987654], "tag": "seen"})
    outcome = make.decide("apply", found)
    settled = make.only()
    assert (outcome.result.state, settled.state) == ("failed", State.FAILED)
    assert settled.why == outcome.result.why != ""
    with make.watching():
        assert [row.proposal.pk for row in queries.listed(SYSTEM, now())] == [found.pk]


def test_mistyped_input_is_no_failure_of_the_proposal():
    found, order = proposed()
    with pytest.raises(BadInput):
        make.decide("apply", found, given={"order_ids": [order], "tag": ""})
    assert make.only().state == State.OPEN


def test_the_actions_own_permission_is_needed_and_a_reader_decides_nothing():
    found, order = proposed()
    for role in ("picker", "reader"):
        with pytest.raises(NotPermitted):
            make.decide("apply", found, make.person(role))
    with pytest.raises(NotPermitted):
        make.decide("dismiss", found, make.person("analyst"), why="no")
    assert (tags(order), make.only().state) == ([], State.OPEN)


def test_a_dry_run_leaves_everything_as_it_was():
    found, order = proposed()
    outcome = perform("today.apply", {"proposal_id": found.pk}, actor=SYSTEM, dry_run=True)
    assert outcome.result.outcome["facts"]
    assert (tags(order), make.only().state) == ([], State.OPEN)


def test_what_is_settled_cannot_be_decided_again():
    found, _order = proposed()
    make.decide("dismiss", found, why="no")
    for verb, given in (("apply", {}), ("dismiss", {"why": "again"}), ("snooze", {"until": now() + timedelta(days=1)})):
        with pytest.raises(IllegalMove):
            make.decide(verb, found, **given)
    make.decide("reopen", found)
    assert make.only().state == State.OPEN


def test_information_has_nothing_to_apply():
    found, _order = proposed(action="", given={})
    with pytest.raises(NothingToApply):
        make.decide("apply", found)


@pytest.mark.parametrize("hours", [-1, 24 * 91])
def test_snoozing_goes_into_the_near_future_only(hours: int):
    found, _order = proposed()
    with pytest.raises(BadInput):
        make.decide("snooze", found, until=(now() + timedelta(hours=hours)).isoformat())


def test_whom_it_is_given_to_is_told_and_the_word_stays():
    found, _order = proposed()
    lead, picker = make.person("lead"), make.person("picker")
    make.decide("assign", found, lead, person_id=picker.person_id, comment="please")
    assert make.only().assignee_id == picker.person_id
    assert Comment.objects.get().text == "please"
    told = Notification.objects.get()
    assert told.person_id == picker.person_id
    assert told.text.endswith(" – please")


def test_whoever_the_word_mentions_is_told_too():
    found, _order = proposed()
    lead, picker, buyer = make.person("lead"), make.person("picker"), make.person("buyer")
    make.decide("assign", found, lead, person_id=picker.person_id, comment="look at this with @buyer")
    told = dict(Notification.objects.values_list("person_id", "text"))
    assert told.keys() == {picker.person_id, buyer.person_id}
    assert "with @buyer" in told[buyer.person_id or 0]


def test_mine_is_what_i_was_given_and_what_nobody_has_of_my_roles():
    make.order()
    with make.watching(roles=("support",)) as sight:
        sight.drafts = [make.draft(1), make.draft(2)]
        make.look()
        support, picker, lead = make.person("support"), make.person("picker"), make.person("lead")
        make.decide("assign", Proposal.objects.get(subject_id=1), person_id=picker.person_id)

        def mine(actor: object) -> set[int]:
            return {row.proposal.subject_id for row in queries.listed(actor, now(), tab="mine")}  # type: ignore[arg-type]

        assert (mine(support), mine(picker), mine(lead)) == ({2}, {1}, {2})


def test_agreement_is_told_of_what_people_decided():
    lead = make.person("lead")
    with make.watching() as sight:
        sight.drafts = [make.draft(make.order(str(n))) for n in range(4)]
        make.look()
        rows = list(Proposal.objects.order_by("id"))
        for row in rows[:2]:
            make.decide("apply", row, lead)
        make.decide("dismiss", rows[2], lead, why="no")
        make.decide("apply", rows[3])
    assert queries.agreement_of(make.KIND) == queries.Agreement(2, 3)
