"""Decimal marks, told per column by what its cells can only mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import AmbiguousNumbers, BadCell, MixedNumbers

POINT, COMMA = ".", ","
DECLARED = {"point": POINT, ".": POINT, "comma": COMMA, ",": COMMA}

# Blanks of every width and apostrophes only ever part thousands.
_BLANKS = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_CURRENCY = re.compile(r"^[^\d+\-.,()]*|[^\d.,)]*$")
_PLAIN = re.compile(r"[+-]?\d+$")
_SHAPE = re.compile(r"[+-]?\d*(?:[.,]\d+)*[.,]?\d*$")
_THOUSANDS = 3


@dataclass(slots=True)
class NumberEvidence:
    """What the cells of one column (or of several that one program wrote) tell about their decimal mark."""

    column: str
    point: tuple[str, int] | None = None
    comma: tuple[str, int] | None = None
    unclear: tuple[str, int] | None = None

    def see(self, value: Any, line: int) -> None:
        """Take one cell into account."""
        if not isinstance(value, str) or (self.point and self.comma):
            return
        if POINT not in value and COMMA not in value:
            return
        mark = told_mark(value)
        if mark == POINT:
            self.point = self.point or (value, line)
        elif mark == COMMA:
            self.comma = self.comma or (value, line)
        elif mark == "?":
            self.unclear = self.unclear or (value, line)

    def mark(self, fallback: str = "") -> str:
        """The decimal mark; `fallback` stands where the column leaves it open and its writer is known.

        Raises: MixedNumbers, AmbiguousNumbers.
        """
        if self.point and self.comma:
            raise MixedNumbers(
                column=self.column, point=self.point[0], point_line=self.point[1], comma=self.comma[0],
                comma_line=self.comma[1],
            )  # fmt: skip
        if self.point:
            return POINT
        if self.comma:
            return COMMA
        if self.unclear and not fallback:
            raise AmbiguousNumbers(column=self.column, value=self.unclear[0], line=self.unclear[1])
        return fallback or POINT


def told_mark(value: str) -> str:
    """The decimal mark that this text can only have: point, comma, "?" when it may be either, "" when it has none."""
    digits = _bare(value)
    marks = [c for c in digits if c in ".,"]
    if not marks or not _SHAPE.match(digits):
        return ""
    if len(set(marks)) == 2:  # noqa: PLR2004 - both marks: the last one is the decimal one
        return marks[-1]
    mark = marks[0]
    if len(marks) > 1:
        # The same mark twice can only part thousands, so the other one is the decimal one.
        return COMMA if mark == POINT else POINT
    before, after = digits.lstrip("+-").split(mark)
    thousands = len(after) == _THOUSANDS and 1 <= len(before) <= _THOUSANDS and not before.startswith("0")
    return "?" if thousands else mark


def number(value: Any, mark: str = POINT) -> Decimal | None:
    """A cell as a number, None when it is empty.

    Raises: BadCell.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise BadCell(_("yes or no where a number belongs"), value=str(value))
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, float):
        # repr is the shortest text that reads back as the same float: 2.55, not 2.54999999999999982236431605997495353.
        return _finite(Decimal(repr(value)), str(value))
    text = str(value).strip()
    if not text:
        return None
    if _PLAIN.match(text):
        return Decimal(text)
    return _finite(_parse(text, mark), text)


def whole(value: Any, mark: str = POINT) -> int | None:
    """A cell as a whole number, None when it is empty.

    Raises: BadCell.
    """
    if type(value) is int:
        return value
    found = number(value, mark)
    if found is None:
        return None
    if found != found.to_integral_value():
        raise BadCell(_("not a whole number"), value=str(value))
    if abs(found) > 2_000_000_000:  # noqa: PLR2004 - what the column holds
        raise BadCell(_("too large"), value=str(value))
    return int(found)


def _parse(text: str, mark: str) -> Decimal:
    digits = _bare(text)
    other = COMMA if mark == POINT else POINT
    if other in digits:
        groups = digits.split(mark)[0].lstrip("+-").split(other)
        after = digits.split(mark)[1] if mark in digits else ""
        if other in after or any(len(group) != _THOUSANDS for group in groups[1:]) or not groups[0]:
            raise BadCell(_("not a number with decimal %(mark)s") % {"mark": _word(mark)}, value=text)
        digits = digits.replace(other, "")
    try:
        return Decimal(digits.replace(mark, "."))
    except InvalidOperation:
        raise BadCell(_("not a number"), value=text) from None


def _bare(text: str) -> str:
    """Without blanks, currency and the accountant's brackets for a negative."""
    digits = text.strip().translate(_BLANKS)
    if digits.startswith("(") and digits.endswith(")"):
        digits = "-" + digits[1:-1]
    if digits.endswith("-"):
        digits = "-" + digits[:-1]
    return _CURRENCY.sub("", digits)


def _finite(found: Decimal, text: str) -> Decimal:
    if not found.is_finite() or abs(found) >= Decimal(10) ** 12:
        raise BadCell(_("not a number that can be kept"), value=text)
    return found


def _word(mark: str) -> str:
    return _("point") if mark == POINT else _("comma")
