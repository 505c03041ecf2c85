"""Cancelling: whole orders, or some units; what was promised to them goes to those who wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.orders.actions.change import settle
from stockwright.orders.actions.given import LineUnits, OrderId, OrderIds
from stockwright.orders.actions.locked import Change, goods, lock_orders, parts_of
from stockwright.orders.errors import AlreadySent, NoSuchLine, NothingToDo, OrderIsHistory, TooManyUnits
from stockwright.orders.models import OrderLine
from stockwright.orders.rules import to_refund
from stockwright.orders.states import CancelReason, Fulfilment

Why = Annotated[CancelReason, Field(title=str(_("Reason")))]


class CancelGiven(Given):
    """Which orders end, and why."""

    order_ids: OrderIds
    cancel_reason: Why = CancelReason.CUSTOMER


class UnitsOff(LineUnits):
    """Some units of a line that are not wanted; a line with none stays as it is."""

    units: Annotated[int, Field(title=str(_("Units to cancel")), ge=0, le=10_000_000)] = 0


class CancelLinesGiven(Given):
    """Which units are not wanted any more."""

    order_id: OrderId
    lines: Annotated[list[UnitsOff], Field(title=str(_("Lines")), min_length=1, max_length=5000)]
    cancel_reason: Why = CancelReason.CUSTOMER


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was cancelled, and what the orders come to now."""

    order_ids: list[int]
    units: int


@action("orders.cancel", title=str(_("Cancel orders")), subject="order", subject_field="order_ids", dangerous=True)
def cancel(call: Call, given: CancelGiven) -> Cancelled:
    """Cancel everything of these orders that has not left.

    Locks: levels, then orders, each in key order.
    Raises: NoSuchOrder, OrderIsHistory, AlreadySent, NothingToDo.
    """
    changes = list(lock_orders(set(given.order_ids)).values())
    units_of: list[int] = []
    for change in changes:
        refuse_history(change)
        if change.order.fulfilment == Fulfilment.CANCELLED:
            raise NothingToDo
        units = 0
        for line in goods(change.lines):
            units += parts_of(line).open
            line.cancelled = line.cancelled_here = line.units - line.fulfilled
        if not units:
            raise AlreadySent(number=change.order.number)
        units_of.append(units)
        _end(call, change, given.cancel_reason)
    settle(call, changes)
    for change, units in zip(changes, units_of, strict=True):
        _note(call, change, given.cancel_reason, units)
    return Cancelled([change.order.pk for change in changes], sum(units_of))


@action("orders.cancel_lines", title=str(_("Cancel lines")), subject="order", subject_field="order_id", dangerous=True)
def cancel_lines(call: Call, given: CancelLinesGiven) -> Cancelled:
    """Cancel some units of an order; its totals, its discount's share among them, go down with them.

    Locks: levels, then the order.
    Raises: NoSuchOrder, OrderIsHistory, NoSuchLine, TooManyUnits, NothingToDo.
    """
    (change,) = lock_orders([given.order_id]).values()
    refuse_history(change)
    units = sum(wanted.units for wanted in given.lines)
    if not units:
        raise NothingToDo
    for wanted in given.lines:
        line = line_of(change, wanted.line_id)
        if not wanted.units:
            continue
        left = parts_of(line).open
        if wanted.units > left:
            raise TooManyUnits(line=line.sku or line.title, left=left, asked=wanted.units)
        line.cancelled += wanted.units
        line.cancelled_here = line.cancelled
    _end(call, change, given.cancel_reason)
    settle(call, [change])
    _note(call, change, given.cancel_reason, units)
    return Cancelled([given.order_id], units)


def _whole(change: Change) -> bool:
    return all(parts_of(line).open == 0 and not line.fulfilled for line in goods(change.lines))


def _end(call: Call, change: Change, reason: CancelReason) -> None:
    """Where nothing is left of it, it is the order's end."""
    if _whole(change):
        change.order.cancelled_at = call.at
        change.order.cancel_reason = reason.value


def _note(call: Call, change: Change, reason: CancelReason, units: int) -> None:
    """Journal it, with the money that is owed back now that the totals are known."""
    order, whole = change.order, _whole(change)
    back = to_refund(order.total, order.paid, order.refunded, cancelled=whole)
    money: dict[str, Any] = {"to_refund": str(back), "currency": order.currency} if back else {}
    kind = "order.cancelled" if whole else "order.lines_cancelled"
    call.record(kind, ("order", order.pk), reason=reason.value, units=units, **money)


def refuse_history(*changes: Change) -> None:
    """What was imported as done is not acted upon.

    Raises: OrderIsHistory.
    """
    for change in changes:
        if change.order.is_history:
            raise OrderIsHistory(number=change.order.number)


def line_of(change: Change, line_id: int) -> OrderLine:
    """A goods line of the order.

    Raises: NoSuchLine.
    """
    line = change.line(line_id)
    if line is None or line.kind != OrderLine.Kind.GOODS:
        raise NoSuchLine(which=line_id)
    return line


def summed(lines: Sequence[LineUnits]) -> dict[int, int]:
    """Units by line; a line named twice counts once with both."""
    units: dict[int, int] = {}
    for line in lines:
        units[line.line_id] = units.get(line.line_id, 0) + line.units
    return units
