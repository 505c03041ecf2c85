"""Orders under lock, with their lines as they were and as they are to be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from stockwright.kit.bulk import fetch
from stockwright.kit.locks import lock_rows
from stockwright.orders.errors import NoSuchOrder
from stockwright.orders.models import Order, OrderLine
from stockwright.orders.queries.short import served_by, waiting_for
from stockwright.orders.rules import Kept, Parts, Totals
from stockwright.orders.states import Payment
from stockwright.stock.actions import hold_to_promise, variants_promised

LINE_FIELDS = (
    "variant_id", "sku", "title", "units", "cancelled", "cancelled_here", "fulfilled", "returned", "received",
    "unit_price", "discount", "tax", "total", "unit_cost", "fulfilled_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Before:
    """A line as it was."""

    variant_id: int | None
    parts: Parts
    kept: Kept
    columns: tuple[Any, ...] = ()


# A line that is new.
NOTHING = Before(None, Parts(0), Kept(0, 0, Decimal(0), Decimal(0)))


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
    # When what leaves by this change left; None for now.
    sent_at: datetime | None = None
    # It was history, of which stock knows nothing yet.
    revived: bool = False
    # Further columns of the order that were altered.
    touched: set[str] = field(default_factory=set)

    @property
    def keeps_stock(self) -> bool:
        """Whether the order asks anything of stock."""
        return not (self.order.is_history or self.order.is_test)

    @property
    def done(self) -> bool:
        """Whether nothing is left to be sent."""
        return not any(parts_of(line).open for line in goods(self.lines))

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


def lock_orders(
    ids: Collection[int],
    *,
    also: Collection[int] = (),
    besides: Collection[int] = (),
    coming: Mapping[tuple[int, int], int] | None = None,
    stock: bool = True,
) -> dict[int, Change]:
    """Lock orders and read their lines; with `stock` for changes that may move promises.

    `also` names variants that will be asked for besides those on the lines, `besides` orders that are only locked,
    `coming` the units that will come to lie at a (variant, location).

    Locks: all levels of the variants first, in key order, then the orders, in key order, together with those that will
    be served if these give units back, or by what is coming. Goods that arrive lock levels before the orders they
    serve; whoever did it the other way round would wait in a ring.
    Raises: NoSuchOrder.
    """
    wanted, others = list(ids), list(besides)
    if stock:
        coming = coming or {}
        hold_to_promise(_variants_of(wanted, {*also, *(variant for variant, _ in coming)}), coming)
        others += [*served_by(wanted), *waiting_for(coming)]
    if others:
        # Before the rows are read, so that all are locked in one order.
        fetch("SELECT id FROM orders_order WHERE id = ANY(%s) ORDER BY id FOR UPDATE", ([*wanted, *others],))
    orders = lock_rows(Order, wanted)
    missing = set(wanted) - orders.keys()
    if missing:
        raise NoSuchOrder(which=min(missing))
    changes = {id_: Change(order, []) for id_, order in orders.items()}
    for line in OrderLine.objects.filter(order_id__in=orders).order_by("order_id", "position"):
        change = changes[line.order_id]
        change.lines.append(line)
        change.before[line.pk] = Before(line.variant_id, parts_of(line), kept_of(line), columns_of(line))
    return changes


def _variants_of(order_ids: list[int], also: Collection[int]) -> set[int]:
    rows = fetch(
        "SELECT id, variant_id FROM orders_orderline WHERE order_id = ANY(%s) AND variant_id IS NOT NULL",
        (order_ids,),
    )
    variants = {variant for _, variant in rows} | set(also)
    components = fetch("SELECT component_id FROM catalog_kitcomponent WHERE kit_id = ANY(%s)", (list(variants),))
    return variants | {row[0] for row in components} | variants_promised([line for line, _ in rows])


def columns_of(line: OrderLine) -> tuple[Any, ...]:
    """The columns of a line that may change."""
    return tuple(getattr(line, name) for name in LINE_FIELDS)
