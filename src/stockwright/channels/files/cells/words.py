"""Yes and no, lists, countries, weights and lengths."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale
from django.utils.translation import gettext as _

from stockwright.channels.files.errors import BadCell

_YES = frozenset(("1", "true", "yes", "y", "x", "on"))
_NO = frozenset(("0", "false", "no", "n", "off", "-1"))
# What people and shops write that the list of territories does not have.
_OTHER_NAMES = {
    "eire": "IE", "rsa": "ZA", "usa": "US", "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "channel islands": "JE", "holland": "NL", "the netherlands": "NL", "czech republic": "CZ",
    "korea": "KR", "south korea": "KR", "hong kong": "HK", "turkey": "TR",
}  # fmt: skip

GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "lb": Decimal("453.59237"), "lbs": Decimal("453.59237"),
         "oz": Decimal("28.349523125")}  # fmt: skip
MILLIMETRES = {"mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1000), "in": Decimal("25.4"), "yd": Decimal("914.4")}


def yes(text: str, *, fallback: bool) -> bool:
    """Yes or no; the fallback where the cell is empty.

    Raises: BadCell.
    """
    word = text.strip().lower()
    if not word:
        return fallback
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadCell(_("neither yes nor no"), value=text)


def parts(text: str, mark: str = ",") -> list[str]:
    """The non-empty parts of a list in a cell, trimmed, each once."""
    return list(dict.fromkeys(part.strip() for part in text.split(mark) if part.strip()))


@lru_cache(maxsize=1024)
def country(text: str) -> str:
    """ISO 3166 two letters for a code or an English name; the text itself (at most 40 characters) if it is none."""
    word = text.strip()
    if not word:
        return ""
    if len(word) == 2 and word.upper() in _codes():  # noqa: PLR2004 - the code itself
        return word.upper()
    return _names().get(word.casefold(), word[:40])


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(str(code) for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code)))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names = {name.casefold(): code for code, name in Locale("en").territories.items() if code in _codes()}
    return names | _OTHER_NAMES


def measure(amount: Decimal | None, unit: str, units: dict[str, Decimal]) -> int | None:
    """An amount in whole grams or millimetres.

    Raises: BadCell for an unknown unit or a negative amount.
    """
    if amount is None:
        return None
    factor = units.get(unit.strip().lower())
    if factor is None:
        raise BadCell(_("the unit %(unit)s is not known") % {"unit": unit}, value=str(amount))
    if amount < 0:
        raise BadCell(_("less than nothing"), value=str(amount))
    return int((amount * factor).to_integral_value(rounding=ROUND_HALF_UP))
