"""Editing an order's lines before they leave."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import fetch
from stockwright.kit.errors import NotFound
from stockwright.kit.money import rounded
from stockwright.orders.actions.cancel import line_of, refuse_history
from stockwright.orders.actions.change import settle
from stockwright.orders.actions.given import OrderId
from stockwright.orders.actions.locked import Change, columns_of, goods, lock_orders, parts_of
from stockwright.orders.drafts import MOST_MONEY, MOST_UNITS
from stockwright.orders.errors import NothingToDo, OrderIsCancelled, TooManyUnits
from stockwright.orders.models import OrderLine
from stockwright.orders.rules import line_total, share
from stockwright.orders.states import Fulfilment

Price = Annotated[Decimal | None, Field(title=str(_("Unit price")), ge=0, le=MOST_MONEY)]


class LineEdit(BaseModel):
    """New units or a new price for a line; nothing said stays as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    line_id: int
    units: Annotated[int | None, Field(title=str(_("Units")), ge=0, le=MOST_UNITS)] = None
    unit_price: Price = None


class LineAdded(BaseModel):
    """A line more; without a price it costs what the variant costs now."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    sku: Annotated[str, Field(title="SKU", min_length=1, max_length=100)]
    units: Annotated[int, Field(title=str(_("Units")), gt=0, le=MOST_UNITS)]
    unit_price: Price = None


class EditLinesGiven(Given):
    """How the lines change."""

    order_id: OrderId
    lines: Annotated[list[LineEdit], Field(title=str(_("Lines")), max_length=5000)] = []
    add: Annotated[list[LineAdded], Field(title=str(_("Add")), max_length=5000)] = []


@dataclass(frozen=True, slots=True)
class Edited:
    """What the order comes to now, and how many of its units nobody could promise."""

    order_id: int
    total: Decimal
    short_units: int


@action("orders.edit_lines", title=str(_("Edit lines")), subject="order", subject_field="order_id")
def edit_lines(call: Call, given: EditLinesGiven) -> Edited:
    """Change units and prices of lines, and add lines; what is asked of stock is decided again.

    Locks: levels, then the order.
    Raises: NoSuchOrder, OrderIsHistory, OrderIsCancelled, NoSuchLine, TooManyUnits, NotFound for a SKU, NothingToDo, NotEnough where a
        variant that is not sold on backorder has run out.
    """
    if not given.lines and not given.add:
        raise NothingToDo
    wanted = [line.sku for line in given.add]
    rows = fetch(
        "SELECT sku, id, title, price, cost, requires_shipping FROM catalog_variant WHERE sku = ANY(%s)", (wanted,)
    )
    variants = {row[0]: row[1:] for row in rows}
    for sku in wanted:
        if sku not in variants:
            raise NotFound(what="SKU", which=sku)
    (change,) = lock_orders([given.order_id], also=[row[0] for row in variants.values()]).values()
    refuse_history(change)
    if change.order.fulfilment == Fulfilment.CANCELLED and any(line.cancelled for line in goods(change.lines)):
        raise OrderIsCancelled(number=change.order.number)
    said = [_edit(change, each) for each in given.lines]
    for each in given.add:
        id_, title, price, cost, shipped = variants[each.sku]
        unit_price = each.unit_price if each.unit_price is not None else (price or Decimal(0))
        change.add(
            OrderLine(
                kind=OrderLine.Kind.GOODS, variant_id=id_, sku=each.sku, title=title, units=each.units,
                unit_price=unit_price, total=line_total(each.units, unit_price, Decimal(0)), unit_cost=cost,
                requires_shipping=shipped,
            )
        )  # fmt: skip
        said.append({"sku": each.sku, "added": each.units})
    if not given.add and all(change.before[line.pk].columns == columns_of(line) for line in change.lines):
        raise NothingToDo
    call.record("order.lines_edited", ("order", given.order_id), lines=said)
    settle(call, [change], refuse_oversold=True)
    return Edited(given.order_id, change.order.total, change.order.short_units)


def _edit(change: Change, wanted: LineEdit) -> dict[str, object]:
    line = line_of(change, wanted.line_id)
    before, currency = line.units, change.order.currency
    parts = parts_of(line)
    if wanted.units is not None and wanted.units != before:
        least = parts.cancelled + parts.fulfilled
        if wanted.units < least:
            raise TooManyUnits(line=line.sku or line.title, left=before - least, asked=before - wanted.units)
        # What belongs to the units goes with them; a discount is not given to units added later.
        line.discount = share(line.discount, wanted.units, before, currency) if before else line.discount
        line.tax = rounded(line.tax * wanted.units / before, currency) if before else line.tax
        line.units = wanted.units
    if wanted.unit_price is not None:
        line.unit_price = wanted.unit_price
    return {"line": line.pk, "sku": line.sku, "before": before, "units": line.units, "unit_price": str(line.unit_price)}
