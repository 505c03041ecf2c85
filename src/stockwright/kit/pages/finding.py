"""What the command palette finds: each room registers where it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of the palette."""

    label: str
    note: str
    url: str


Search = Callable[[str], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Searched:
    """Where to look, who may, and under which heading hits are shown."""

    heading: Any
    permission: str
    search: Search


_SEARCHES: list[Searched] = []


def finds(heading: Any, permission: str) -> Callable[[Search], Search]:
    """Register a search of the palette: text as typed in, a few best hits out, by an index only."""

    def register(search: Search) -> Search:
        _SEARCHES.append(Searched(heading, permission, search))
        return search

    return register


def all_searches() -> tuple[Searched, ...]:
    """Every place to look."""
    return tuple(_SEARCHES)
