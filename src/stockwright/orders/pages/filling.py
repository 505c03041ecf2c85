"""What dialogs about orders show as it stands now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockwright.kit.forms import fills
from stockwright.kit.ids import is_number
from stockwright.orders.models import Order, OrderLine
from stockwright.orders.pages.badges import refund_of
from stockwright.orders.states import Fulfilment

# More lines than anybody edits in one dialog.
FILLED_IN = 60


def _order(asked: Mapping[str, str]) -> Order | None:
    number = asked.get("order_id", "")
    return Order.objects.filter(pk=int(number)).first() if is_number(number) else None


@fills("orders.change_address")
def address(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """The delivery address as it is, fields that hold text."""
    order = _order(asked)
    known = order.shipping_address if order else {}
    return {"address": {name: value for name, value in known.items() if isinstance(value, str)}}


@fills("orders.note")
def note(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """The note as it is."""
    order = _order(asked)
    return {"note": order.note} if order else {}


@fills("orders.record_payment", whole=True)
def due(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """What is still due; nothing of what was cancelled."""
    order = _order(asked)
    owes = order is not None and order.fulfilment != Fulfilment.CANCELLED
    left = order.total - order.paid + order.refunded if order and owes else 0
    return {"amount": f"{left:.2f}"} if left > 0 else {}


@fills("orders.record_refund", whole=True)
def owed_back(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """What was paid and is not owed any more."""
    order = _order(asked)
    back = refund_of(order) if order else 0
    return {"amount": f"{back:.2f}"} if back else {}


@fills("orders.edit_lines")
def lines(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """The units of each line of goods as they are."""
    order = _order(asked)
    rows = order.lines.filter(kind=OrderLine.Kind.GOODS).order_by("position")[:FILLED_IN] if order else ()
    return {"lines": [{"line_id": row.pk, "units": row.units} for row in rows]}
