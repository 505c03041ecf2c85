"""Dates and times: declared, or told by the whole column; never guessed between day and month."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import AmbiguousDates, BadCell, MixedDates
from stockwright.kit.partitions import EARLIEST, LATEST

_TIME = r"(?:[T ,]+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?\s*(?P<ap>[AaPp]\.?[Mm]\.?)?)?"
_ZONE = r"\s*(?P<z>Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME + _ZONE)
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})" + _TIME + _ZONE)
# So many characters no date has: what is longer is not even looked at.
_LONGEST = 100
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?P<h>)(?P<mi>)(?P<s>)(?P<f>)(?P<ap>)(?P<z>)$")
_NAMED = re.compile(
    r"(?:(?P<d>\d{1,2})[ -](?P<n>[A-Za-z]{3,9})|(?P<n2>[A-Za-z]{3,9}) (?P<d2>\d{1,2})),?[ -](?P<y>\d{4})"
    + _TIME
    + _ZONE
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ISO_LIKE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?$")
# Day 0 of spreadsheets, which count 1900 as a leap year.
_SHEET_START = datetime(1899, 12, 30)  # noqa: DTZ001 - a calendar day, its zone comes later
_MONTHS_A_YEAR = 12
_HOURS_A_HALF = 12
# Two-digit years up to this belong to this century.
_PIVOT = 68

_REMEMBERED = 50_000
_REPEATED = frozenset((str, datetime))

DMY, MDY, YMD = "dmy", "mdy", "ymd"


@dataclass(slots=True)
class MomentEvidence:
    """What the cells of one column tell about the order of day and month."""

    column: str
    dmy: tuple[str, int] | None = None
    mdy: tuple[str, int] | None = None
    unclear: tuple[str, int] | None = None

    def see(self, value: Any, line: int) -> None:
        """Take one cell into account."""
        if not isinstance(value, str) or _ISO_LIKE.match(value):
            return
        found = _YEAR_LAST.match(value.strip()) if len(value) <= _LONGEST else None
        if found is None or _may_begin_with_year(found):
            return
        first, second = int(found["a"]), int(found["b"])
        # Days and months parted by points are written day first wherever they are written.
        if found["sep"] == "." or (first > _MONTHS_A_YEAR >= second):
            self.dmy = self.dmy or (value, line)
        elif second > _MONTHS_A_YEAR >= first:
            self.mdy = self.mdy or (value, line)
        elif first != second:
            self.unclear = self.unclear or (value, line)

    def order(self) -> str:
        """Day first or month first; day first where every cell reads the same either way.

        Raises: MixedDates, AmbiguousDates.
        """
        if self.dmy and self.mdy:
            raise MixedDates(
                column=self.column, dmy=self.dmy[0], dmy_line=self.dmy[1], mdy=self.mdy[0], mdy_line=self.mdy[1]
            )
        if self.mdy:
            return MDY
        if self.unclear and not self.dmy:
            raise AmbiguousDates(column=self.column, value=self.unclear[0], line=self.unclear[1])
        return DMY


@dataclass(slots=True)
class Moments:
    """Reads the moments of one column.

    `declared` is dmy, mdy, ymd, a strptime pattern, or empty (then `order` as the column told it).
    """

    zone: ZoneInfo
    order: str = DMY
    declared: str = ""
    _known: dict[Any, datetime] = field(default_factory=dict)

    def read(self, value: Any) -> datetime | None:
        """A cell as an instant in UTC, None when it is empty.

        Raises: BadCell.
        """
        # Files repeat moments: every line of an order has the order's.
        if type(value) not in _REPEATED:
            return self._fresh(value)
        known = self._known.get(value)
        if known is not None:
            return known
        found = self._fresh(value)
        if found is not None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[value] = found
        return found

    def _fresh(self, value: Any) -> datetime | None:
        if value is None or value == "":
            return None
        if isinstance(value, datetime):
            return self._settled(value, value)
        if isinstance(value, date):
            return self._settled(datetime.combine(value, time()), value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._settled(self._of_sheet(value), value)
        text = str(value).strip()
        return self._settled(self._parse(text), text) if text else None

    def _of_sheet(self, days: float) -> datetime:
        try:
            return _SHEET_START + timedelta(days=days)
        except (OverflowError, ValueError):
            # Beyond the calendar, infinite, or not a number.
            raise BadCell(_("not a date: no day has this number"), value=str(days)) from None

    def _settled(self, moment: datetime, value: Any) -> datetime:
        """In UTC, if a shop could have lived it."""
        try:
            there = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
            found = there.astimezone(UTC)
        except (OverflowError, ValueError):
            found = None
        if found is None or not EARLIEST <= found < LATEST:
            raise BadCell(
                _("no likely date: give one from %(first)s to %(last)s, or leave the cell empty where there is none")
                % {"first": EARLIEST.year, "last": LATEST.year - 1},
                value=str(value),
            )
        return found

    def _parse(self, text: str) -> datetime:
        if len(text) > _LONGEST:
            raise BadCell(_("not a date: too long a text"), value=text)
        try:
            if "%" in self.declared:
                return datetime.strptime(text, self.declared)  # noqa: DTZ007 - its zone is added after
            if _ISO_LIKE.match(text):
                return datetime.fromisoformat(text)
            return self._by_shape(text)
        except (ValueError, OverflowError) as error:
            why = str(error) if "%" in self.declared else _("no such day or time")
            raise BadCell(_("not a date: %(why)s") % {"why": why}, value=text) from None

    def _by_shape(self, text: str) -> datetime:
        if found := _YEAR_FIRST.match(text) or _COMPACT.match(text):
            return _moment(found, int(found["y"]), int(found["m"]), int(found["d"]))
        if found := _YEAR_LAST.match(text):
            first, second = int(found["a"]), int(found["b"])
            order = self.declared or self.order
            if order == YMD:
                if len(found["y"]) == 4:  # noqa: PLR2004 - written in full
                    raise BadCell(_("not a date that begins with the year"), value=text)
                return _moment(found, _year(found["a"]), second, int(found["y"]))
            if not self.declared and _may_begin_with_year(found):
                raise BadCell(
                    _("the year may be its first or its last part: write it in full, or declare it with --date-format"),
                    value=text,
                )
            day, month = (first, second) if order == DMY else (second, first)
            return _moment(found, _year(found["y"]), month, day)
        if found := _NAMED.match(text):
            name = (found["n"] or found["n2"]).lower()
            month = next((n for n, full in enumerate(_MONTHS, 1) if full.startswith(name)), 0)
            return _moment(found, int(found["y"]), month, int(found["d"] or found["d2"]))
        raise BadCell(_("not a date: declare how it is written with --date-format"), value=text)


def _moment(found: re.Match[str], year: int, month: int, day: int) -> datetime:
    hour = int(found["h"] or 0)
    if half := (found["ap"] or "").lower()[:1]:
        if hour > _HOURS_A_HALF:
            raise ValueError
        hour = hour % 12 + (12 if half == "p" else 0)
    fraction = int(((found["f"] or "0") + "000000")[:6])
    return datetime(year, month, day, hour, int(found["mi"] or 0), int(found["s"] or 0), fraction, _zone(found["z"]))


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in ("Z", "UTC", "GMT"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _may_begin_with_year(found: re.Match[str]) -> bool:
    """Whether a date of short parts is written as ISO 8601 would be: then nothing tells which end is the year."""
    return found["sep"] == "-" and len(found["y"]) == 2  # noqa: PLR2004 - not in full


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:  # noqa: PLR2004 - written in full
        return year
    return year + (2000 if year <= _PIVOT else 1900)


def check_declared(declared: str) -> str:
    """The declared order or pattern, checked.

    Raises: BadCell.
    """
    known = declared.strip()
    if known.lower() in ("", DMY, MDY, YMD):
        return known.lower()
    if "%d" in known and any(m in known for m in ("%m", "%b", "%B")) and any(y in known for y in ("%Y", "%y")):
        # A pattern may still be none: the same part twice, or one that does not exist.
        with contextlib.suppress(ValueError, re.error):
            datetime.strptime(EARLIEST.strftime(known), known)  # noqa: DTZ007 - only tried
            return known
    raise BadCell(_("a date format is dmy, mdy, ymd or a pattern such as %d/%m/%Y %H:%M"), value=declared)
