"""Reading the list: who sees what, in which order, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from stockwright.kit.errors import NotFound
from stockwright.kit.people import Actor, Role
from stockwright.kit.proposals import all_watchers
from stockwright.today.models import Proposal, WatcherRun
from stockwright.today.rules import Rank, agreement, rank
from stockwright.today.states import State

PAGE = 50
# Agreement is told over so many decisions.
REMEMBERED = 50
ON_LIST = (State.OPEN, State.FAILED)
# The list's order, and that of the index it reads.
ORDER = (F("per_hour").desc(), F("deadline").asc(nulls_last=True), F("value").desc(), F("id").asc())
# The same for whoever pages by key, which can't be null: field, type, descending.
KEYS = (("per_hour", Decimal, True), ("due", datetime, False), ("value", Decimal, True), ("id", int, False))
NEVER = datetime(9999, 12, 31, tzinfo=UTC)

MINE, ALL, DECIDED = "mine", "all", "decided"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A proposal with its place and the numbers of its rank."""

    proposal: Proposal
    place: int
    rank: Rank


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of the list, with how much is in it."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Rest:
    """What a watcher saw beyond what the list takes."""

    kind: str
    title: str
    more: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often people did what proposals of a kind proposed."""

    agreed: int
    decided: int


def visible_kinds(actor: Actor) -> list[str]:
    """The kinds of work whose rooms the actor may see."""
    return [watcher.kind for watcher in all_watchers() if actor.may(f"view.{watcher.room}")]


def on_list(actor: Actor, tab: str = ALL, kind: str = "") -> QuerySet[Proposal]:
    """Open proposals that the actor may see: all, their own, or a room's; in no order yet."""
    kinds = visible_kinds(actor)
    if kind:
        kinds = [known for known in kinds if known == kind]
    elif tab not in {MINE, ALL, ""}:
        kinds = [known for known in kinds if known.split(".", 1)[0] == tab]
    rows = Proposal.objects.filter(kind__in=kinds, state__in=ON_LIST)
    return rows.filter(_mine(actor)) if tab == MINE else rows


def ranked_rows(actor: Actor, kind: str = "") -> QuerySet[Proposal]:
    """Open proposals that the actor may see, with what KEYS orders them by."""
    return on_list(actor, kind=kind).annotate(due=Coalesce("deadline", Value(NEVER)))


def _mine(actor: Actor) -> Q:
    """Given to me; or to nobody, and for one of my roles. Leads answer for everything that nobody has."""
    mine = Q(assignee_id=actor.person_id) if actor.person_id else Q(pk__in=())
    nobodys = Q(assignee__isnull=True)
    return mine | (nobodys if Role.LEAD in actor.roles else nobodys & Q(roles__overlap=list(actor.roles)))


def listed(
    actor: Actor, now: datetime, *, tab: str = ALL, kind: str = "", limit: int = PAGE, skip: int = 0
) -> list[Ranked]:
    """The list, the most pressing first."""
    rows = on_list(actor, tab, kind).select_related("assignee").order_by(*ORDER)[skip : skip + limit]
    return [Ranked(p, skip + place, rank_of(p, now)) for place, p in enumerate(rows, 1)]


def rank_of(proposal: Proposal, now: datetime) -> Rank:
    """The numbers of its rank as they are now."""
    return rank(proposal.value, proposal.confidence, proposal.deadline, now)


def tabs(actor: Actor) -> tuple[list[Tab], Decimal]:
    """How much is mine, all, and in each room; and the money at stake in all of it."""
    rows = on_list(actor).values("kind").annotate(many=Count("id"), worth=Sum("value")).order_by()
    by_room: Counter[str] = Counter()
    worth = Decimal(0)
    for row in rows:
        by_room[row["kind"].split(".", 1)[0]] += row["many"]
        worth += row["worth"]
    rooms = [Tab(room, many) for room, many in sorted(by_room.items())]
    everything = sum(by_room.values())
    mine = on_list(actor, MINE).count()
    return [Tab(MINE, mine), *rooms, Tab(ALL, everything)], worth


def rests(actor: Actor, kinds: Iterable[str] | None = None) -> list[Rest]:
    """What lies beyond the list, by kind."""
    wanted = set(kinds) if kinds is not None else set(visible_kinds(actor))
    titles = {watcher.kind: watcher.title for watcher in all_watchers()}
    rows = WatcherRun.objects.filter(kind__in=wanted, total__gt=F("shown")).order_by("kind")
    return [Rest(run.kind, str(titles.get(run.kind, run.kind)), run.total - run.shown) for run in rows]


def failing() -> list[WatcherRun]:
    """Watchers whose last look failed."""
    return list(WatcherRun.objects.exclude(error="").order_by("kind"))


def looked_at() -> datetime | None:
    """The last look of any watcher."""
    return WatcherRun.objects.order_by("-looked_at").values_list("looked_at", flat=True).first()


def proposal_for(actor: Actor, proposal_id: int) -> Proposal:
    """One proposal that the actor may see.

    Raises: NotFound.
    """
    found = Proposal.objects.select_related("assignee").filter(pk=proposal_id).first()
    if found is None or not actor.may(f"view.{found.kind.split('.', 1)[0]}"):
        raise NotFound(what="proposal", which=proposal_id)
    return found


def agreement_of(kind: str) -> Agreement:
    """How people decided the last proposals of a kind; by the shop itself decided ones don't count."""
    states = (
        Proposal.objects.filter(kind=kind, decided_at__isnull=False, decided_by__startswith="person:")
        .order_by("-decided_at")
        .values_list("state", flat=True)[:REMEMBERED]
    )
    return Agreement(*agreement(states))


def decided(actor: Actor) -> QuerySet[Proposal]:
    """What was decided, newest first."""
    return Proposal.objects.filter(kind__in=visible_kinds(actor), decided_at__isnull=False).order_by(
        "-decided_at", "-id"
    )


def open_count() -> int:
    """Everything on the list, for the menu."""
    return Proposal.objects.filter(state__in=ON_LIST).count()


def as_data(ranked: Ranked) -> dict[str, Any]:
    """A proposal as JSON-ready data, for the command line and the API."""
    proposal = ranked.proposal
    return {
        "rank": ranked.place,
        "id": proposal.pk,
        "kind": proposal.kind,
        "subject": [proposal.subject_type, proposal.subject_id, *([proposal.group] if proposal.group else [])],
        "title": proposal.title,
        "reason": proposal.reason,
        "action": proposal.action or None,
        "input": proposal.given,
        "value": str(proposal.value),
        "how": proposal.how,
        "confidence": str(proposal.confidence),
        "deadline": proposal.deadline.isoformat() if proposal.deadline else None,
        "per_hour": str(ranked.rank.per_hour),
        "state": proposal.state,
        "assignee": proposal.assignee.email if proposal.assignee else None,
    }


def kind_titles() -> dict[str, str]:
    """Kinds of work in words."""
    return {watcher.kind: str(watcher.title) for watcher in all_watchers()}
