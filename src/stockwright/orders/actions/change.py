"""Changing orders that exist: lines are altered in memory; stock, money, states and rows follow for all of them at once.

Everything that alters lines goes through here, whether a person or a channel wants it, so that the units of a line
always add up: cancelled + fulfilled + committed + short = ordered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models

from stockwright.kit import business
from stockwright.kit.actions import Call
from stockwright.kit.bulk import as_json, execute, fetch, reserve_ids
from stockwright.kit.locks import lock_rows
from stockwright.kit.states import check_move
from stockwright.orders.errors import NoSuchOrder
from stockwright.orders.models import Order, OrderLine
from stockwright.orders.queries.short import short_by_line, short_by_order
from stockwright.orders.rules import (
    Kept,
    Parts,
    Totals,
    changed_totals,
    fulfilment_state,
    in_shop_money,
    line_total,
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
    Demand,
    Fulfilled,
    commit_demands,
    fulfil_demands,
    hold,
    release_demands,
    variants_promised,
)

LINE_FIELDS = (
    "variant_id", "sku", "title", "units", "cancelled", "fulfilled", "returned", "unit_price", "discount", "tax",
    "total", "unit_cost", "fulfilled_at",
)  # fmt: skip
MONEY_FIELDS = (
    "subtotal", "discount", "shipping", "fees", "tax", "taxes_included", "total", "total_shop", "paid", "refunded",
)  # fmt: skip
STATE_FIELDS = (
    "payment", "fulfilment", "returned", "unmapped_lines", "cancelled_at", "cancel_reason", "fulfilled_at",
    "short_units", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Before:
    """A line as it was."""

    variant_id: int | None
    parts: Parts
    kept: Kept
    columns: tuple[Any, ...] = ()


@dataclass(slots=True)
class Change:
    """An order under lock, with its lines; alter the lines, then `settle`."""

    order: Order
    lines: list[OrderLine]
    before: dict[int, Before] = field(default_factory=dict)
    new: list[OrderLine] = field(default_factory=list)
    # Where a channel tells them; otherwise they follow from the lines.
    totals: Totals | None = None
    total: Decimal | None = None
    said: Payment | None = None
    # By a channel: what it says has happened, whether stock had promised it or not.
    told: bool = False
    # Further columns of the order that were altered.
    touched: set[str] = field(default_factory=set)

    @property
    def keeps_stock(self) -> bool:
        """Whether the order asks anything of stock."""
        return not (self.order.is_history or self.order.is_test)

    def line(self, line_id: int) -> OrderLine | None:
        """One of its lines."""
        return next((line for line in self.lines if line.pk == line_id), None)

    def add(self, line: OrderLine) -> None:
        """Add a line at the end; it gets its id when the change is settled."""
        line.order_id = self.order.pk
        line.position = max((each.position for each in self.lines), default=0) + 1
        self.lines.append(line)
        self.new.append(line)


def parts_of(line: OrderLine) -> Parts:
    """The units of a line."""
    return Parts(line.units, line.cancelled, line.fulfilled, line.returned)


def kept_of(line: OrderLine) -> Kept:
    """A line as it counts for the money."""
    return Kept(line.units, line.units - line.cancelled, line.total, line.tax, line.kind == OrderLine.Kind.FEE)


def goods(lines: Iterable[OrderLine]) -> Iterator[OrderLine]:
    """The lines that are goods."""
    return (line for line in lines if line.kind == OrderLine.Kind.GOODS)


def lock_orders(ids: Collection[int], *, also: Collection[int] = (), stock: bool = True) -> dict[int, Change]:
    """Lock orders and read their lines; with `stock` for changes that may move promises.

    `also` names variants that will be asked for besides those on the lines.

    Locks: all levels of the variants first, in key order, then the orders, in key order. Goods that arrive lock levels
    before the orders they serve; whoever did it the other way round would wait in a ring.
    Raises: NoSuchOrder.
    """
    wanted = list(ids)
    if stock:
        hold(_variants_of(wanted, also))
    orders = lock_rows(Order, wanted)
    missing = set(wanted) - orders.keys()
    if missing:
        raise NoSuchOrder(which=min(missing))
    changes = {id_: Change(order, []) for id_, order in orders.items()}
    for line in OrderLine.objects.filter(order_id__in=orders).order_by("order_id", "position"):
        change = changes[line.order_id]
        change.lines.append(line)
        change.before[line.pk] = Before(line.variant_id, parts_of(line), kept_of(line), _columns(line))
    return changes


def _variants_of(order_ids: list[int], also: Collection[int]) -> set[int]:
    rows = fetch(
        "SELECT id, variant_id FROM orders_orderline WHERE order_id = ANY(%s) AND variant_id IS NOT NULL",
        (order_ids,),
    )
    variants = {variant for _, variant in rows} | set(also)
    components = fetch("SELECT component_id FROM catalog_kitcomponent WHERE kit_id = ANY(%s)", (list(variants),))
    return variants | {row[0] for row in components} | variants_promised([line for line, _ in rows])


@dataclass(slots=True)
class Asks:
    """What the changes ask of stock."""

    release: dict[int, int | None] = field(default_factory=dict)
    fulfil: dict[int, int] = field(default_factory=dict)
    demands: list[Demand] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: short units per order, and what left."""

    short: dict[int, int]
    fulfilled: Fulfilled


_NOTHING = Before(None, Parts(0), Kept(0, 0, Decimal(0), Decimal(0)))


def settle(call: Call, changes: Sequence[Change], *, location_id: int | None = None) -> Settled:
    """Write what was altered, and let stock, totals and states follow.

    Locks: besides the orders, all levels of what they ask for, in key order.
    Raises: what stock refuses with, IllegalMove.
    """
    _number_new_lines(changes)
    for change in changes:
        for line in change.lines:
            line.total = line_total(line.units, line.unit_price, line.discount)
    asks = _asks(changes)
    _let_unpromised_go(call, changes, asks)
    release_demands(call, asks.release)
    fulfilled = fulfil_demands(call, _with_stock(changes, asks.fulfil), location_id)
    commit_demands(call, asks.demands)
    short = short_by_order([change.order.pk for change in changes])
    for change in changes:
        _count_money(change)
        _count_states(call, change, short.get(change.order.pk, 0))
    _write(call, changes)
    return Settled(short, fulfilled)


def _number_new_lines(changes: Sequence[Change]) -> None:
    new = [line for change in changes for line in change.new]
    for line, id_ in zip(new, reserve_ids("orders_orderline", len(new)), strict=True):
        line.pk = id_


def _asks(changes: Sequence[Change]) -> Asks:
    asks = Asks()
    for change in changes:
        if not change.keeps_stock:
            continue
        order = change.order
        for line in goods(change.lines):
            if line.variant_id is None:
                continue
            was = change.before.get(line.pk, _NOTHING)
            old_open = was.parts.open if was.variant_id == line.variant_id else 0
            sent = line.fulfilled - was.parts.fulfilled if old_open else 0
            more = parts_of(line).open - old_open + sent
            if sent > 0:
                asks.fulfil[line.pk] = sent
            if more < 0:
                asks.release[line.pk] = -more
            elif more > 0:
                due = order.ship_by or order.placed_at
                asks.demands.append(Demand(line.pk, order.pk, line.variant_id, more, due, order.placed_at))
    return asks


def _let_unpromised_go(call: Call, changes: Sequence[Change], asks: Asks) -> None:
    """A channel tells that units left which were never promised: they stop waiting, and no level pays for them."""
    told = [change for change in changes if change.told and any(line.pk in asks.fulfil for line in change.lines)]
    short = short_by_line([change.order.pk for change in told])
    for change in told:
        unpromised = 0
        for line in change.lines:
            sent = asks.fulfil.get(line.pk, 0)
            promised = change.before[line.pk].parts.open - short.get(line.pk, 0) if sent else 0
            if sent > promised:
                asks.fulfil[line.pk] = promised
                asks.release[line.pk] = (asks.release.get(line.pk) or 0) + sent - promised
                unpromised += sent - promised
        if unpromised:
            call.record("order.sent_unpromised", ("order", change.order.pk), units=unpromised)


def _with_stock(changes: Sequence[Change], fulfil: dict[int, int]) -> dict[int, int]:
    """Services leave without stock: nothing was promised to them that could go."""
    if not fulfil:
        return fulfil
    variants = {line.pk: line.variant_id for change in changes for line in change.lines if line.pk in fulfil}
    services = {
        row[0]
        for row in fetch(
            "SELECT id FROM catalog_variant WHERE id = ANY(%s) AND NOT stocked AND NOT is_kit",
            (list(set(variants.values())),),
        )
    }
    return {line: units for line, units in fulfil.items() if units and variants[line] not in services}


def _count_money(change: Change) -> None:
    order = change.order
    if change.totals is None:
        now = Totals(order.subtotal, order.discount, order.shipping, order.fees, order.tax, order.taxes_included)
        before = [change.before.get(line.pk) for line in change.lines]
        was = [b.kept if b else _none_of(line) for b, line in zip(before, change.lines, strict=True)]
        kept = [kept_of(line) for line in change.lines]
        if was == kept or all(line.kept == 0 for line in kept if not line.is_fee):
            # Nothing changed; or all is cancelled: what it came to stays, so that lists show what was lost.
            return
        change.totals = changed_totals(now, was, kept, order.currency)
        # What a channel counted by rules of its own keeps its distance from our sum.
        change.total = change.totals.total + (order.total - now.total)
    totals = change.totals
    order.subtotal, order.discount, order.shipping = totals.subtotal, totals.discount, totals.shipping
    order.fees, order.tax, order.taxes_included = totals.fees, totals.tax, totals.taxes_included
    order.total = totals.total if change.total is None else change.total
    shop = business.setting(business.Shop).currency
    order.total_shop = in_shop_money(order.total, order.rate, order.currency, shop)


def _none_of(line: OrderLine) -> Kept:
    return Kept(line.units, 0, Decimal(0), Decimal(0), line.kind == OrderLine.Kind.FEE)


def _count_states(call: Call, change: Change, short_units: int) -> None:
    order = change.order
    parts = [parts_of(line) for line in goods(change.lines)]
    order.short_units = short_units
    order.unmapped_lines = sum(line.variant_id is None for line in goods(change.lines))
    order.updated_at = call.at
    fulfilment = fulfilment_state(parts)
    if move_to(call, order, "fulfilment", fulfilment):
        order.fulfilled_at = _when(fulfilment is Fulfilment.FULFILLED, order.fulfilled_at, call.at)
        order.cancelled_at = _when(fulfilment is Fulfilment.CANCELLED, order.cancelled_at, call.at)
        if fulfilment is not Fulfilment.CANCELLED:
            order.cancel_reason = ""
    move_to(call, order, "returned", return_state(parts))
    pay(call, change)


def pay(call: Call, change: Change) -> None:
    """Let the payment state follow from the amounts and from what a channel said."""
    order = change.order
    unsettled = Payment(order.payment) if not order.paid and not order.refunded else None
    state = change.said or payment_state(order.total, order.paid, order.refunded, unsettled)
    move_to(call, order, "payment", state)


_TABLES: dict[str, Any] = {"payment": PAYMENT_MOVES, "fulfilment": FULFILMENT_MOVES, "returned": RETURN_MOVES}


def move_to(call: Call, order: Order, state_field: str, new: Payment | Fulfilment | Return) -> bool:
    """Move a locked order along the table of a state, in memory, and journal it; False when it is there already.

    Raises: IllegalMove.
    """
    old = str(getattr(order, state_field))
    if old == new.value:
        return False
    check_move(_TABLES[state_field], old, new)
    setattr(order, state_field, new.value)
    call.record(f"order.{state_field}_changed", ("order", order.pk), old=old, new=new.value)
    return True


def _when(reached: bool, at: datetime | None, now: datetime) -> datetime | None:
    return (at or now) if reached else None


def _write(call: Call, changes: Sequence[Change]) -> None:
    fields = {name for change in changes for name in change.touched}
    write_back(Order, [change.order for change in changes], (*MONEY_FIELDS, *STATE_FIELDS, *sorted(fields)))
    for change in changes:
        for line in goods(change.lines):
            sent_before = change.before.get(line.pk, _NOTHING).parts.fulfilled
            if line.fulfilled > sent_before:
                line.fulfilled_at = call.at
    altered = [
        line for change in changes for line in change.lines
        if (was := change.before.get(line.pk)) and was.columns != _columns(line)
    ]  # fmt: skip
    write_back(OrderLine, altered, LINE_FIELDS)
    OrderLine.objects.bulk_create([line for change in changes for line in change.new])


def _columns(line: OrderLine) -> tuple[Any, ...]:
    return tuple(getattr(line, name) for name in LINE_FIELDS)


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
