"""A second set of books for the machine: plain dicts, no SQL, and nothing of the kernel's own code.

A place is a number (one of our locations) or a word: "outside", or what an order or a transfer has taken along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

Place = int | str
CONDITIONS = ("sellable", "quality_control", "damaged")
# The lots of the only variant that has any, by what they are called; the first has expired before the machine starts.
EXPIRES = {"OLD": date(2026, 10, 1), "SOON": date(2026, 11, 20), "LATE": date(2027, 5, 1)}


class Impossible(Exception):
    """These books do not have what is asked of them."""


class Went(NamedTuple):
    """Units of one lot (or of none) that went from one place and condition to another."""

    sku: str
    lot: str
    units: int
    origin: Place
    was: str
    to: Place
    now: str


class Step(NamedTuple):
    """By how much a place's number changed, and whether that put the books right or moved goods."""

    at: datetime
    sku: str
    place: Place
    change: int
    puts_right: bool


@dataclass
class Books:
    """Who has what, how it came about, and when somebody looked."""

    # Of a variant at a place, in a condition, in a lot ("" is none).
    units: Counter[tuple[str, Place, str, str]] = field(default_factory=Counter)
    steps: list[Step] = field(default_factory=list)
    counted: dict[tuple[str, Place], datetime] = field(default_factory=dict)

    def number(self, sku: str, place: Place, *conditions: str) -> int:
        """Units at a place, in some conditions or in all."""
        return sum(
            self.units[sku, place, condition, lot]
            for condition in conditions or CONDITIONS
            for lot in ("", *EXPIRES)
        )  # fmt: skip

    def send(
        self, at: datetime, sku: str, units: int, origin: Place, to: Place, *, was: str = "sellable",
        now: str = "sellable", lot: str = "", puts_right: bool = False, fresh_first: bool = False, sold: bool = False,
    ) -> list[Went]:  # fmt: skip
        """Let units go: of the lot that is named, else of the one that expires first, and last of those without.

        Raises: Impossible, and nothing has changed.
        """
        chosen = [(lot, units)] if origin == "outside" else self._choose(
            sku, units, origin, was, lot, expired_on=at.date() if fresh_first or sold else None, sold=sold
        )  # fmt: skip
        went = [Went(sku, each, n, origin, was, to, now) for each, n in chosen]
        for one in went:
            self.units[sku, origin, was, one.lot] -= one.units if origin != "outside" else 0
            self.units[sku, to, now, one.lot] += one.units if to != "outside" else 0
        same = origin == to
        self.steps += [
            Step(at, sku, place, 0 if same else change, puts_right)
            for place, change in ((origin, -units), (to, units)) if units
        ]  # fmt: skip
        return went

    def _choose(
        self, sku: str, units: int, place: Place, condition: str, lot: str, *, expired_on: date | None, sold: bool
    ) -> list[tuple[str, int]]:
        def expired(each: str) -> bool:
            return expired_on is not None and each != "" and EXPIRES[each] < expired_on

        allowed = [lot] if lot else [each for each in ("", *EXPIRES) if not (sold and expired(each))]
        chosen: list[tuple[str, int]] = []
        for each in sorted(allowed, key=lambda each: (each == "", expired(each), EXPIRES.get(each, date.max))):
            taken = min(units, self.units[sku, place, condition, each])
            if taken > 0:
                chosen.append((each, taken))
                units -= taken
        if units:
            raise Impossible
        return chosen

    def put_right(self, at: datetime, sku: str, place: Place, change: int) -> list[Went]:
        """Make a number larger, or smaller: what is missing is taken from what could be sold, then from the others."""
        if change > 0:
            return self.send(at, sku, change, "outside", place, puts_right=True)
        went: list[Went] = []
        for condition in CONDITIONS:
            taken = min(-change, self.number(sku, place, condition))
            if taken > 0:
                went += self.send(at, sku, taken, place, "outside", was=condition, now=condition, puts_right=True)
                change += taken
        return went

    def booked(self, sku: str, place: Place, moment: datetime) -> int:
        """What these books said at a moment."""
        since = (step.change for step in self.steps if (step.sku, step.place) == (sku, place) and step.at > moment)
        return self.number(sku, place) - sum(since)

    def moved_since(self, sku: str, place: Place, moment: datetime) -> bool:
        """Whether anything came or went after a moment."""
        return any((step.sku, step.place) == (sku, place) and step.at > moment for step in self.steps)

    def put_right_since(self, sku: str, place: Place, moment: datetime) -> bool:
        """Whether the number was counted, adjusted, set or reversed after a moment."""
        counted = self.counted.get((sku, place))
        return bool(counted and counted > moment) or any(
            (step.sku, step.place) == (sku, place) and step.at > moment and step.puts_right for step in self.steps
        )

    def count(self, at: datetime, place: Place, found: dict[str, tuple[int, datetime]]) -> list[Went]:
        """Compare what was found with the moment of looking; what was put right since is left alone."""
        went: list[Went] = []
        for sku, (units, moment) in found.items():
            if self.put_right_since(sku, place, moment):
                continue
            change = max(units - self.booked(sku, place, moment), -self.number(sku, place))
            went += self.put_right(at, sku, place, change)
        return went

    def turn_round(self, at: datetime, went: Iterable[Went]) -> None:
        """Let everything go back.

        Raises: Impossible; what went back until then must be forgotten by whoever asked.
        """
        for sku, lot, units, origin, was, to, now in went:
            self.send(at, sku, units, to, origin, was=now, now=was, lot=lot, puts_right=True)


class Waiting(NamedTuple):
    """Units that a line waits for, and its place in the queue."""

    due: datetime
    placed: datetime
    line: int
    units: int


def days_of(queue: Iterable[Waiting], coming: Iterable[tuple[date, int, int]]) -> dict[int, date | None]:
    """The day on which each line in the queue has all it waits for.

    Shape: `coming` is (day, arrival, units).
    """
    days: dict[int, date | None] = {}
    arrivals, here, day = sorted(coming), 0, None
    for waiting in sorted(queue):
        here -= waiting.units
        while here < 0 and arrivals:
            day, _, units = arrivals.pop(0)
            here += units
        days[waiting.line] = day if here >= 0 else None
    return days
