"""Holds: typed reasons to wait, several at once, each released by itself. A held order keeps its promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Fact, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.locks import lock_rows
from stockwright.orders.actions.given import OrderIds
from stockwright.orders.errors import AlreadySent, NoSuchOrder, NothingToDo
from stockwright.orders.models import Order
from stockwright.orders.states import Fulfilment, HoldReason

Reason = Annotated[HoldReason, Field(title=str(_("Reason")))]
Handle = Annotated[
    str, Field(title=str(_("Whose hold")), description=str(_("Programs release their own.")), max_length=60)
]


class HoldGiven(Given):
    """Which orders wait, and why."""

    order_ids: OrderIds
    reason: Reason
    note: Annotated[str, Field(title=str(_("Note")), max_length=2000)] = ""
    handle: Handle = "person"


class ReleaseGiven(Given):
    """Which holds end: those of one reason, or all."""

    order_ids: OrderIds
    reason: Annotated[HoldReason | None, Field(title=str(_("Reason")), description=str(_("Empty: every hold.")))] = None
    handle: Annotated[str | None, Field(title=str(_("Whose hold")))] = None


@dataclass(frozen=True, slots=True)
class HeldOrders:
    """The orders that wait now and did not for this reason before."""

    order_ids: list[int]


@dataclass(frozen=True, slots=True)
class ReleasedHold:
    """A hold that ended."""

    order_id: int
    reason: str
    handle: str


@dataclass(frozen=True, slots=True)
class ReleasedHolds:
    """The holds that ended."""

    holds: list[ReleasedHold]


def _release_again(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if not result["order_ids"]:
        return None
    words = {"order_ids": result["order_ids"], "reason": given["reason"], "handle": given["handle"]}
    return "orders.release_hold", words


def _hold_again(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    del given
    kinds = {(hold["reason"], hold["handle"]) for hold in result["holds"]}
    if len(kinds) != 1:
        # Holds of several reasons are placed again one by one.
        return None
    ((reason, handle),) = kinds
    return "orders.hold", {
        "order_ids": [hold["order_id"] for hold in result["holds"]], "reason": reason, "handle": handle,
    }  # fmt: skip


@action("orders.hold", title=str(_("Hold")), subject="order", subject_field="order_ids", inverse=_release_again)
def hold(call: Call, given: HoldGiven) -> HeldOrders:
    """Let orders wait for a reason; those that wait for it already stay as they are.

    Locks: the orders, in key order.
    Raises: NoSuchOrder, AlreadySent.
    """
    orders = locked(given.order_ids)
    for order in orders:
        if order.fulfilment in {Fulfilment.FULFILLED, Fulfilment.CANCELLED}:
            raise AlreadySent(number=order.number)
    rows = fetch(
        "INSERT INTO orders_hold (order_id, reason, handle, note, placed_at, placed_by, released_by)"
        " SELECT i, %s, %s, %s, %s, %s, '' FROM unnest(%s::bigint[]) AS i"
        " ON CONFLICT (order_id, reason, handle) WHERE released_at IS NULL DO NOTHING RETURNING order_id",
        (given.reason.value, given.handle, given.note, call.at, call.actor.code, [order.pk for order in orders]),
    )
    ids = sorted(row[0] for row in rows)
    count_holds(call, ids)
    data = {"reason": given.reason.value, "handle": given.handle, "note": given.note}
    call.record_many(Fact("order.held", (("order", id_, "subject"),), data, call.at) for id_ in ids)
    return HeldOrders(ids)


@action(
    "orders.release_hold", title=str(_("Release hold")), subject="order", subject_field="order_ids",
    inverse=_hold_again,
)  # fmt: skip
def release_hold(call: Call, given: ReleaseGiven) -> ReleasedHolds:
    """End holds of orders: of one reason or all, of one holder or everybody's.

    Locks: the orders, in key order.
    Raises: NoSuchOrder, NothingToDo.
    """
    orders = locked(given.order_ids)
    rows = fetch(
        "UPDATE orders_hold SET released_at = %s, released_by = %s WHERE released_at IS NULL AND order_id = ANY(%s)"
        " AND (%s::text IS NULL OR reason = %s) AND (%s::text IS NULL OR handle = %s)"
        " RETURNING order_id, reason, handle",
        (
            call.at, call.actor.code, [order.pk for order in orders], given.reason, given.reason, given.handle,
            given.handle,
        ),
    )  # fmt: skip
    if not rows:
        raise NothingToDo
    released = [ReleasedHold(*row) for row in sorted(rows)]
    count_holds(call, sorted({hold.order_id for hold in released}))
    call.record_many(
        Fact(
            "order.hold_released",
            (("order", h.order_id, "subject"),),
            {"reason": h.reason, "handle": h.handle},
            call.at,
        )
        for h in released
    )
    return ReleasedHolds(released)


def locked(order_ids: Sequence[int]) -> list[Order]:
    """The orders, locked in key order.

    Raises: NoSuchOrder.
    """
    orders = lock_rows(Order, order_ids)
    missing = set(order_ids) - orders.keys()
    if missing:
        raise NoSuchOrder(which=min(missing))
    return [orders[id_] for id_ in sorted(orders)]


def count_holds(call: Call, order_ids: Sequence[int]) -> None:
    """Write how many holds of these orders are live."""
    if order_ids:
        execute(
            "UPDATE orders_order o SET updated_at = %s, holds = (SELECT count(*) FROM orders_hold h"
            " WHERE h.order_id = o.id AND h.released_at IS NULL) WHERE o.id = ANY(%s)",
            (call.at, list(order_ids)),
        )
