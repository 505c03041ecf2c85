"""Moving records between states: only along the table, and only from where they really are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from stockwright.kit.errors import Conflict, Refused

Table = Mapping[Any, frozenset[Any]]


class Recorder(Protocol):
    """The part of a performed action's Call that a move needs; states know no actions and no Django."""

    def record(self, kind: str, *objects: tuple[str, int], **data: Any) -> None:
        """Note a fact."""


class IllegalMove(Refused):
    """It is {old}, and from there it can't become {new}."""


class LostRace(Conflict):
    """Somebody else changed its state in the meantime; look again."""


def check_move(table: Table, old: StrEnum | str, new: StrEnum | str) -> None:
    """Refuse a transition that the table does not have.

    Raises: IllegalMove.
    """
    if new not in table.get(old, frozenset()):
        raise IllegalMove(old=str(old), new=str(new))


def move(call: Recorder, record: Any, field: str, new: StrEnum, table: Table, *, type_: str, **columns: Any) -> None:
    """Move one record (a model instance) to a new state by compare-and-swap; journal it as `<type>.<field>_changed`.

    `columns` are written with it. The instance is brought up to date.

    Raises: IllegalMove, LostRace.
    """
    old = getattr(record, field)
    check_move(table, old, new)
    rows = type(record)._default_manager.filter(pk=record.pk, **{field: old})  # noqa: SLF001 - Django's documented way
    if rows.update(**{field: new, **columns}) != 1:
        raise LostRace
    for name, value in {field: new, **columns}.items():
        setattr(record, name, value)
    call.record(f"{type_}.{field}_changed", (type_, record.pk), old=str(old), new=str(new))


def sources(table: Table, new: StrEnum) -> Iterable[Any]:
    """The states from which `new` can be reached."""
    return [old for old, targets in table.items() if new in targets]
