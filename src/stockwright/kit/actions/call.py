"""The running action: who acts, when, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from stockwright.kit.people import Actor

# A record that a fact touched, and as what: its type, its id, its role.
Ref = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that has happened, for the journal: a kind in the past tense and the records it touched."""

    kind: str
    objects: tuple[Ref, ...]
    data: dict[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that must happen outside once the action is committed."""

    kind: str
    payload: dict[str, Any]
    key: str
    lock: str = ""


@dataclass(slots=True)
class Call:
    """The token that every writing function asks for: only inside a performed action is there one."""

    id: UUID
    action: str
    actor: Actor
    reason: str
    # When it happened: now, or earlier when history is imported or simulated.
    at: datetime
    dry_run: bool = False
    facts: list[Fact] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def record(self, kind: str, *objects: tuple[str, int] | Ref, at: datetime | None = None, **data: Any) -> None:
        """Note a fact; it reaches the journal in this transaction.

        Shape: objects are (type, id) or (type, id, role); the first is the one it is mainly about.
        """
        refs = tuple((*o, "subject") if len(o) == 2 else o for o in objects)  # noqa: PLR2004 - a pair
        self.facts.append(Fact(kind, refs, data, at or self.at))

    def record_many(self, facts: Iterable[Fact]) -> None:
        """Note many prepared facts at once (hot paths)."""
        self.facts.extend(facts)

    def effect(self, kind: str, payload: dict[str, Any], *, key: str = "", lock: str = "") -> None:
        """Ask for something outside; delivered after the commit, again and again until it is settled.

        The key makes it happen once: the same key again is the same effect.
        """
        self.effects.append(Effect(kind, payload, key or f"{self.id}:{len(self.effects)}", lock))
