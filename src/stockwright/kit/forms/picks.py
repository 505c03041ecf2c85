"""Pickers: fields that hold the number or code of a record are chosen from a search, never typed as a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict

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

# From the numbers in a dialog's address to what the record holds now.
Fill = Callable[[Mapping[str, str]], Mapping[str, Any]]
_FILLS: dict[str, Fill] = {}
_WHOLE: set[str] = set()


def fills(action: str, *, whole: bool = False) -> Callable[[Fill], Fill]:
    """Register what an action's dialog shows as it stands now, so that people change it instead of typing it anew.

    Lists of small models are lists of mappings; None is left out. `whole`: the values mean something only together
    (see `meanwhile.compare`).
    """

    def register(fill: Fill) -> Fill:
        _FILLS[action] = fill
        if whole:
            _WHOLE.add(action)
        return fill

    return register


def is_whole(action: str) -> bool:
    """Whether what a dialog shows may only be taken as a whole."""
    return action in _WHOLE


def held_now(action: str, asked: QueryDict) -> QueryDict | None:
    """What the record of a dialog's address holds now, as its form would send it; None where no room says."""
    fill = _FILLS.get(action)
    return flat(fill({name: str(asked[name]) for name in asked})) if fill else None


def flat(values: Mapping[str, Any]) -> QueryDict:
    """Values as a form would send them; None is left out."""
    sent = QueryDict(mutable=True)
    for name, value in values.items():
        if value is None:
            continue
        if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for n, row in enumerate(value):
                for part, v in row.items():
                    sent[f"{name}.{n}.{part}"] = _text(v)
        elif isinstance(value, Mapping):
            for part, v in value.items():
                sent[f"{name}.{part}"] = _text(v)
        elif isinstance(value, list | tuple):
            if value:
                sent.setlist(name, [_text(v) for v in value])
        else:
            sent[name] = _text(value)
    return sent


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        # As many digits as it needs, not as many as the column has.
        return f"{value.normalize():f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def filled_in(asked: QueryDict, held: QueryDict | None) -> QueryDict:
    """The dialog's address with what the record holds; what the address says itself wins."""
    full = asked.copy()
    said = {name.partition(".")[0] for name in asked}
    for name in held or ():
        if name.partition(".")[0] not in said:
            full.setlist(name, held.getlist(name) if held else [])
    return full


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
