"""Deciding: apply, with another input if wanted, put off, dismiss, give to somebody, take back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from stockwright.kit.actions import Call, Given, action, can_undo, perform
from stockwright.kit.actions import undo as undo_call
from stockwright.kit.errors import BadInput, NotFound, NotPermitted, StockwrightError, Unavailable
from stockwright.kit.locks import share_lock, wait_lock
from stockwright.kit.models import Notification, Person
from stockwright.kit.states import move
from stockwright.kit.verbs.comment import CommentGiven
from stockwright.kit.verbs.comment import add as add_comment
from stockwright.today.errors import NothingToApply, NothingToUndo
from stockwright.today.models import Proposal
from stockwright.today.states import LIVE, MOVES, State

LONGEST_SNOOZE = timedelta(days=90)


class ProposalGiven(Given):
    """A proposal."""

    proposal_id: int = Field(title="Proposal")


class ApplyGiven(ProposalGiven):
    """A proposal, and another action or input than the proposed one where somebody knows better."""

    given: dict[str, Any] | None = Field(None, title="Input", description="Instead of the proposed one.")
    action: str = Field("", title="Action", description="One of the alternatives, instead of the proposed one.")


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it."""

    proposal: int
    state: str
    # Why it failed; empty when it did not.
    why: str
    # What the action did, as every door shows it.
    outcome: dict[str, Any] | None


def _taking_back(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """As long as what the action did can be undone."""
    call = (result.get("outcome") or {}).get("call")
    return ("today.undo", {"proposal_id": given["proposal_id"]}) if call and can_undo(UUID(call)) else None


@action(
    "today.apply", title=str(_("Apply")), subject="proposal", subject_field="proposal_id", inverse=_taking_back,
)  # fmt: skip
def apply(call: Call, given: ApplyGiven) -> Applied:
    """Perform a proposal's action; a refusal by the action is kept with it, and it stays on the list.

    The action's own permission is needed too.

    Locks: the proposal.
    Raises: NothingToApply, NotFound, NotPermitted, IllegalMove.
    """
    proposal = _locked(given.proposal_id)
    name = given.action or proposal.action
    if not name:
        raise NothingToApply
    known = {proposal.action, *(option["action"] for option in proposal.alternatives)}
    if name not in known:
        raise NotFound(what="alternative", which=name)
    what = given.given if given.given is not None else _input_of(proposal, name)
    as_proposed = name == proposal.action and what == proposal.given
    try:
        # A savepoint: what a refused action had written is gone, the note that it refused stays.
        with transaction.atomic():
            outcome = perform(
                name, what, actor=call.actor, reason=call.reason or proposal.title, dry_run=call.dry_run,
                door="today", at=call.at, parent=call.id,
            )  # fmt: skip
    except (NotPermitted, Unavailable):
        raise
    except StockwrightError as error:
        if isinstance(error, BadInput) and not as_proposed:
            # Somebody mistyped: that is no failure of the proposal.
            raise
        if proposal.state != State.FAILED:
            move(call, proposal, "state", State.FAILED, MOVES, type_="proposal", why=error.message)
        else:
            Proposal.objects.filter(pk=proposal.pk).update(why=error.message)
        return Applied(proposal.pk, State.FAILED, error.message, None)
    state = State.APPLIED if as_proposed else State.EDITED
    _decide(call, proposal, state, applied_call=outcome.call_id)
    return Applied(proposal.pk, state, "", outcome.plain())


@action("today.undo", title=str(_("Undo")), subject="proposal", subject_field="proposal_id")
def undo_applied(call: Call, given: ProposalGiven) -> dict[str, Any]:
    """Take back what was applied, and open the proposal again; it ends where a newer one asks for the same already.

    Raises: NothingToUndo, and what the undoing of the action refuses with.
    """
    proposal = _locked(given.proposal_id, alone=True)
    if proposal.state not in {State.APPLIED, State.EDITED} or proposal.applied_call is None:
        raise NothingToUndo
    outcome = undo_call(proposal.applied_call, actor=call.actor, reason=call.reason, door="today")
    _open(call, proposal)
    return outcome.plain()


class SnoozeGiven(ProposalGiven):
    """Until when."""

    until: AwareDatetime = Field(title="Until")


@action(
    "today.snooze", title=str(_("Snooze")), subject="proposal", subject_field="proposal_id",
    inverse=lambda given, _result: ("today.reopen", {"proposal_id": given["proposal_id"]}),
)  # fmt: skip
def snooze(call: Call, given: SnoozeGiven) -> dict[str, str]:
    """Put a proposal out of sight until a moment.

    Raises: BadInput, NotFound, IllegalMove.
    """
    if not call.at < given.until <= call.at + LONGEST_SNOOZE:
        raise BadInput(
            ({"field": "until", "message": str(_("in the future, at most 90 days ahead")), "type": "value"},)
        )
    proposal = _locked(given.proposal_id)
    move(call, proposal, "state", State.SNOOZED, MOVES, type_="proposal", snoozed_until=given.until)
    return {"until": given.until.isoformat()}


class DismissGiven(ProposalGiven):
    """Why not."""

    why: str = Field(title="Why not", min_length=1, max_length=500)


@action(
    "today.dismiss", title=str(_("Dismiss")), subject="proposal", subject_field="proposal_id",
    inverse=lambda given, _result: ("today.reopen", {"proposal_id": given["proposal_id"]}),
)  # fmt: skip
def dismiss(call: Call, given: DismissGiven) -> dict[str, int]:
    """Say no, and why; it comes back only when twice as much is at stake, or when most of its group are others.

    Raises: NotFound, IllegalMove.
    """
    proposal = _locked(given.proposal_id)
    _decide(call, proposal, State.DISMISSED, why=given.why)
    return {"proposal": proposal.pk}


@action("today.reopen", title=str(_("Open again")), subject="proposal", subject_field="proposal_id")
def reopen(call: Call, given: ProposalGiven) -> dict[str, int]:
    """Bring back what was put off or dismissed; it ends where a newer one asks for the same already.

    Raises: NotFound, IllegalMove, NothingToUndo.
    """
    proposal = _locked(given.proposal_id, alone=True)
    if proposal.state in {State.APPLIED, State.EDITED}:
        raise NothingToUndo
    _open(call, proposal)
    return {"proposal": proposal.pk}


class AssignGiven(ProposalGiven):
    """Who, and a word to them."""

    person_id: int | None = Field(None, title="Person", description="Nobody, where left empty.")
    comment: str = Field("", title="Comment", max_length=2000)


@action("today.assign", title=str(_("Assign")), subject="proposal", subject_field="proposal_id")
def assign(call: Call, given: AssignGiven) -> dict[str, int | None]:
    """Give a proposal to somebody, who is told; the comment stays with it.

    Raises: NotFound.
    """
    proposal = _locked(given.proposal_id)
    person = None
    if given.person_id is not None:
        person = Person.objects.filter(pk=given.person_id, is_active=True).first()
        if person is None:
            raise NotFound(what="person", which=given.person_id)
    Proposal.objects.filter(pk=proposal.pk).update(assignee=person)
    if given.comment and call.actor.person_id:
        # A comment like any other, so that whom it mentions is told as well.
        add_comment(call, CommentGiven(type="proposal", object_id=proposal.pk, text=given.comment))
    if person and person.pk != call.actor.person_id:
        word = f" – {' '.join(given.comment.split())}" if given.comment else ""
        Notification.objects.create(
            person=person, text=f"{call.actor.name}: {proposal.title}{word}"[:300],
            url=f"/?tab=mine&open={proposal.pk}", created_at=call.at,
        )  # fmt: skip
    call.record("proposal.assigned", ("proposal", proposal.pk), *([("person", person.pk)] if person else []))
    return {"person": person.pk if person else None}


def keeping(kind: str) -> str:
    """The name of the lock under which proposals of a kind come to life: shared by who decides, alone for who looks."""
    return f"today.keep {kind}"


def _locked(proposal_id: int, *, alone: bool = False) -> Proposal:
    """The proposal, locked after its kind's name, as those who look lock them; `alone` where it may come to life again."""
    kind = Proposal.objects.filter(pk=proposal_id).values_list("kind", flat=True).first()
    if kind is None:
        raise NotFound(what="proposal", which=proposal_id)
    (wait_lock if alone else share_lock)(keeping(kind))
    return Proposal.objects.select_for_update().get(pk=proposal_id)


def _input_of(proposal: Proposal, name: str) -> dict[str, Any]:
    if name == proposal.action:
        return dict(proposal.given)
    return next(dict(option["given"]) for option in proposal.alternatives if option["action"] == name)


def _decide(call: Call, proposal: Proposal, state: State, **columns: Any) -> None:
    columns.setdefault("why", "")
    move(
        call, proposal, "state", state, MOVES, type_="proposal", decided_at=call.at, decided_by=call.actor.code,
        decided_name=call.actor.name, decided_value=proposal.value, **columns,
    )  # fmt: skip


def _open(call: Call, proposal: Proposal) -> None:
    newer = Proposal.objects.filter(
        kind=proposal.kind, subject_type=proposal.subject_type, subject_id=proposal.subject_id, group=proposal.group,
        state__in=LIVE,
    ).exclude(pk=proposal.pk)  # fmt: skip
    state, gone_at = (State.EXPIRED, call.at) if newer.exists() else (State.OPEN, None)
    move(
        call, proposal, "state", state, MOVES, type_="proposal", decided_at=None, decided_by="", decided_name="",
        decided_value=None, why="", snoozed_until=None, gone_at=gone_at, applied_call=None,
    )  # fmt: skip
