"""Periods and grains: pure arithmetic of days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# Touched days this close together are counted in one sweep.
NEAR = 3
LONGEST = 366 * 30
# What is shown where nobody chooses.
USUAL_DAYS = 28


class Grain(StrEnum):
    """How fine a series is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """The period of the same length that ends where this one begins."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


def last_days(today: date, days: int) -> Period:
    """The whole days that ended yesterday."""
    return Period(today - timedelta(days=days), today - timedelta(days=1))


def step_of(day: date, grain: Grain) -> date:
    """The first day of the step that a day belongs to; weeks begin on Monday."""
    if grain is Grain.WEEK:
        return day - timedelta(days=day.isoweekday() - 1)
    return day.replace(day=1) if grain is Grain.MONTH else day


def steps(period: Period, grain: Grain) -> list[date]:
    """Every step of a period by its first day, those without any record too."""
    found = [step_of(period.first, grain)]
    while True:
        following = step_of(found[-1] + timedelta(days={Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 31}[grain]), grain)
        if following > period.last:
            return found
        found.append(following)


def fitting_grain(period: Period) -> Grain:
    """The grain that makes a chart of some 20 to 90 points."""
    if period.days <= 92:  # noqa: PLR2004 - a quarter
        return Grain.DAY
    return Grain.WEEK if period.days <= 731 else Grain.MONTH  # noqa: PLR2004 - two years


def runs(days: Iterable[date], near: int = NEAR) -> list[Period]:
    """Few periods that cover the days: gaps of up to `near` days are swept along."""
    found: list[Period] = []
    for day in sorted(set(days)):
        if found and (day - found[-1].last).days <= near:
            found[-1] = Period(found[-1].first, day)
        else:
            found.append(Period(day, day))
    return found


def pieces(periods: Iterable[Period], longest: int) -> Iterator[Period]:
    """The same days in periods of at most `longest` days."""
    for period in periods:
        for start in range(0, period.days, longest):
            first = period.first + timedelta(days=start)
            yield Period(first, min(first + timedelta(days=longest - 1), period.last))


def newest(periods: Sequence[Period], most: int | None) -> tuple[list[Period], list[Period]]:
    """Cut periods in order of time in two: their newest days, at most so many, and those before."""
    left, taken = list(periods), list[Period]()
    if most is None:
        return left, taken
    while left and most > 0:
        period = left.pop()
        first = max(period.first, period.last - timedelta(days=most - 1))
        taken.append(Period(first, period.last))
        most -= taken[-1].days
        if first > period.first:
            left.append(Period(period.first, first - timedelta(days=1)))
    return taken, left


def sparkline(values: Sequence[float | None], width: int = 120, height: int = 28) -> str:
    """The path of a small line through the values, for SVG; days without a value are passed over.

    A flat line lies in the middle, and a single value is a dot.
    """
    known = [(position, value) for position, value in enumerate(values) if value is not None]
    if not known:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    across = width / max(1, len(values) - 1)
    points = [
        f"{position * across:.1f} {height - 2 - ((value - low) / (high - low) if high > low else 0.5) * (height - 4):.1f}"
        for position, value in known
    ]
    return "M" + "L".join(points) + ("h0.01" if len(points) == 1 else "")
