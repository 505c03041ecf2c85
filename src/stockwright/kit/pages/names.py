"""How records are called and where their pages are, across rooms that don't import each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, get_resolver, reverse

from stockwright.kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class Named:
    """A record in words: what people call it, a second line, and its page."""

    label: str
    note: str = ""
    url: str = ""
    # A word for its state and the look of its badge: "", bad, soon, good, busy.
    state: str = ""
    look: str = ""


Namer = Callable[[list[Any]], dict[Any, Named]]
_NAMERS: dict[str, Namer] = {}
_PERMISSIONS: dict[str, str] = {}
# What tells records of a type apart, where it is no number.
_KEYS: dict[str, type[UUID]] = {}


def names(type_: str, permission: str = "", *, key: type[UUID] | None = None) -> Callable[[Namer], Namer]:
    """Register how records of a type are named, many at once; ids that are gone may be left out.

    The permission is what reading such a record asks for: its timeline and comments are shown to nobody else.
    """

    def register(namer: Namer) -> Namer:
        _NAMERS[type_] = namer
        _PERMISSIONS[type_] = permission
        if key is not None:
            _KEYS[type_] = key
        return namer

    return register


def permission_of(type_: str) -> str:
    """What reading a record of this type asks for.

    Raises: NotFound when no room names such records.
    """
    if type_ not in _PERMISSIONS:
        # Rooms say so beside their pages, which a command has not opened yet.
        _ = get_resolver().url_patterns
    if type_ not in _PERMISSIONS:
        raise NotFound(what="kind of record", which=type_)
    return _PERMISSIONS[type_]


def name_all(refs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Named]:
    """Names of records of several types, one query a type; unknown types and ids get a plain name."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for type_, id_ in refs:
        wanted[type_].add(id_)
    found: dict[tuple[str, int], Named] = {}
    for type_, ids in wanted.items():
        namer = _NAMERS.get(type_)
        known = namer(sorted(ids)) if namer else {}
        for id_ in ids:
            found[type_, id_] = known.get(id_) or Named(f"{type_.replace('_', ' ')} {id_}")
    return found


def find_named(type_: str, id_: int | UUID) -> Named:
    """The name of a record that is there.

    Raises: NotFound.
    """
    permission_of(type_)
    found = _NAMERS[type_]([id_]).get(id_) if isinstance(id_, _KEYS.get(type_, int)) else None
    if found is None:
        raise NotFound(what=type_.replace("_", " "), which=id_)
    return found


def name_of(type_: str, id_: int) -> Named:
    """The name of one record."""
    return name_all([(type_, id_)])[type_, id_]


def address(url_name: str, *args: object) -> str:
    """The address of a page by its name, or "" while no room has it."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""
