"""Which days, which grain, which channel: read from the address, said back for links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from stockwright.insight import queries
from stockwright.insight.rules import LONGEST, USUAL_DAYS, Grain, Period, fitting_grain, last_days
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.errors import Invalid
from stockwright.kit.ids import is_number


class BadPeriod(Invalid):
    """The days can't be read: give them as 2026-11-23, the first not after the last."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the page is about."""

    period: Period
    grain: Grain
    channel: int
    days: int

    def query(self, **changes: object) -> str:
        """The same choice as a query string, with changes."""
        said: dict[str, object] = {"channel": self.channel or "", "grain": self.grain.value}
        said |= {"days": self.days} if self.days else {"first": self.period.first, "last": self.period.last}
        if "days" in changes:
            said = {key: value for key, value in said.items() if key not in {"first", "last", "grain"}}
        return urlencode({key: value for key, value in {**said, **changes}.items() if value not in ("", None)})


def chosen(sent: QueryDict) -> Chosen:
    """Read the choice; without one, the 28 days that ended yesterday.

    Raises: BadPeriod.
    """
    today = calendar().day(now())
    days = _whole(sent.get("days")) if not sent.get("first") else 0
    if first := sent.get("first"):
        period = _period(first, sent.get("last") or today.isoformat())
    else:
        days = min(days or USUAL_DAYS, LONGEST)
        period = last_days(today, days)
    wanted = sent.get("grain", "")
    grain = Grain(wanted) if wanted in set(Grain) else fitting_grain(period)
    return Chosen(period, grain, _whole(sent.get("channel")), days)


def periods(choice: Chosen) -> list[tuple[str, str, bool]]:
    """The periods that are one click away: words, address, chosen."""
    known = [(7, _("7 days")), (28, _("28 days")), (91, _("Quarter")), (365, _("Year"))]
    return [(words, choice.query(days=days), choice.days == days) for days, words in known]


def grains(choice: Chosen) -> list[tuple[str, str, bool]]:
    """The grains that make sense for the period."""
    known = {Grain.DAY: _("Days"), Grain.WEEK: _("Weeks"), Grain.MONTH: _("Months")}
    return [(words, choice.query(grain=grain.value), grain is choice.grain) for grain, words in known.items()]


def channel_links(choice: Chosen) -> list[tuple[str, str, bool]]:
    """The channels, and all of them together; none where there is only one."""
    found = queries.channels()
    if len(found) < 2:  # noqa: PLR2004 - nothing to choose
        return []
    every = [(0, _("All channels")), *found]
    return [(words, choice.query(channel=id_ or ""), choice.channel == id_) for id_, words in every]


def in_words(period: Period) -> str:
    """A period as people say it."""
    first, last = period.first, period.last
    if first == last:
        return f"{first:%A} {first.day} {first:%B %Y}"
    same_year = first.year == last.year
    start = f"{first.day} {first:%b}" if same_year else f"{first.day} {first:%b %Y}"
    return f"{start} – {last.day} {last:%b %Y}"


def _period(first: str, last: str) -> Period:
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise BadPeriod from None
    if period.first > period.last or period.days > LONGEST or period.first < date(1970, 1, 1):
        raise BadPeriod
    if period.last > date.today() + timedelta(days=366):  # noqa: DTZ011 - a guard against typing errors alone
        raise BadPeriod
    return period


def _whole(text: str | None) -> int:
    return int(text) if text and is_number(text) and len(text) < 10 else 0  # noqa: PLR2004 - fits any integer
