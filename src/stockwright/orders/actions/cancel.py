"""Cancelling: whole orders, or some units; what was promised to them goes to those who wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.orders.actions.change import settle
from stockwright.orders.actions.given import LineUnits, OrderId, OrderIds
from stockwright.orders.actions.locked import Change, goods, lock_orders, parts_of
from stockwright.orders.errors import AlreadySent, NoSuchLine, NothingToDo, OrderIsHistory, TooManyUnits
from stockwright.orders.models import OrderLine
from stockwright.orders.states import CancelReason, Fulfilment

Why = Annotated[CancelReason, Field(title=str(_("Reason")))]


class CancelGiven(Given):
    """Which orders end, and why."""

    order_ids: OrderIds
    cancel_reason: Why = CancelReason.CUSTOMER


class CancelLinesGiven(Given):
    """Which units are not wanted any more."""

    order_id: OrderId
    lines: Annotated[list[LineUnits], Field(title=str(_("Lines")), min_length=1, max_length=5000)]
    cancel_reason: Why = CancelReason.CUSTOMER


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was cancelled, and what the orders come to now."""

    order_ids: list[int]
    units: int


@action("orders.cancel", title=str(_("Cancel")), subject="order", subject_field="order_ids", dangerous=True)
def cancel(call: Call, given: CancelGiven) -> Cancelled:
    """Cancel everything of these orders that has not left.

    Locks: levels, then orders, each in key order.
    Raises: NoSuchOrder, OrderIsHistory, AlreadySent, NothingToDo.
    """
    changes = list(lock_orders(set(given.order_ids)).values())
    total = 0
    for change in changes:
        refuse_history(change)
        if change.order.fulfilment == Fulfilment.CANCELLED:
            raise NothingToDo
        units = 0
        for line in goods(change.lines):
            units += parts_of(line).open
            line.cancelled = line.units - line.fulfilled
        if not units:
            raise AlreadySent(number=change.order.number)
        total += units
        _note(call, change, given.cancel_reason, units)
    settle(call, changes)
    return Cancelled([change.order.pk for change in changes], total)


@action("orders.cancel_lines", title=str(_("Cancel lines")), subject="order", subject_field="order_id", dangerous=True)
def cancel_lines(call: Call, given: CancelLinesGiven) -> Cancelled:
    """Cancel some units of an order; its totals, its discount's share among them, go down with them.

    Locks: levels, then the order.
    Raises: NoSuchOrder, OrderIsHistory, NoSuchLine, TooManyUnits.
    """
    (change,) = lock_orders([given.order_id]).values()
    refuse_history(change)
    for wanted in given.lines:
        line = line_of(change, wanted.line_id)
        left = parts_of(line).open
        if wanted.units > left:
            raise TooManyUnits(line=line.sku or line.title, left=left, asked=wanted.units)
        line.cancelled += wanted.units
    units = sum(wanted.units for wanted in given.lines)
    _note(call, change, given.cancel_reason, units)
    settle(call, [change])
    return Cancelled([given.order_id], units)


def _note(call: Call, change: Change, reason: CancelReason, units: int) -> None:
    """Journal it, as the order's end where nothing of it is left."""
    itself = ("order", change.order.pk)
    whole = all(parts_of(line).open == 0 and not line.fulfilled for line in goods(change.lines))
    if whole:
        change.order.cancelled_at = call.at
        change.order.cancel_reason = reason.value
    call.record("order.cancelled" if whole else "order.lines_cancelled", itself, reason=reason.value, units=units)


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
