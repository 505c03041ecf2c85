"""What happened, in words: a sentence for each kind of fact, by the room that records it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from stockwright.kit.actions import Effect, Fact
from stockwright.kit.bulk import fetch
from stockwright.kit.journal import Entry, timeline
from stockwright.kit.pages.names import Named, name_all

FEW = 4
Teller = Callable[[Mapping[str, Any]], str]
# A sentence with {fields} of the fact's data, or a function of the data for what needs thinking.
_SENTENCES: dict[str, Any] = {}


class _Words(dict[str, Any]):
    """Data of a fact as a sentence needs it; a missing field makes the sentence fall back."""


def sentences(words: Mapping[str, Any]) -> None:
    """Register sentences by kind of fact: lazy texts with {fields} of the data, or functions of the data."""
    _SENTENCES.update(words)


def tell(kind: str) -> Callable[[Teller], Teller]:
    """Register a function that tells facts of one kind."""

    def register(teller: Teller) -> Teller:
        _SENTENCES[kind] = teller
        return teller

    return register


def say_fact(kind: str, data: Mapping[str, Any]) -> str:
    """One fact in words; a kind without a sentence is said by its own name."""
    known = _SENTENCES.get(kind)
    if known is not None:
        try:
            return known(data) if callable(known) else str(known).format_map(_Words(data))
        except (KeyError, IndexError, ValueError, TypeError, AttributeError):
            # Old facts may lack a field that the sentence has today.
            return _in_words(kind)
    return _in_words(kind)


def say_effect(effect: Effect) -> str:
    """What others will be told, in words."""
    known = _SENTENCES.get(effect.kind)
    return say_fact(effect.kind, effect.payload) if known is not None else _in_words(effect.kind)


def _in_words(kind: str) -> str:
    room, _dot, rest = kind.partition(".")
    words = re.sub(r"[_.]+", " ", rest or room).strip()
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a timeline, ready to show."""

    # With `at`, where the next page of the timeline begins.
    id: UUID
    at: datetime
    words: str
    who: str
    reason: str
    others: tuple[tuple[str, Named], ...]
    call: UUID | None
    kind: str


def read_timeline(
    type_: str, id_: int, *, limit: int = 30, before: datetime | None = None, before_id: UUID | None = None
) -> list[Line]:
    """The latest facts about a record in words, with the other records that each one touched.

    Shape: newest first; at most four other records a line. For the next page pass the last line's time and id.
    """
    entries = timeline(type_, id_, limit=limit, before=before, before_id=before_id)
    others = _others(type_, id_, entries)
    named = name_all({ref for refs in others.values() for ref in refs})
    return [
        Line(
            id=entry.id,
            at=entry.occurred_at,
            words=say_fact(entry.kind, entry.data),
            who=entry.actor_name or who_in_words(entry.actor),
            reason=entry.reason,
            others=tuple((ref[0], named[ref]) for ref in others.get(entry.id, ())),
            call=entry.call,
            kind=entry.kind,
        )
        for entry in entries
    ]


def who_in_words(actor: str) -> str:
    """Who acted, when the call's own row no longer says."""
    if actor == "system":
        return "Stockwright"
    sort, _colon, number = actor.partition(":")
    return {"person": _("person {n}"), "key": _("API key {n}"), "playbook": _("playbook {n}")}.get(sort, actor).format(
        n=number
    )


def _others(type_: str, id_: int, entries: list[Entry]) -> dict[UUID, list[tuple[str, int]]]:
    if not entries:
        return {}
    rows = fetch(
        "SELECT o.event_id, o.type, o.object_id FROM kit_journalobject o"
        " WHERE o.event_id = ANY(%s) AND o.occurred_at BETWEEN %s AND %s AND NOT (o.type = %s AND o.object_id = %s)"
        " AND o.type = ANY(%s)",
        (
            [e.id for e in entries], entries[-1].occurred_at, entries[0].occurred_at, type_, id_,
            ["order", "variant", "product", "location", "transfer", "count", "customer", "person"],
        ),
    )  # fmt: skip
    found: dict[UUID, list[tuple[str, int]]] = {}
    for event, other_type, other_id in rows:
        found.setdefault(event, []).append((other_type, other_id))
    return {event: _few(refs) for event, refs in found.items()}


def _few(refs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The others worth a link: of a type with more than four it would be a list, not a sentence."""
    often = Counter(type_ for type_, _id in refs)
    return [ref for ref in refs if often[ref[0]] <= FEW][:FEW]


def fact_lines(facts: tuple[Fact, ...], limit: int = 12) -> list[SafeString]:
    """What a dry run found out, in words with the names of the records."""
    shown = facts[:limit]
    named = name_all({(o[0], o[1]) for fact in shown for o in fact.objects[:2] if o[0] != "level"})
    lines = []
    for fact in shown:
        about = [named[o[0], o[1]].label for o in fact.objects[:2] if (o[0], o[1]) in named and o[0] != "line"]
        lines.append(
            format_html(
                "{} <span class='muted'>{}</span>", say_fact(fact.kind, fact.data), ", ".join(dict.fromkeys(about))
            )
        )
    if len(facts) > limit:
        lines.append(format_html("<span class='muted'>{}</span>", _("and {n} more").format(n=len(facts) - limit)))
    return lines
