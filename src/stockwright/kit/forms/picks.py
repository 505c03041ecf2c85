"""Pickers: fields that hold the number or code of a record are chosen from a search, never typed as a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Field names (without _id) that mean a record of another type.
ALIASES = {
    "origin": "location",
    "destination": "location",
    "from_location": "location",
    "to_location": "location",
    "supplier": "location",
    "component": "variant",
    "kit": "variant",
    "assignee": "person",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: the value the action wants, and how people know it."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """How one type of record is chosen."""

    type: str
    permission: str
    # Text typed in, best choices out ("" asks for the first ones).
    search: Callable[[str], Sequence[Choice]]
    # The choice behind a value that is already set.
    find: Callable[[str], Choice | None]
    # Few enough to be a plain select.
    few: bool


_PICKS: dict[str, Pick] = {}


def picks(
    type_: str, permission: str, *, find: Callable[[str], Choice | None], few: bool = False
) -> Callable[[Callable[[str], Sequence[Choice]]], Callable[[str], Sequence[Choice]]]:
    """Register how records of a type are chosen; fields called `<type>_id` (or the type itself) get the picker."""

    def register(search: Callable[[str], Sequence[Choice]]) -> Callable[[str], Sequence[Choice]]:
        _PICKS[type_] = Pick(type_, permission, search, find, few)
        return search

    return register


def all_picks() -> tuple[Pick, ...]:
    """Every registered picker."""
    return tuple(_PICKS.values())


def pick_of(field: str) -> Pick | None:
    """The picker for a field of that name, if there is one."""
    stem = field.removesuffix("_id")
    if stem == field and field not in ("sku", "barcode"):
        return None
    return _PICKS.get(stem) or _PICKS.get(ALIASES.get(stem, "")) or _PICKS.get(stem.rpartition("_")[2])
