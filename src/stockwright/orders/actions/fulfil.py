"""Goods leaving, and coming back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import fetch
from stockwright.orders.actions.cancel import line_of, refuse_history, summed
from stockwright.orders.actions.change import settle
from stockwright.orders.actions.given import LineUnits, OrderId
from stockwright.orders.actions.locked import Change, goods, lock_orders, parts_of
from stockwright.orders.errors import IsHeld, NothingToDo, NotPromised, TooManyUnits
from stockwright.orders.models import Hold, OrderLine
from stockwright.orders.queries.short import short_by_line
from stockwright.stock.actions import Returned, take_back
from stockwright.stock.actions.checks import refuse_hollow

Place = Annotated[int | None, Field(title=str(_("Location")))]


class FulfilGiven(Given):
    """What leaves: some lines, or everything that is promised."""

    order_id: OrderId
    lines: Annotated[
        list[LineUnits] | None, Field(title=str(_("Lines")), description=str(_("Empty: all that is promised.")))
    ] = None
    location_id: Place = None
    tracking_number: Annotated[str, Field(title=str(_("Tracking number")), max_length=100)] = ""
    carrier: Annotated[str, Field(title=str(_("Carrier")), max_length=80)] = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What left, and how far the order is."""

    order_id: int
    units: int
    fulfilment: str


@action("orders.fulfil", title=str(_("Fulfil")), subject="order", subject_field="order_id")
def fulfil(call: Call, given: FulfilGiven) -> Sent:
    """Let lines of an order leave for its customer, whole or in part.

    Locks: levels, then the order.
    Raises: NoSuchOrder, OrderIsHistory, IsHeld, NoSuchLine, TooManyUnits, NotPromised, NothingToDo.
    """
    (change,) = lock_orders([given.order_id]).values()
    refuse_history(change)
    _refuse_held(change)
    short = short_by_line([given.order_id])
    wanted = _everything(change, short) if given.lines is None else summed(given.lines)
    units = 0
    for line_id, asked in wanted.items():
        line = line_of(change, line_id)
        left = parts_of(line).open
        if asked > left:
            raise TooManyUnits(line=line.sku or line.title, left=left, asked=asked)
        promised = _ready(line, short)
        if asked > promised:
            raise NotPromised(line=line.sku or line.title, promised=promised, asked=asked)
        line.fulfilled += asked
        units += asked
    if not units:
        raise NothingToDo
    call.record(
        "order.fulfilled", ("order", given.order_id), units=units, tracking_number=given.tracking_number,
        carrier=given.carrier,
    )  # fmt: skip
    settle(call, [change], location_id=given.location_id)
    return Sent(given.order_id, units, change.order.fulfilment)


def _ready(line: OrderLine, short: Mapping[int, int]) -> int:
    """The units of a line that may leave: those promised to it, and custom items, for which there is no stock."""
    if line.variant_id is None and line.sku:
        return 0
    return parts_of(line).open - short.get(line.pk, 0)


def _everything(change: Change, short: Mapping[int, int]) -> dict[int, int]:
    """All that may leave. Custom items go along with others, or alone once nothing else is left to be sent."""
    ready = {line.pk: _ready(line, short) for line in goods(change.lines)}
    custom = {line.pk for line in goods(change.lines) if line.variant_id is None}
    others = sum(units for pk, units in ready.items() if pk not in custom)
    waiting = any(parts_of(line).open for line in goods(change.lines) if line.variant_id is not None or line.sku)
    return ready if others or not waiting else {}


def _refuse_held(change: Change) -> None:
    order = change.order
    if order.holds:
        reasons = Hold.objects.filter(order=order, released_at=None).order_by("reason").values_list("reason", flat=True)
        raise IsHeld(number=order.number, reasons=", ".join(reason.replace("_", " ") for reason in reasons))


class ReturnedLine(BaseModel):
    """Units of a line that came back, and what shape they are in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    line_id: int
    units: Annotated[int, Field(title=str(_("Units")), gt=0, le=10_000_000)]
    condition: Annotated[Literal["sellable", "damaged", "quality_control"], Field(title=str(_("Condition")))] = (
        "sellable"
    )


class TakeBackGiven(Given):
    """What came back, and where it lies now."""

    order_id: OrderId
    lines: Annotated[list[ReturnedLine], Field(title=str(_("Lines")), min_length=1, max_length=5000)]
    location_id: Annotated[int, Field(title=str(_("Location")))]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came back, and how far the return is."""

    order_id: int
    units: int
    returned: str


@action("orders.take_back", title=str(_("Take back")), subject="order", subject_field="order_id")
def take_goods_back(call: Call, given: TakeBackGiven) -> TakenBack:
    """Take units back from the customer into a location; sellable ones are offered to the orders that wait.

    Units of which a channel told already that they come back are the same units.

    Locks: levels, those where units come to lie too, then the order with those that its units may serve.
    Raises: NoSuchOrder, NoSuchLine, TooManyUnits, UnknownLocation, NoStockThere.
    """
    refuse_hollow([given.location_id])
    (change,) = lock_orders([given.order_id], coming=_coming(given)).values()
    components = _components(goods(change.lines))
    back: list[Returned] = []
    for each in given.lines:
        line = line_of(change, each.line_id)
        left = line.fulfilled - line.received
        if each.units > left:
            raise TooManyUnits(line=line.sku or line.title, left=left, asked=each.units)
        line.received += each.units
        line.returned = max(line.returned, line.received)
        back.extend(
            Returned(line.pk, given.order_id, variant, each.units * per_kit, given.location_id, each.condition)
            for variant, per_kit in components.get(line.variant_id or 0, ())
        )
    units = sum(each.units for each in given.lines)
    conditions = sorted({each.condition for each in given.lines})
    call.record(
        "order.returned", ("order", given.order_id), ("location", given.location_id, "place"), units=units,
        conditions=conditions, restocked=True,
    )  # fmt: skip
    if change.keeps_stock or change.order.is_history:
        take_back(call, back)
    settle(call, [change])
    return TakenBack(given.order_id, units, change.order.returned)


def _coming(given: TakeBackGiven) -> dict[tuple[int, int], int]:
    """The units that will come to lie at a (variant, location), by the lines as they are before the lock."""
    kept = Q(order__is_test=False) | Q(order__is_history=True)
    lines = OrderLine.objects.filter(kept, order=given.order_id).in_bulk([each.line_id for each in given.lines])
    components = _components(lines.values())
    coming: dict[tuple[int, int], int] = {}
    for each in given.lines:
        line = lines.get(each.line_id)
        for variant, per_kit in components.get(line.variant_id or 0, ()) if line else ():
            place = (variant, given.location_id)
            coming[place] = coming.get(place, 0) + each.units * per_kit
    return coming


def _components(lines: Iterable[OrderLine]) -> dict[int, list[tuple[int, int]]]:
    """What lies in a returned unit of each variant: itself, the components of a kit, nothing of a service."""
    variants = [line.variant_id for line in lines if line.variant_id is not None]
    rows = fetch(
        "SELECT v.id, coalesce(k.component_id, v.id), coalesce(k.units, 1) FROM catalog_variant v"
        " LEFT JOIN catalog_kitcomponent k ON v.is_kit AND k.kit_id = v.id"
        " JOIN catalog_variant c ON c.id = coalesce(k.component_id, v.id) AND c.stocked WHERE v.id = ANY(%s)",
        (variants,),
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for variant, component, units in rows:
        found.setdefault(variant, []).append((component, units))
    return found
