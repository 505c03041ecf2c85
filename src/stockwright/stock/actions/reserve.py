"""Holding units for somebody who has not ordered yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import fetch
from stockwright.stock.actions.commit import Demand, explode, hold_wanted, missing_of
from stockwright.stock.actions.held import HeldLevels, Level, hold
from stockwright.stock.actions.promises import (
    drop_reservations,
    own_first,
    refresh_promises,
    serve_waiting,
    tell_moved,
)
from stockwright.stock.errors import NoReservation, NotEnough, ReservedSince
from stockwright.stock.rules import decide


class Wish(Given):
    """Units of a variant to be held."""

    variant_id: int = Field(title="Variant")
    units: int = Field(title="Units", gt=0, le=10_000_000)


class ReserveGiven(Given):
    """Units to be held for somebody until a moment."""

    holder: str = Field(title="For", min_length=1, max_length=120, description="Such as cart:eu:8842.")
    lines: tuple[Wish, ...] = Field(title="What", min_length=1, max_length=1000)
    minutes: int = Field(30, title="Minutes", gt=0, le=60 * 24 * 90, description="After these it is free again.")


@dataclass(frozen=True, slots=True)
class Reserved:
    """What is held, and until when."""

    holder: str
    units: int
    reserved_until: datetime | None = None
    # The rows that hold it, and the units that the same holder had before.
    reservations: tuple[int, ...] = ()
    replaced: int = 0


def _let_go(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if result["replaced"] or not result["reservations"]:
        # What was held before may be promised to others by now: nobody can be given it back.
        return None
    return "stock.release_reservation", {"holder": given["holder"], "reservations": result["reservations"]}


@action("stock.reserve", title=str(_("Reserve")), inverse=_let_go)
def reserve(call: Call, given: ReserveGiven) -> Reserved:
    """Hold units for somebody, all of them or none; what the same holder had before is replaced.

    Kits are held by component. The units are free again when the time is up.
    Raises: NotEnough, UnknownVariant.
    """
    demands = [
        Demand(index, 0, wish.variant_id, wish.units, call.at, call.at) for index, wish in enumerate(given.lines)
    ]
    held = None
    while held is None:
        wanted = explode(demands)
        held = hold_wanted(wanted, {variant for _, variant in _held_by(given.holder)})
    freed, own = drop_reservations(held, call.at, (given.holder,))
    sums: dict[int, int] = {}
    # What it holds already stays its own; what others let go is for the orders that wait, before anybody new.
    takes, rest = own_first(held, wanted.parts, own, lambda _part: given.holder)
    for _part, level, units in takes:
        _keep(sums, level, units)
    serve_waiting(call, held, freed)
    places, locations = held.places()
    decision = decide(rest, places)
    if decision.short:
        raise NotEnough(missing_of(wanted.parts, decision))
    for part, place, units in decision.takes:
        _keep(sums, held.at(part.variant_id, locations[place]), units)
    until = call.at + timedelta(minutes=given.minutes)
    rows = fetch(
        "INSERT INTO stock_reservation (holder, level_id, units, reserved_until, created_at)"
        " SELECT %s, l, u, %s, %s FROM unnest(%s::bigint[], %s::int[]) AS d(l, u) RETURNING id",
        (given.holder, until, call.at, list(sums.keys()), list(sums.values())),
    )
    held.write()
    held.moved_orders.update(refresh_promises(held.dated(freed), call.at))
    total = sum(sums.values())
    call.record(
        "stock.reserved", *(("variant", wish.variant_id) for wish in given.lines), holder=given.holder, units=total,
        until=until,
    )  # fmt: skip
    tell_moved(call, held, "reservation_expired")
    replaced = sum(units for had in own.values() for units in had.values())
    return Reserved(given.holder, total, until, tuple(row[0] for row in rows), replaced)


def _keep(sums: dict[int, int], level: Level, units: int) -> None:
    level.reserved += units
    sums[level.id] = sums.get(level.id, 0) + units


class ReleaseReservationGiven(Given):
    """Somebody who does not want it any more."""

    holder: str = Field(title="For", min_length=1, max_length=120)
    # Compare and release: what undoing a reservation gives.
    reservations: tuple[int, ...] = Field((), title="Reservations", description="None: all that is held.")


@action("stock.release_reservation", title=str(_("Release reservation")))
def release_reservation(call: Call, given: ReleaseReservationGiven) -> Reserved:
    """Give back all that somebody holds; orders that wait for it are served at once.

    Raises: NoReservation; ReservedSince where the holder has reserved anew.
    """
    held = hold(variant for _, variant in _held_by(given.holder))
    # Under lock: none of these levels is reserved anew or sold meanwhile.
    rows = {id_ for id_, _ in _held_by(given.holder)}
    if not rows:
        raise NoReservation(holder=given.holder)
    if given.reservations and not rows.issubset(given.reservations):
        raise ReservedSince(holder=given.holder)
    return Reserved(given.holder, _let_pass(call, held, holders=(given.holder,)))


def _held_by(holder: str) -> list[tuple[int, int]]:
    """The reservations of a holder, with their variants."""
    return fetch(
        "SELECT r.id, l.variant_id FROM stock_reservation r JOIN stock_level l ON l.id = r.level_id"
        " WHERE r.holder = %s",
        (holder,),
    )


def _let_pass(call: Call, held: HeldLevels, holders: tuple[str, ...] = ()) -> int:
    """Drop expired reservations of held levels, and those of some holders."""
    before = sum(level.reserved for level in held.levels.values())
    freed, _own = drop_reservations(held, call.at, holders)
    units = before - sum(level.reserved for level in held.levels.values())
    serve_waiting(call, held, freed)
    held.write()
    held.moved_orders.update(refresh_promises(held.dated(freed), call.at))
    if units:
        call.record(
            "stock.reservation_released", *(("variant", variant) for variant in sorted(freed)), units=units,
            holders=list(holders),
        )  # fmt: skip
    tell_moved(call, held, "reservation_released" if holders else "reservation_expired")
    return units


class ExpireGiven(Given):
    """Reservations whose time is up."""

    most: int = Field(1000, title="Variants at a time", gt=0, le=100_000)


@action("stock.expire_reservations", title=str(_("Expire reservations")), for_people=False)
def expire_reservations(call: Call, given: ExpireGiven) -> Reserved:
    """Free what was held too long; every decision does the same for the levels it looks at."""
    rows = fetch(
        "SELECT DISTINCT l.variant_id FROM stock_reservation r JOIN stock_level l ON l.id = r.level_id"
        " WHERE r.reserved_until <= %s LIMIT %s",
        (call.at, given.most),
    )
    return Reserved("", _let_pass(call, hold(row[0] for row in rows)) if rows else 0)
