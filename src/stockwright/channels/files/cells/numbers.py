"""Decimal marks, told per column by what its cells can only mean."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import AmbiguousNumbers, BadCell, MixedNumbers
from stockwright.kit.money import CURRENCIES

POINT, COMMA = ".", ","
DECLARED = {"point": POINT, ".": POINT, "comma": COMMA, ",": COMMA}

# Blanks of every width and apostrophes only ever part thousands.
_BLANKS = " \u00a0\u202f\u2009"
_PARTING = _BLANKS + "'’"
_PLAIN = re.compile(r"[+-]?\d+$")
# Up to this long; no number that can be kept is written longer.
_LONGEST = 60
# A currency by its sign, perhaps with whose it is (US$), or by its letters, perhaps with a point (kr.).
_WORTH = r"(?:[^\W\d_]{0,3}[^\w\s+−()'’.,-]|[^\W\d_]{1,3}\.?)"
# A sign, or the accountant's brackets for a negative; a currency on one side; digits, and what parts them.
_DRESSED = re.compile(
    rf"(?P<open>\()?[{_BLANKS}]*(?P<sign>[+−-]?)[{_BLANKS}]*(?P<before>{_WORTH})?[{_BLANKS}]*(?P<sign2>[+−-]?)"
    rf"(?P<body>[.,]?\d(?:[\d.,{_PARTING}]*\d)?[.,]?)(?P<power>[eE][+-]?\d{{1,3}})?"
    rf"[{_BLANKS}]*(?P<after>{_WORTH})?(?P<sign3>-?)(?P<close>\))?"
)
# What stands for a currency beside its signs and its three letters.
_CURRENCY_WORDS = frozenset(("kr", "zł", "kč", "ft", "lei", "fr", "rs", "rm", "rp", "лв"))
_BARE = re.compile(r"[+-]?[.,]?\d[\d.,]{0,58}$")
_GROUPS = re.compile(rf"[.,{_PARTING}]")
_WITHOUT_PARTING = str.maketrans("", "", _PARTING)
_THOUSANDS = 3
_MOST_WHOLE = 2_000_000_000


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
    found = _undressed(value)
    if found is None:
        return ""
    body, power = found[1].translate(_WITHOUT_PARTING), found[2]
    marks = [c for c in body if c in ".,"]
    if not marks:
        return ""
    if len(set(marks)) == 2:  # noqa: PLR2004 - both marks: the last one is the decimal one
        return marks[-1]
    mark = marks[0]
    if len(marks) > 1:
        # The same mark twice can only part thousands, so the other one is the decimal one.
        return COMMA if mark == POINT else POINT
    before, after = body.split(mark)
    thousands = len(after) == _THOUSANDS and 1 <= len(before) <= _THOUSANDS and not before.startswith("0")
    return "?" if thousands and not power else mark


def number(value: Any, mark: str = POINT) -> Decimal | None:
    """A cell as a number, None when it is empty.

    Raises: BadCell.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise BadCell(_("yes or no where a number belongs"), value=str(value))
    if isinstance(value, int | Decimal):
        return _finite(Decimal(value), str(value))
    if isinstance(value, float):
        # repr is the shortest text that reads back as the same float: 2.55, not 2.54999999999999982236431605997495353.
        return _finite(Decimal(repr(value)), str(value))
    text = str(value).strip()
    if not text:
        return None
    if len(text) <= _LONGEST and _PLAIN.match(text):
        return _finite(Decimal(text), text)
    return _finite(_parse(text, mark), text)


def whole(value: Any, mark: str = POINT) -> int | None:
    """A cell as a whole number, None when it is empty.

    Raises: BadCell.
    """
    if type(value) is int and -_MOST_WHOLE <= value <= _MOST_WHOLE:
        return value
    found = number(value, mark)
    if found is None:
        return None
    if found != found.to_integral_value():
        raise BadCell(_("not a whole number"), value=str(value))
    if abs(found) > _MOST_WHOLE:
        raise BadCell(_("too large"), value=str(value))
    return int(found)


def _parse(text: str, mark: str) -> Decimal:
    found = _undressed(text)
    if found is None:
        raise BadCell(_("not a number: write digits and no more than a sign and a decimal mark"), value=text)
    sign, body, power = found
    whole_part, _mark, decimals = body.partition(mark)
    groups = _GROUPS.split(whole_part)
    parted = len(set(_GROUPS.findall(whole_part)))
    if parted and not (
        parted == 1 and 1 <= len(groups[0]) <= _THOUSANDS and all(len(group) == _THOUSANDS for group in groups[1:])
    ):
        raise BadCell(_("not a number with decimal %(mark)s") % {"mark": _word(mark)}, value=text)
    if decimals and not decimals.isdecimal():
        raise BadCell(_("not a number with decimal %(mark)s") % {"mark": _word(mark)}, value=text)
    return Decimal(f"{sign}{''.join(groups)}.{decimals}{power}")


def _undressed(text: str) -> tuple[str, str, str] | None:
    """Sign, digits with what parts them, and power of ten of a number as people write it; None if it is none."""
    bare = text.strip()
    if _BARE.match(bare):
        negative = bare[0] == "-"
        return ("-" if negative else ""), bare.lstrip("+-"), ""
    # An apostrophe in front is how spreadsheets are told that a text is no formula.
    found = _DRESSED.fullmatch(bare.removeprefix("'")) if len(bare) <= _LONGEST else None
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [sign for sign in (found["sign"], found["sign2"], found["sign3"], found["open"]) if sign]
    if len(signs) > 1 or (found["sign3"] and not found["after"] and not found["body"][-1].isdecimal()):
        return None
    if any(worth and not _is_currency(worth) for worth in (found["before"], found["after"])):
        return None
    return ("-" if signs and signs[0] != "+" else ""), found["body"], found["power"] or ""


@lru_cache(maxsize=1024)
def _is_currency(text: str) -> bool:
    """Whether a text beside a number is a currency: its sign (perhaps with whose dollar it is), its code, or its word."""
    letters = text.removesuffix(".")
    return letters.lower() in _CURRENCY_WORDS or letters.upper() in CURRENCIES or unicodedata.category(text[-1]) == "Sc"


def _finite(found: Decimal, text: str) -> Decimal:
    if not found.is_finite() or abs(found) >= Decimal(10) ** 12:
        raise BadCell(_("not a number that can be kept: infinite or a million millions and more"), value=text)
    return found


def _word(mark: str) -> str:
    return _("point") if mark == POINT else _("comma")
