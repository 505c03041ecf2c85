"""What watchers find: an action filled in, the reason, the money at stake, and how long it stays worth doing.

A room writes its watchers in `watch.py`; the room `today` runs them, keeps what they find, and shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from textwrap import shorten
from typing import Any

from django.utils.functional import Promise

from stockwright.kit.business import Costs
from stockwright.kit.clock import BusinessCalendar

# Of a product's name a title takes so much.
NAME_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of proof: what it is, the figure, and where to see it."""

    label: str
    value: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Another way to settle the same matter."""

    title: str
    action: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Series:
    """A line of the small picture beside a proposal.

    Shape: one value per label of its picture; None leaves a gap.
    """

    name: str
    values: tuple[float | None, ...]
    # "plain" the expected course, "bad" what is lost, "good" what the action brings.
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Picture:
    """What people would rather look at than read."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal as its watcher sees it now."""

    # The record it is about, as the journal names records.
    subject: tuple[str, int]
    # What to do, as a sentence without a full stop: "Release 18 orders held for their address".
    title: str
    # Why, in one or two short sentences.
    reason: str
    # What waiting costs in the end, in the shop's currency.
    value: Decimal
    # How that was computed, in words that name the rates.
    how: str
    # The action and its whole input; without one it is information with a page to look at.
    action: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    # When the value is lost; None while nothing presses.
    deadline: datetime | None = None
    # From 0 to 1: how sure it is that the value is lost without the action and saved by it.
    confidence: Decimal = Decimal(1)
    evidence: Sequence[Evidence] = ()
    alternatives: Sequence[Option] = ()
    picture: Picture | None = None
    # Where a person looks or acts by hand.
    url: str = ""
    # Tells several proposals about one subject apart, such as a group's name.
    group: str = ""

    @property
    def key(self) -> tuple[str, int, str]:
        """What it is about; a watcher yields one draft for each."""
        return (*self.subject, self.group)


def with_name(sku: str, title: str | None) -> str:
    """A SKU as people know it: with the product's name, cut at a word where it is long."""
    name = shorten(title or "", NAME_LENGTH, placeholder="…")
    return sku if name in {"", sku} else f"{sku} {name}"


@dataclass(frozen=True, slots=True)
class Look:
    """What a watcher is told."""

    now: datetime
    # At most so many drafts, the most valuable ones.
    limit: int
    currency: str
    costs: Costs
    calendar: BusinessCalendar
    warn_hours: int
    held_hours: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a watcher saw: the drafts, and how much there is with those beyond the limit."""

    drafts: Sequence[Draft] = ()
    # Of everything found; 0 means "as many as the drafts".
    total: int = 0
    value: Decimal = Decimal(0)


Watching = Callable[[Look], Found]


@dataclass(frozen=True, slots=True)
class Watcher:
    """Looks over the whole shop for one kind of work."""

    # Such as "orders.late"; the part before the point is the room whose tab shows it.
    kind: str
    title: str | Promise
    watch: Watching
    # Minutes between two looks.
    every: int
    # Whose work it is (kit.people.Role); leads see everything.
    roles: tuple[str, ...]
    limit: int
    doc: str

    @property
    def room(self) -> str:
        """The room it belongs to."""
        return self.kind.split(".", 1)[0]


_WATCHERS: dict[str, Watcher] = {}


def watcher(
    kind: str, *, title: str | Promise, every: int = 1, roles: tuple[str, ...] = (), limit: int = 200
) -> Callable[[Watching], Watching]:
    """Register a function `(look) -> Found` as the watcher of a kind of proposal.

    It reads only, in sets, and costs the same however much there is beyond its limit.
    """

    def register(watch: Watching) -> Watching:
        if kind in _WATCHERS:
            raise RuntimeError(f"two watchers for {kind}")
        doc = (watch.__doc__ or "").strip()
        _WATCHERS[kind] = Watcher(kind, title, watch, every, roles, limit, doc)
        return watch

    return register


def all_watchers() -> tuple[Watcher, ...]:
    """Every watcher, by kind."""
    return tuple(_WATCHERS[kind] for kind in sorted(_WATCHERS))


def get_watcher(kind: str) -> Watcher | None:
    """The watcher of a kind, or None when its room is gone."""
    return _WATCHERS.get(kind)
