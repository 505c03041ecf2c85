"""The page of one order, and its short form at the side of a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from stockwright.kit.addresses import address_lines
from stockwright.kit.errors import NotFound
from stockwright.kit.models import ExternalRef
from stockwright.kit.pages import PageRequest, page
from stockwright.orders.actions.locked import kept_of
from stockwright.orders.models import Order, OrderLine
from stockwright.orders.pages.badges import fulfilment_badges, hold_word, is_late, is_open, money_badges, refund_of
from stockwright.orders.rules import value_of
from stockwright.orders.states import Fulfilment
from stockwright.stock.queries import line_states

# More lines than this would make buttons with addresses too long to send.
FILLED_IN = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order with what stock says of it."""

    row: OrderLine
    wanted: int
    committed: int
    short: int
    short_kind: str
    promised_on: date | None
    # Of what is not cancelled.
    total: Decimal

    @property
    def goods(self) -> bool:
        """Whether it is something to send."""
        return self.row.kind == OrderLine.Kind.GOODS

    @property
    def custom(self) -> bool:
        """Whether it is a custom item: goods that no stock is kept of."""
        return self.goods and self.row.variant_id is None and not self.row.sku

    @property
    def ready(self) -> int:
        """The units that may leave."""
        return self.wanted - self.row.fulfilled if self.custom else self.committed

    @property
    def unknown(self) -> str:
        """Where to say what it is, of goods that the catalogue does not know."""
        query = {"order_id": self.row.order_id, "line_id": self.row.pk}
        known = not self.goods or self.row.variant_id is not None
        return "" if known else f"{reverse('do', args=['orders.map_line'])}?{urlencode(query)}"


def lines_of(order: Order) -> list[Line]:
    """The lines in order, each with what it was promised and what it lacks."""
    rows = list(order.lines.select_related("variant", "variant__product").order_by("position"))
    states = line_states(orders=[order.pk]) if is_open(order) else {}
    found = []
    for row in rows:
        state = states.get(row.pk)
        found.append(
            Line(
                row=row,
                wanted=row.units - row.cancelled,
                committed=state.committed if state else 0,
                short=state.short if state else 0,
                short_kind=state.kind if state else "",
                promised_on=state.promised_on if state else None,
                total=value_of(kept_of(row), order.currency),
            )
        )
    return found


@page("view.orders")
def order(request: PageRequest, pk: int) -> HttpResponse:
    """One order: its states and actions, lines with what was promised, money, people, and what happened."""
    found = Order.objects.select_related("channel", "customer").filter(pk=pk).first()
    if found is None:
        raise NotFound(what="order", which=pk)
    lines = lines_of(found)
    context: dict[str, Any] = {
        "order": found,
        "lines": lines,
        "badges": fulfilment_badges(found),
        "money_badges": money_badges(found),
        "cancelled": found.fulfilment == Fulfilment.CANCELLED,
        "to_refund": refund_of(found),
        "open": is_open(found),
        "late": is_late(found),
        "holds": [
            (hold, hold_word(hold.reason)) for hold in found.hold_rows.filter(released_at=None).order_by("placed_at")
        ],
    }
    if request.GET.get("panel"):
        return render(request, "orders/order_panel.html", context)
    context |= {
        "past_holds": [
            (hold, hold_word(hold.reason))
            for hold in found.hold_rows.exclude(released_at=None).order_by("-released_at")[:10]
        ],
        "payments": list(found.payments.order_by("-at", "-pk")),
        "due": found.total - found.paid + found.refunded,
        "ships_to": address_lines(found.shipping_address),
        "bills_to": address_lines(found.billing_address),
        "external": list(ExternalRef.objects.filter(type="order", object_id=pk)),
        "others": _others_of(found),
        "acts": _filled_in(found, lines),
    }
    return render(request, "orders/order.html", context)


def _others_of(order: Order) -> list[Order]:
    """The customer's other latest orders."""
    if order.customer_id is None:
        return []
    rows = Order.objects.filter(customer=order.customer_id).exclude(pk=order.pk).only(
        "number", "placed_at", "total", "currency", "fulfilment"
    )  # fmt: skip
    return list(rows.order_by("-placed_at")[:5])


def _filled_in(order: Order, lines: Iterable[Line]) -> dict[str, str]:
    """Addresses of dialogs about lines, with a row for each line that they can be about."""
    goods = [line for line in lines if line.goods]
    # Nothing is cancelled that nobody says: each line that has something left, with none of it.
    left = [(line.row.pk, 0) for line in goods if line.wanted > line.row.fulfilled]
    gone = [(line.row.pk, line.row.fulfilled - line.row.received) for line in goods]
    ready = [(line.row.pk, line.ready) for line in goods if line.ready]
    ended = order.fulfilment == Fulfilment.CANCELLED and any(line.row.cancelled for line in goods)
    editable = not ended and not order.is_history
    return {
        "fulfil": _dialog("orders.fulfil", order, ready),
        # Filled in when it is opened: see `filling`.
        "edit_lines": f"{reverse('do', args=['orders.edit_lines'])}?order_id={order.pk}" if editable else "",
        "cancel_lines": _dialog("orders.cancel_lines", order, left),
        "take_back": _dialog("orders.take_back", order, [pair for pair in gone if pair[1] > 0]),
    }


def _dialog(name: str, order: Order, pairs: list[tuple[int, int]]) -> str:
    query: dict[str, Any] = {"order_id": order.pk}
    for number, (line, units) in enumerate(pairs[:FILLED_IN]):
        query[f"lines.{number}.line_id"] = line
        query[f"lines.{number}.units"] = units
    return f"{reverse('do', args=[name])}?{urlencode(query)}" if pairs else ""
