"""What people write on orders: address, tags, note, another promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from stockwright.kit.actions import Call, Fact, Given, action
from stockwright.kit.actions.perform import ChangedSince
from stockwright.kit.addresses import Address
from stockwright.kit.bulk import fetch
from stockwright.orders.actions.cancel import refuse_history
from stockwright.orders.actions.change import write_back
from stockwright.orders.actions.given import MOST_ORDERS, OrderId, OrderIds
from stockwright.orders.actions.hold import locked
from stockwright.orders.actions.locked import lock_orders
from stockwright.orders.errors import AlreadySent
from stockwright.orders.models import Order
from stockwright.orders.states import Fulfilment
from stockwright.stock.actions import requeue_demands


class ChangeAddressGiven(Given):
    """The new address."""

    order_id: OrderId
    address: Address


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """What it was, and is."""

    order_id: int
    before: dict[str, Any]
    after: dict[str, Any]


def _old_address(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    return "orders.change_address", {"order_id": given["order_id"], "address": result["before"]}


@action(
    "orders.change_address", title=str(_("Change address")), subject="order", subject_field="order_id",
    inverse=_old_address,
)  # fmt: skip
def change_address(call: Call, given: ChangeAddressGiven) -> AddressChanged:
    """Send the order somewhere else, as long as something of it is still here.

    Locks: the order.
    Raises: NoSuchOrder, AlreadySent.
    """
    (order,) = locked([given.order_id])
    if order.fulfilment in {Fulfilment.FULFILLED, Fulfilment.CANCELLED}:
        raise AlreadySent(number=order.number)
    before = order.shipping_address
    order.shipping_address = given.address.kept()
    order.country = given.address.country or order.country
    order.updated_at = call.at
    write_back(Order, [order], ("shipping_address", "country", "updated_at"))
    call.record("order.address_changed", ("order", order.pk), before=before, after=order.shipping_address)
    return AddressChanged(order.pk, before, order.shipping_address)


class TagGiven(Given):
    """A word for many orders."""

    order_ids: OrderIds
    tag: Annotated[str, Field(title=str(_("Tag")), min_length=1, max_length=60)]


@dataclass(frozen=True, slots=True)
class Tagged:
    """The orders that changed."""

    order_ids: list[int]


def _untag(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    return ("orders.untag", {"order_ids": result["order_ids"], "tag": given["tag"]}) if result["order_ids"] else None


def _tag_again(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    return ("orders.tag", {"order_ids": result["order_ids"], "tag": given["tag"]}) if result["order_ids"] else None


@action("orders.tag", title=str(_("Tag")), subject="order", subject_field="order_ids", inverse=_untag)
def tag(call: Call, given: TagGiven) -> Tagged:
    """Put a tag on orders that do not have it yet.

    Locks: the orders, in key order.
    Raises: NoSuchOrder.
    """
    return _tag(call, given, "order.tagged", "tags = array_append(tags, %s::varchar)", "NOT tags @> ARRAY[%s::varchar]")


@action("orders.untag", title=str(_("Remove tag")), subject="order", subject_field="order_ids", inverse=_tag_again)
def untag(call: Call, given: TagGiven) -> Tagged:
    """Take a tag off the orders that have it.

    Locks: the orders, in key order.
    Raises: NoSuchOrder.
    """
    return _tag(call, given, "order.untagged", "tags = array_remove(tags, %s::varchar)", "tags @> ARRAY[%s::varchar]")


def _tag(call: Call, given: TagGiven, kind: str, change: str, where: str) -> Tagged:
    ids = [order.pk for order in locked(given.order_ids)]
    rows = fetch(
        f"UPDATE orders_order SET {change}, updated_at = %s WHERE id = ANY(%s) AND {where} RETURNING id",  # noqa: S608
        (given.tag, call.at, ids, given.tag),
    )
    changed = sorted(row[0] for row in rows)
    call.record_many(Fact(kind, (("order", id_, "subject"),), {"tag": given.tag}, call.at) for id_ in changed)
    return Tagged(changed)


class NoteGiven(Given):
    """What everybody should know of the order."""

    order_id: OrderId
    note: Annotated[str, Field(title=str(_("Note")), max_length=5000, json_schema_extra={"format": "textarea"})]


@dataclass(frozen=True, slots=True)
class Noted:
    """What stood there before, and what stands there now."""

    order_id: int
    before: str
    after: str


def _old_note(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    return "orders.note", {"order_id": given["order_id"], "note": result["before"]}


@action("orders.note", title=str(_("Note")), subject="order", subject_field="order_id", inverse=_old_note)
def note(call: Call, given: NoteGiven) -> Noted:
    """Write the order's note.

    Locks: the order.
    Raises: NoSuchOrder.
    """
    (order,) = locked([given.order_id])
    before = order.note
    order.note, order.updated_at = given.note, call.at
    write_back(Order, [order], ("note", "updated_at"))
    call.record("order.noted", ("order", order.pk), note=given.note)
    return Noted(order.pk, before, order.note)


class SetShipByGiven(Given):
    """Another promise."""

    order_ids: OrderIds
    ship_by: Annotated[AwareDatetime, Field(title=str(_("Leaves by")))]


@dataclass(frozen=True, slots=True)
class Promised:
    """The orders, what they were promised before, and what they are promised now."""

    order_ids: list[int]
    before: list[datetime | None]
    after: list[datetime | None]


def _old_promise(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    del given
    before = result["before"]
    if None in before:
        return None
    if len(set(before)) == 1:
        return "orders.set_ship_by", {"order_ids": result["order_ids"], "ship_by": before[0]}
    orders = zip(result["order_ids"], before, result["after"], strict=True)
    return "orders.promise_as_before", {"orders": [{"order_id": o, "ship_by": b, "left": a} for o, b, a in orders]}


@action(
    "orders.set_ship_by", title=str(_("Change promise")), subject="order", subject_field="order_ids",
    inverse=_old_promise,
)  # fmt: skip
def set_ship_by(call: Call, given: SetShipByGiven) -> Promised:
    """Promise orders for another moment; those that wait for units queue up by it.

    Locks: levels, then orders, each in key order.
    Raises: NoSuchOrder, OrderIsHistory, AlreadySent.
    """
    return _promise(call, dict.fromkeys(given.order_ids, given.ship_by))


class OnceMore(BaseModel):
    """An order, the moment it was promised for before, and the one that it was left with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order_id: int
    ship_by: AwareDatetime
    left: AwareDatetime


class PromiseAsBeforeGiven(Given):
    """Orders that go back to moments of their own."""

    orders: Annotated[list[OnceMore], Field(min_length=1, max_length=MOST_ORDERS)]


@action("orders.promise_as_before", title=str(_("Promise as before")), for_people=False)
def promise_as_before(call: Call, given: PromiseAsBeforeGiven) -> Promised:
    """Give orders back what they were promised before they were all promised for one moment: what undo performs.

    Locks: levels, then orders, each in key order.
    Raises: NoSuchOrder, OrderIsHistory, AlreadySent, ChangedSince.
    """
    left = {one.order_id: one.left for one in given.orders}
    promised = _promise(call, {one.order_id: one.ship_by for one in given.orders})
    for order_id, found in zip(promised.order_ids, promised.before, strict=True):
        if found != left[order_id]:
            raise ChangedSince(what=_("the promise of an order"))
    return promised


def _promise(call: Call, moments: Mapping[int, datetime]) -> Promised:
    changes = list(lock_orders(set(moments)).values())
    refuse_history(*changes)
    orders = [change.order for change in changes]
    before = [order.ship_by for order in orders]
    for order, was in zip(orders, before, strict=True):
        if order.fulfilment in {Fulfilment.FULFILLED, Fulfilment.CANCELLED}:
            raise AlreadySent(number=order.number)
        order.ship_by, order.updated_at = moments[order.pk], call.at
        old, new = was.isoformat() if was else None, moments[order.pk].isoformat()
        call.record("order.promise_changed", ("order", order.pk), before=old, ship_by=new)
    write_back(Order, orders, ("ship_by", "updated_at"))
    requeue_demands(call, moments)
    return Promised([order.pk for order in orders], before, [moments[order.pk].astimezone(UTC) for order in orders])
