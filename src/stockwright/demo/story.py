"""The weeks before now as they happened: goods came, orders came, left, were cancelled, were given back."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from stockwright.demo.chance import share
from stockwright.demo.shelves import MAIN
from stockwright.demo.trade import CANCELLED, as_it_came
from stockwright.kit.clock import BusinessCalendar

Order = dict[str, Any]
# Suppliers come before opening, carriers twice a day; the last time just before closing.
_DELIVERY, _COLLECTIONS = time(7, 30), (time(11, 30), time(16, 45))
_PACKED = timedelta(minutes=30)
_LATE, _EARLY = 0.018, 0.45
# Deliveries are spread over the first part of the weeks: shelves are as full at first as at last.
_DELIVERED_BY = 0.6
# Of what is out now, how much ran out once before because its delivery was late; not within the last days.
_RAN_OUT, _SETTLED = 0.9, timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Units of a SKU from a supplier."""

    sku: str
    units: int


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at a moment: deliveries came, or orders were told, for the first time or further on."""

    at: datetime
    deliveries: tuple[Delivery, ...] = ()
    orders: tuple[Order, ...] = ()


@dataclass(slots=True)
class Supply:
    """How the shelves came to be as they are."""

    # As levels: units by (SKU, location) before the first order.
    opening: dict[tuple[str, str], int]
    deliveries: defaultdict[datetime, list[Delivery]] = field(default_factory=lambda: defaultdict(list))
    # Nothing of a SKU was there from a day on until a delivery.
    gaps: dict[str, tuple[date, datetime]] = field(default_factory=dict)


class Clock:
    """The moments of working days between two moments at which goods come and go."""

    def __init__(self, calendar: BusinessCalendar, first: datetime, last: datetime) -> None:
        self.calendar = calendar
        zone = ZoneInfo(calendar.zone)
        begins, ends = calendar.day(first), calendar.day(last)
        days = [begins + timedelta(days=step) for step in range((ends - begins).days + 1)]
        working = [day for day in days if calendar.works(day)]
        self.collections = [
            at for day in working for hour in _COLLECTIONS if (at := datetime.combine(day, hour, zone)) <= last
        ]
        self.deliveries = [
            at for day in working if first < (at := datetime.combine(day, _DELIVERY, zone)) <= last
        ]  # fmt: skip

    def collected(self, after: datetime) -> datetime | None:
        """The first collection at a moment or after it."""
        place = bisect_left(self.collections, after)
        return self.collections[place] if place < len(self.collections) else None


def supplied(
    sold: Sequence[Order], levels: Mapping[tuple[str, str], int], clock: Clock, moment: datetime
) -> Supply:  # fmt: skip
    """Openings and deliveries that, after all that was sold, leave the shelves as `levels` says."""
    asked = _asked(sold, clock.calendar)
    here: defaultdict[str, int] = defaultdict(int)
    for (sku, _place), units in levels.items():
        here[sku] += units
    supply = Supply(dict(levels))
    for sku, days in sorted(asked.items()):
        gap = _gap(sku, days, clock, moment) if not here[sku] and share("ran out", sku) < _RAN_OUT else None
        if gap:
            supply.gaps[sku] = gap
            first, arrives = gap
        elif here[sku] and clock.deliveries:
            arrives = clock.deliveries[int(share("delivered", sku) * _DELIVERED_BY * len(clock.deliveries))]
            first = clock.calendar.day(arrives)
        else:
            supply.opening[sku, MAIN] += sum(days.values())
            continue
        later = sum(units for day, units in days.items() if day >= first)
        supply.opening[sku, MAIN] += sum(days.values()) - later
        if later:
            supply.deliveries[arrives].append(Delivery(sku, later))
    return supply


def _asked(sold: Sequence[Order], calendar: BusinessCalendar) -> dict[str, dict[date, int]]:
    asked: defaultdict[str, defaultdict[date, int]] = defaultdict(lambda: defaultdict(int))
    for order in sold:
        day = calendar.day(order["placed_at"])
        for line in _goods(order):
            asked[line["sku"]][day] += line["units"]
    return {sku: dict(days) for sku, days in asked.items()}


def _gap(sku: str, days: Mapping[date, int], clock: Clock, moment: datetime) -> tuple[date, datetime] | None:
    """A day on which it was asked for in vain, and the delivery one or two working days later."""
    last = clock.calendar.day(moment - _SETTLED)
    possible = sorted(days)[1:]
    possible = [day for day in possible if day < last]
    if not possible:
        return None
    day = possible[int(share("gap", sku) * len(possible))]
    after = clock.calendar.bounds(day)[1]
    place = bisect_left(clock.deliveries, after) + int(share("gap length", sku) * 2)
    return (day, clock.deliveries[place]) if place < len(clock.deliveries) else None


def told(sold: Sequence[Order], supply: Supply, clock: Clock, moment: datetime) -> list[Event]:
    """Everything up to a moment, in the order in which it happened."""
    events = [Event(at, deliveries=tuple(came)) for at, came in supply.deliveries.items()]
    placed: defaultdict[tuple[date, int], list[Order]] = defaultdict(list)
    further: defaultdict[datetime, list[Order]] = defaultdict(list)
    for order in sold:
        at = order["placed_at"]
        placed[clock.calendar.day(at), bisect_right(clock.collections, at)].append(as_it_came(order))
        for when, telling in _further(order, supply, clock, moment):
            further[when].append(telling)
    for orders in placed.values():
        last = max(order["placed_at"] for order in orders)
        events.append(Event(min(last + timedelta(seconds=30), moment), orders=tuple(orders)))
    events += [Event(at, orders=tuple(orders)) for at, orders in further.items()]
    return sorted(events, key=lambda event: event.at)


def _further(order: Order, supply: Supply, clock: Clock, moment: datetime) -> Iterator[tuple[datetime, Order]]:
    """What became of an order after it came."""
    came = as_it_came(order)
    refunds = [entry for entry in order.get("payments", ()) if entry.get("kind") == "refund"]
    if not refunds and share("cancelled", order["number"]) < CANCELLED:
        at = clock.collected(order["placed_at"] + _PACKED)
        if at:
            back = [{**entry, "kind": "refund", "at": at} for entry in came["payments"]]
            yield at, {
                **came, "cancelled_at": at, "cancel_reason": "customer", "payment": "refunded" if back else None,
                "payments": [*came["payments"], *back],
            }  # fmt: skip
            return
    left = _left(order, supply, clock)
    if left is None:
        return
    yield left, {**came, "lines": _sent(came["lines"]), "fulfilled_at": left}
    if refunds:
        after = max(left + timedelta(hours=1), *(entry["at"] for entry in refunds))
        given_back = clock.collected(after)
        if given_back and given_back <= moment:
            yield given_back, {
                **order, "is_history": False, "fulfilled_at": left, "lines": _sent(order["lines"])
            }  # fmt: skip


def _left(order: Order, supply: Supply, clock: Clock) -> datetime | None:
    """The collection that an order left with: mostly one before its promise, after all its goods were there."""
    number, placed, due = order["number"], order["placed_at"], order["ship_by"]
    begin = bisect_left(clock.collections, placed + _PACKED)
    end = bisect_right(clock.collections, due)
    in_time, after = clock.collections[begin:end], clock.collections[end:]
    chosen = None
    if in_time:
        chosen = in_time[0] if share("early", number) < _EARLY else in_time[-1]
    if after and (not in_time or share("sent late", number) < _LATE):
        chosen = after[min(int(share("how late", number) * 4), len(after) - 1)]
    here = _all_here(order, supply, clock.calendar.day(placed))
    if chosen and here and chosen < here:
        return clock.collected(here)
    return chosen


def _all_here(order: Order, supply: Supply, day: date) -> datetime | None:
    """When the last of its goods came, if one was missing."""
    waits = [
        arrives
        for line in _goods(order)
        if (gap := supply.gaps.get(line["sku"])) and gap[0] <= day
        for arrives in [gap[1]]
        if order["placed_at"] < arrives
    ]
    return max(waits, default=None)


def _goods(order: Order) -> Iterator[dict[str, Any]]:
    return (line for line in order["lines"] if line.get("kind") != "fee")


def _sent(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line if line.get("kind") == "fee" else {**line, "fulfilled": line["units"]} for line in lines]
