"""Holding units for somebody who has not ordered yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.stock.actions.commit import Demand, explode, missing_of
from stockwright.stock.actions.held import Level, hold, make_first_levels
from stockwright.stock.actions.promises import (
    drop_reservations,
    own_first,
    refresh_promises,
    serve_waiting,
    tell_moved,
)
from stockwright.stock.errors import NoReservation, NotEnough
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


def _let_go(given: Mapping[str, Any], _result: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "stock.release_reservation", {"holder": given["holder"]}


@action("stock.reserve", title=str(_("Reserve")), inverse=_let_go)
def reserve(call: Call, given: ReserveGiven) -> Reserved:
    """Hold units for somebody, all of them or none; what the same holder had before is replaced.

    Kits are held by component. The units are free again when the time is up.
    Raises: NotEnough, UnknownVariant.
    """
    demands = [
        Demand(index, 0, wish.variant_id, wish.units, call.at, call.at) for index, wish in enumerate(given.lines)
    ]
    wanted = explode(demands)
    make_first_levels(wanted.without_level)
    before = fetch(
        "SELECT DISTINCT l.variant_id FROM stock_reservation r JOIN stock_level l ON l.id = r.level_id"
        " WHERE r.holder = %s",
        (given.holder,),
    )
    held = hold({part.variant_id for part in wanted.parts} | {row[0] for row in before})
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
    if sums:
        execute(
            "INSERT INTO stock_reservation (holder, level_id, units, reserved_until, created_at)"
            " SELECT %s, l, u, %s, %s FROM unnest(%s::bigint[], %s::int[]) AS d(l, u)",
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
    return Reserved(given.holder, total, until)


def _keep(sums: dict[int, int], level: Level, units: int) -> None:
    level.reserved += units
    sums[level.id] = sums.get(level.id, 0) + units


class ReleaseReservationGiven(Given):
    """Somebody who does not want it any more."""

    holder: str = Field(title="For", min_length=1, max_length=120)


@action("stock.release_reservation", title=str(_("Release reservation")))
def release_reservation(call: Call, given: ReleaseReservationGiven) -> Reserved:
    """Give back all that somebody holds; orders that wait for it are served at once.

    Raises: NoReservation.
    """
    rows = fetch(
        "SELECT DISTINCT l.variant_id FROM stock_reservation r JOIN stock_level l ON l.id = r.level_id"
        " WHERE r.holder = %s",
        (given.holder,),
    )
    if not rows:
        raise NoReservation(holder=given.holder)
    return Reserved(given.holder, _let_pass(call, [row[0] for row in rows], holders=(given.holder,)))


def _let_pass(call: Call, variant_ids: Iterable[int], holders: tuple[str, ...] = ()) -> int:
    """Drop expired reservations of variants, and those of some holders."""
    held = hold(variant_ids)
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
    return Reserved("", _let_pass(call, [row[0] for row in rows]) if rows else 0)
