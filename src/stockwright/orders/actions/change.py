"""Changing orders that exist: lines are altered in memory; stock, money, states and rows follow for all of them at once.

Everything that alters lines goes through here, whether a person or a channel wants it, so that the units of a line
always add up: cancelled + fulfilled + committed + short = ordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models

from stockwright.kit import business
from stockwright.kit.actions import Call
from stockwright.kit.bulk import as_json, execute, fetch, reserve_ids
from stockwright.kit.states import check_move
from stockwright.orders.actions.asks import asks_of, let_unpromised_go, with_stock
from stockwright.orders.actions.locked import LINE_FIELDS, NOTHING, Change, columns_of, goods, kept_of, parts_of
from stockwright.orders.models import Order, OrderLine
from stockwright.orders.queries.short import short_by_order
from stockwright.orders.rules import (
    Kept,
    Totals,
    changed_totals,
    fulfilment_state,
    in_shop_money,
    line_total,
    nothing_kept,
    payment_state,
    return_state,
)
from stockwright.orders.states import (
    FULFILMENT_MOVES,
    PAYMENT_MOVES,
    RETURN_MOVES,
    Fulfilment,
    Payment,
    Return,
)
from stockwright.stock.actions import (
    Fulfilled,
    commit_demands,
    fulfil_demands,
    release_demands,
)

MONEY_FIELDS = (
    "subtotal", "discount", "shipping", "fees", "tax", "taxes_included", "total", "total_shop", "paid", "refunded",
)  # fmt: skip
STATE_FIELDS = (
    "payment", "fulfilment", "returned", "unmapped_lines", "cancelled_at", "cancel_reason", "fulfilled_at",
    "short_units", "holds", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: short units per order, and what left."""

    short: dict[int, int]
    fulfilled: Fulfilled


def settle(
    call: Call, changes: Sequence[Change], *, location_id: int | None = None, refuse_oversold: bool = False
) -> Settled:
    """Write what was altered, and let stock, totals and states follow.

    `refuse_oversold` is for people: a channel has sold already, whatever the variant's backorder policy says.

    Locks: besides the orders, all levels of what they ask for, in key order.
    Raises: what stock refuses with, IllegalMove.
    """
    _number_new_lines(changes)
    for change in changes:
        for line in change.lines:
            line.total = line_total(line.units, line.unit_price, line.discount)
    asks = asks_of(changes)
    let_unpromised_go(call, changes, asks)
    release_demands(call, asks.release)
    fulfilled = fulfil_demands(call, with_stock(changes, asks.fulfil), location_id)
    commit_demands(call, asks.demands.values(), refuse_oversold=refuse_oversold)
    short = short_by_order([change.order.pk for change in changes])
    for change in changes:
        _count_money(change)
        _count_states(call, change, short.get(change.order.pk, 0))
    _end_holds(call, [change.order for change in changes if change.done and change.order.holds])
    _write(call, changes)
    return Settled(short, fulfilled)


def _number_new_lines(changes: Sequence[Change]) -> None:
    new = [line for change in changes for line in change.new]
    for line, id_ in zip(new, reserve_ids("orders_orderline", len(new)), strict=True):
        line.pk = id_


def _count_money(change: Change) -> None:
    order = change.order
    if change.totals is None:
        now = Totals(order.subtotal, order.discount, order.shipping, order.fees, order.tax, order.taxes_included)
        before = [change.before.get(line.pk) for line in change.lines]
        was = [b.kept if b else _none_of(line) for b, line in zip(before, change.lines, strict=True)]
        kept = [kept_of(line) for line in change.lines]
        if was == kept or (nothing_kept(kept) and (nothing_kept(was) or _cancels(change))):
            # Nothing changed; or all is cancelled: what it came to stays, so that lists show what was lost.
            return
        change.totals = changed_totals(now, was, kept, order.currency)
        if not nothing_kept(was):
            # What a channel counted by rules of its own keeps its distance from our sum.
            change.total = change.totals.total + (order.total - now.total)
    totals = change.totals
    order.subtotal, order.discount, order.shipping = totals.subtotal, totals.discount, totals.shipping
    order.fees, order.tax, order.taxes_included = totals.fees, totals.tax, totals.taxes_included
    order.total = totals.total if change.total is None else change.total
    shop = business.setting(business.Shop).currency
    order.total_shop = in_shop_money(order.total, order.rate, order.currency, shop)


def _none_of(line: OrderLine) -> Kept:
    return Kept(0, 0, Decimal(0), Decimal(0), line.kind == OrderLine.Kind.FEE)


def _cancels(change: Change) -> bool:
    return any(line.cancelled > change.before.get(line.pk, NOTHING).parts.cancelled for line in change.lines)


def _count_states(call: Call, change: Change, short_units: int) -> None:
    order = change.order
    parts = [parts_of(line) for line in goods(change.lines)]
    order.short_units = short_units
    order.unmapped_lines = sum(line.variant_id is None and line.sku != "" for line in goods(change.lines))
    order.updated_at = call.at
    fulfilment = fulfilment_state(parts)
    sent_at = change.sent_at or call.at
    done_at = sent_at if fulfilment is Fulfilment.FULFILLED else call.at
    if move_to(call, order, "fulfilment", fulfilment, at=done_at):
        order.fulfilled_at = _when(fulfilment is Fulfilment.FULFILLED, order.fulfilled_at, sent_at)
        order.cancelled_at = _when(fulfilment is Fulfilment.CANCELLED, order.cancelled_at, call.at)
        if fulfilment is not Fulfilment.CANCELLED:
            order.cancel_reason = ""
    move_to(call, order, "returned", return_state(parts))
    pay(call, change)


def _end_holds(call: Call, done: Sequence[Order]) -> None:
    """What is done waits for nothing."""
    if not done:
        return
    rows = fetch(
        "UPDATE orders_hold SET released_at = %s, released_by = %s WHERE released_at IS NULL AND order_id = ANY(%s)"
        " RETURNING order_id, reason, handle",
        (call.at, call.actor.code, [order.pk for order in done]),
    )
    for order in done:
        order.holds = 0
    for order_id, reason, handle in sorted(rows):
        call.record("order.hold_released", ("order", order_id), reason=reason, handle=handle)


def pay(call: Call, change: Change) -> None:
    """Let the payment state follow from the amounts and from what a channel said."""
    order = change.order
    unsettled = Payment(order.payment) if not order.paid and not order.refunded else None
    state = change.said or payment_state(order.total, order.paid, order.refunded, unsettled)
    # Where a channel alone knows of the money, it may take back anything it said.
    move_to(call, order, "payment", state, freely=change.said is not None)


_TABLES: dict[str, Any] = {"payment": PAYMENT_MOVES, "fulfilment": FULFILMENT_MOVES, "returned": RETURN_MOVES}


def move_to(
    call: Call, order: Order, state_field: str, new: Payment | Fulfilment | Return, *, at: datetime | None = None,
    freely: bool = False,
) -> bool:  # fmt: skip
    """Move a locked order along the table of a state, in memory, and journal it; False when it is there already.

    `freely` is for a word that was checked already.

    Raises: IllegalMove.
    """
    old = str(getattr(order, state_field))
    if old == new.value:
        return False
    if not freely:
        check_move(_TABLES[state_field], old, new)
    setattr(order, state_field, new.value)
    call.record(f"order.{state_field}_changed", ("order", order.pk), at=at, old=old, new=new.value)
    return True


def _when(reached: bool, at: datetime | None, now: datetime) -> datetime | None:
    return (at or now) if reached else None


def _write(call: Call, changes: Sequence[Change]) -> None:
    fields = {name for change in changes for name in change.touched}
    write_back(Order, [change.order for change in changes], (*MONEY_FIELDS, *STATE_FIELDS, *sorted(fields)))
    for change in changes:
        for line in goods(change.lines):
            sent_before = change.before.get(line.pk, NOTHING).parts.fulfilled
            if line.fulfilled > sent_before:
                line.fulfilled_at = change.sent_at or call.at
    altered = [
        line for change in changes for line in change.lines
        if (was := change.before.get(line.pk)) and was.columns != columns_of(line)
    ]  # fmt: skip
    write_back(OrderLine, altered, LINE_FIELDS)
    OrderLine.objects.bulk_create([line for change in changes for line in change.new])


def write_back(model: type[models.Model], records: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write some columns of many rows in one statement, whatever their types.

    Shape: the rows travel as one JSON document, which PostgreSQL turns back into columns by their own types.
    """
    if not records or not fields:
        return
    meta = model._meta  # noqa: SLF001 - Django's own documented door to a model's columns
    columns: list[Any] = [meta.get_field(name) for name in fields]
    rows = [{"id": record.pk, **{c.attname: getattr(record, c.attname) for c in columns}} for record in records]
    types = ", ".join(f"{c.attname} {c.db_type(connection)}" for c in columns)
    assignments = ", ".join(f"{c.attname} = u.{c.attname}" for c in columns)
    execute(
        f"UPDATE {meta.db_table} t SET {assignments}"  # noqa: S608 - names of our own columns
        f" FROM jsonb_to_recordset(%s::jsonb) AS u(id bigint, {types}) WHERE t.id = u.id",
        (as_json(rows),),
    )
