"""Refusals with a name: every error a user can meet is a class here or in a room's errors.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from django.utils.translation import gettext as _


class Kind(StrEnum):
    """What sort of no it is; each door maps it once (HTTP status, exit code, form error)."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"


class StockwrightError(Exception):
    """Something went wrong."""

    kind: ClassVar[Kind] = Kind.REFUSED

    def __init__(self, message: str | None = None, **facts: Any) -> None:
        self.facts = facts
        self.message = message or self._from_docstring()
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The class name in snake case: stable, for programs."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def _from_docstring(self) -> str:
        text = (type(self).__doc__ or type(self).__name__).strip().splitlines()[0]
        return text.format(**self.facts) if self.facts else text


class Invalid(StockwrightError):
    """The input is not valid."""

    kind = Kind.INVALID


class OutOfBounds(Invalid):
    """The shop's books can't hold this value: {detail}."""


class TooLarge(Invalid):
    """{what} is larger than {limit}."""


class NotFound(StockwrightError):
    """There is no {what} {which}."""

    kind = Kind.NOT_FOUND


class Refused(StockwrightError):
    """This can't be done now."""

    kind = Kind.REFUSED


class NotPermitted(Refused):
    """{who} may not do {action}; ask an operations lead for the role."""


class Conflict(StockwrightError):
    """Somebody else changed this in the meantime; look again."""

    kind = Kind.CONFLICT


class KeyReused(Conflict):
    """The idempotency key {key} was used before with other input."""


class Unavailable(StockwrightError):
    """Something this needs can't be reached right now; try again."""

    kind = Kind.UNAVAILABLE


class DeliveryError(Exception):
    """An effect was not delivered.

    `retry_after` (seconds) says when trying again makes sense; `permanent` says it never does.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, permanent: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.permanent = permanent


class BadInput(Invalid):
    """What was given is not valid."""

    def __init__(self, problems: tuple[dict[str, Any], ...]) -> None:
        first = problems[0] if problems else {"field": "", "message": "not valid"}
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        where = f"{_place(str(first['field']))}: " if first["field"] else ""
        said = str(first["message"]).removeprefix("Value error, ").removeprefix("Input ")
        super().__init__(f"{where}{said}{more}", problems=problems)


def _place(field: str) -> str:
    """Where in the input, for people: `lines.0.units` is units of lines no. 1."""
    name, *rest = field.split(".")
    for part in rest:
        name += f" {int(part) + 1}" if part.isdecimal() else f", {part}"
    return name


def plain_words(problem: Mapping[str, Any]) -> str:
    """What is wrong with a field, without a programmer's words."""
    known = {
        "missing": _("Please fill this in."),
        "int_parsing": _("A whole number, please."),
        "int_from_float": _("A whole number, please."),
        "decimal_parsing": _("A number, please, such as 12.50."),
        "date_from_datetime_parsing": _("A date, please."),
        "datetime_from_date_parsing": _("A date and time, please."),
        "string_too_short": _("Please fill this in."),
        "too_short": _("At least one, please."),
        "enum": _("Choose one of the list."),
        "literal_error": _("Choose one of the list."),
    }
    words = known.get(problem.get("type", ""))
    if words:
        return words
    message = str(problem["message"]).removeprefix("Value error, ").removeprefix("Input ")
    return message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")
