"""The list of verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, TypeVar, cast

from django.utils.functional import Promise
from pydantic import BaseModel, ConfigDict

from stockwright.kit.actions.call import Call
from stockwright.kit.errors import NotFound


class Given(BaseModel):
    """What an action is given: typed, complete, nothing extra. Field titles and descriptions make its form."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


G = TypeVar("G", bound=Given)
R = TypeVar("R")

# From the call's input and result (as plain data) to the inverse action's name and input; None when it can't be undone any more.
Inverse = Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[str, dict[str, Any]] | None]


@dataclass(frozen=True, slots=True)
class Action:
    """A verb: its name is its permission, its route and its command."""

    name: str
    title: str
    given: type[Given]
    handler: Callable[[Call, Any], Any]
    doc: str
    # The type of record it is about and the field that holds its id(s): pages offer it there.
    subject: str
    subject_field: str
    inverse: Inverse | None
    # Shown red, asked twice.
    dangerous: bool
    # Offered as a button or in dialogs; false for machine verbs such as imports.
    for_people: bool


_ACTIONS: dict[str, Action] = {}


def action(
    name: str,
    *,
    title: str | Promise,
    subject: str = "",
    subject_field: str = "",
    inverse: Inverse | None = None,
    dangerous: bool = False,
    for_people: bool = True,
) -> Callable[[Callable[[Call, G], R]], Callable[[Call, G], R]]:
    """Register a function `(call, given) -> result` as the verb `room.verb`.

    The function runs inside the call's transaction and returns a dataclass, a pydantic model or plain data.
    `inverse(given, result)` names the action that undoes it. Where that is the same action, its result says what it
    found and what it left, as `before` and `after` of one shape: undo compares them (see `perform.undo`).
    """

    def register(handler: Callable[[Call, G], R]) -> Callable[[Call, G], R]:
        if name in _ACTIONS:
            raise RuntimeError(f"two actions are called {name}")
        annotation = handler.__annotations__["given"]
        given = handler.__globals__[annotation] if isinstance(annotation, str) else annotation
        _ACTIONS[name] = Action(
            # Translated when it is shown: a lazy text behaves as one.
            name=name, title=cast("str", title), given=given, handler=handler, doc=cleandoc(handler.__doc__ or ""),
            subject=subject, subject_field=subject_field, inverse=inverse, dangerous=dangerous, for_people=for_people,
        )  # fmt: skip
        return handler

    return register


def get_action(name: str) -> Action:
    """The action of that name.

    Raises: NotFound.
    """
    try:
        return _ACTIONS[name]
    except KeyError:
        raise NotFound(what="action", which=name) from None


def all_actions() -> tuple[Action, ...]:
    """Every verb, by name."""
    return tuple(_ACTIONS[name] for name in sorted(_ACTIONS))
