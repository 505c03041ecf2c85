"""What happens to stock, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.kit.pages import sentences, tell
from stockwright.kit.pages.words import signed, when
from stockwright.stock.models import Condition, Count, Transfer

sentences(
    {
        "stock.reserved": gettext_lazy("{units:,} reserved for {holder}"),
        "stock.reservation_released": gettext_lazy("Reservation released, {units:,} free again"),
        "stock.reservation_lost": gettext_lazy("{units:,} reserved for {holder} are no longer there"),
        "stock.released": gettext_lazy("Promise of {units:,} let go"),
        "stock.promises_changed": gettext_lazy("Promises decided anew"),
        "stock.fulfilled": gettext_lazy("{units:,} left the warehouse"),
        "stock.taken_back": gettext_lazy("{units:,} taken back into stock"),
        "stock.reversed": gettext_lazy("{units:,} moved back where they came from"),
        "stock.arrival_changed": gettext_lazy("Arrival changed: {units:,} expected"),
        "stock.arrival_closed": gettext_lazy("Arrival closed, {given_up:,} given up"),
        "stock.policy_set": gettext_lazy("Safety stock set to {safety_stock}, was {safety_stock_before}"),
        "count.opened": gettext_lazy("Count planned: {lines} variants"),
        "count.entered": gettext_lazy("{lines} counted"),
        "location.added": gettext_lazy("Location {name} added"),
        "location.changed": gettext_lazy("Location changed"),
        "location.bin_added": gettext_lazy("Bin {code} added"),
        "transfer.received": gettext_lazy("Transfer arrived"),
        "transfer.cancelled": gettext_lazy("Transfer cancelled"),
    }
)


def _units(count: Any) -> str:
    number = int(count)
    return ngettext("{n} unit", "{n} units", number).format(n=f"{number:,}")


def _condition(value: str) -> str:
    return str(Condition(value).label)


# Of what is planned beyond what is there, a sentence names so much.
NAMED = 3


@tell("transfer.created")
def planned(data: Mapping[str, Any]) -> str:
    """A transfer, and what of it is not there to be sent."""
    beyond = data.get("beyond") or []
    said = [
        _("more of {sku} than is free there: {n} planned, {there} there, {free} free").format(
            sku=one["sku"], n=f"{one['units']:,}", there=f"{one['there']:,}", free=f"{one['free']:,}")
        for one in beyond[:NAMED]
    ]  # fmt: skip
    if len(beyond) > NAMED:
        said.append(_("and more of {n} others").format(n=len(beyond) - NAMED))
    return ", ".join([_("Transfer planned"), *said])


@tell("transfer.state_changed")
def transfer_moved_on(data: Mapping[str, Any]) -> str:
    """How far a transfer is."""
    return _("State: {state}").format(state=Transfer.State(data["new"]).label)


@tell("count.state_changed")
def count_moved_on(data: Mapping[str, Any]) -> str:
    """How far a count is."""
    return _("State: {state}").format(state=Count.State(data["new"]).label)


@tell("stock.committed")
def committed(data: Mapping[str, Any]) -> str:
    """Units promised to an order."""
    return _("{units} promised").format(units=_units(data["units"]))


@tell("stock.short")
def short(data: Mapping[str, Any]) -> str:
    """Units nobody could promise."""
    return _("{units} short").format(units=_units(data["units"]))


@tell("stock.received")
def received(data: Mapping[str, Any]) -> str:
    """Goods came in."""
    words = _("Opening balance: {units}") if data.get("opening") else _("{units} received")
    said = words.format(units=_units(data["units"]))
    return said if data.get("condition") in (None, Condition.SELLABLE) else f"{said}, {_condition(data['condition'])}"


@tell("stock.counted")
def counted(data: Mapping[str, Any]) -> str:
    """What a count found."""
    if not data["variance"]:
        return _("Counted: the books are right")
    return _("Counted: {change}").format(change=signed(int(data["variance"]))) + _promises(data)


def _promises(data: Mapping[str, Any]) -> str:
    """What became of promised units that are not there any more."""
    said = [
        _("{units} now come from {place}").format(units=_units(units), place=place)
        for place, units in (data.get("taken_over") or {}).items()
    ]
    if data.get("lost"):
        said.append(_("{units} of promises lost").format(units=_units(data["lost"])))
    return "".join(f", {one}" for one in said)


@tell("stock.set")
def set_(data: Mapping[str, Any]) -> str:
    """A number said by a file or channel."""
    return _("Set by a file or channel: {change}").format(change=data["change"]) + _promises(data)


@tell("transfer.shipped")
def shipped(data: Mapping[str, Any]) -> str:
    """Goods left for another location, promised ones perhaps among them."""
    return _("Transfer left") + _promises(data)


@tell("stock.adjusted")
def adjusted(data: Mapping[str, Any]) -> str:
    """A number changed by hand."""
    return _("Adjusted by {change}").format(change=signed(int(data["change"]))) + _promises(data)


@tell("stock.scrapped")
def scrapped(data: Mapping[str, Any]) -> str:
    """Thrown away."""
    return _("{units} scrapped").format(units=_units(data["units"])) + _promises(data)


@tell("stock.moved")
def moved(data: Mapping[str, Any]) -> str:
    """Put somewhere else within a location."""
    where = f", {data['from_bin'] or '–'} → {data['to_bin']}" if data.get("to_bin") else ""
    return _("{units} moved").format(units=_units(data["units"])) + where


def _changed_condition(data: Mapping[str, Any]) -> str:
    return _("{units}: {was} → {now}").format(
        units=_units(data["units"]), was=_condition(data["was"]), now=_condition(data["now"])
    ) + _promises(data)


tell("stock.quarantined")(_changed_condition)
tell("stock.released_for_sale")(_changed_condition)
tell("stock.damaged")(_changed_condition)


@tell("stock.expected")
def expected(data: Mapping[str, Any]) -> str:
    """Goods announced."""
    day = data.get("expected_on")
    said = f", {when(date.fromisoformat(day) if isinstance(day, str) else day)}" if day else ""
    by = f" ({data['reference']})" if data.get("reference") else ""
    return _("{units} expected").format(units=_units(data["units"])) + said + by
