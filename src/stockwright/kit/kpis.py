"""KPI contracts: a number with its numerator, denominator, clock and exclusions said in words and in SQL.

A room declares its own in `kpis.py`; the room `insight` counts them by day and shows them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.functional import Promise

# Words for people; declared once at start, so translated when they are shown.
Text = str | Promise


class Unit(StrEnum):
    """What a value is counted in."""

    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    DAYS = "days"
    RATIO = "ratio"


class Better(StrEnum):
    """Which way is good."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Source:
    """A relation that measures are counted over, with the clock that puts each row on a business day.

    Shape: `sql` is a SELECT that yields `day` (date), `channel_id` (bigint, 0 where there is none) and whatever columns
    its measures use, for the days from %(first)s to %(last)s (inclusive), which are the instants from %(since)s up to
    %(until)s on the shop's clock %(zone)s.
    """

    name: str
    sql: str
    # In words, for the definition box: "the day the order was placed".
    clock: Text
    # A SELECT of the days (column `day`) whose rows changed since the instant %(changed)s, on the clock %(zone)s.
    touched: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A sum over a KPI's source: an SQL aggregate expression, and the same in words."""

    sql: str
    words: Text


@dataclass(frozen=True, slots=True)
class Drill:
    """The records behind a number.

    Shape: `sql` is a SELECT with `key` (bigint, unique, newest highest), `record` (its id), `label`, `day` and `counted`
    (how much it adds to the numerator) first, then one column per entry of `columns`, for the days and the zone as in a
    Source, %(channel)s (0 for all) and %(before)s (a key) down, at most %(limit)s rows.
    """

    type: str
    sql: str
    columns: tuple[Text, ...]
    # Those of the columns, from 0, that are money in the shop's currency.
    money: tuple[int, ...] = ()
    # Which records they are, where not simply those that the number counts.
    words: Text = ""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI: its value over days is sum(numerator) / sum(denominator), or the plain sum without a denominator."""

    name: str
    title: Text
    # The sentence that a person reads first.
    definition: Text
    # Numerator and denominator are counted over one source: one clock, so that days add up to periods.
    source: str
    numerator: Measure
    denominator: Measure | None
    exclusions: Text
    unit: Unit
    better: Better
    # Raised when the way of counting changes: stored days are then counted anew.
    version: int = 1
    # Multiplies the quotient: 365 turns a daily rate into a yearly one.
    factor: Decimal = Decimal(1)
    target: Decimal | None = None
    by_channel: bool = True
    drill: Drill | None = None
    # Days at the end of a period that are not settled yet (orders still due) are told, not hidden.
    note: Text = ""

    @property
    def clock(self) -> Text:
        """What puts a record on a day, in words."""
        return get_source(self.source).clock

    def value(self, numerator: Decimal, denominator: Decimal) -> Decimal | None:
        """The value from two sums; None where there was nothing to count."""
        if self.denominator is None:
            return numerator
        return None if not denominator else numerator * self.factor / denominator


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number as it stands now, with no history: how many, and what they are worth.

    Shape: `sql` is a SELECT of one row (count, amount in the shop's currency); it costs what is open, not what ever was.
    """

    name: str
    title: Text
    definition: Text
    sql: str
    # The page that lists the records, by its path.
    url: str = ""


_SOURCES: dict[str, Source] = {}
_GAUGES: dict[str, Gauge] = {}
_KPIS: dict[str, Kpi] = {}


def declare_source(source: Source) -> Source:
    """Register a source under its name."""
    if source.name in _SOURCES:
        raise RuntimeError(f"two sources are called {source.name}")
    _SOURCES[source.name] = source
    return source


def declare(kpis: Iterable[Kpi]) -> None:
    """Register KPIs; their order is the order of the page."""
    for kpi in kpis:
        if kpi.name in _KPIS:
            raise RuntimeError(f"two KPIs are called {kpi.name}")
        _KPIS[kpi.name] = kpi


def get_source(name: str) -> Source:
    """The source of that name."""
    return _SOURCES[name]


def all_sources() -> tuple[Source, ...]:
    """Every source, by name."""
    return tuple(_SOURCES[name] for name in sorted(_SOURCES))


def get_kpi(name: str) -> Kpi | None:
    """The contract of that name, if there is one."""
    return _KPIS.get(name)


def all_kpis() -> tuple[Kpi, ...]:
    """Every contract, in the order of declaration."""
    return tuple(_KPIS.values())


def declare_gauge(gauge: Gauge) -> Gauge:
    """Register a gauge under its name."""
    if gauge.name in _GAUGES:
        raise RuntimeError(f"two gauges are called {gauge.name}")
    _GAUGES[gauge.name] = gauge
    return gauge


def get_gauge(name: str) -> Gauge | None:
    """The gauge of that name, if there is one."""
    return _GAUGES.get(name)
