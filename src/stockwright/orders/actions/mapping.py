"""Lines whose variant nobody knew: they get it when the catalogue learns their SKU, or when somebody says what they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Fact, Given, action, listens
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.errors import NotFound
from stockwright.orders.actions.cancel import line_of
from stockwright.orders.actions.change import settle
from stockwright.orders.actions.given import OrderId
from stockwright.orders.actions.locked import lock_orders
from stockwright.orders.errors import AlreadyMapped

_WAITING = (
    "SELECT l.id, l.order_id, v.id, v.cost FROM orders_orderline l JOIN catalog_variant v ON v.sku = l.sku"
    " JOIN orders_order o ON o.id = l.order_id WHERE l.variant_id IS NULL AND l.kind = 'goods' AND l.sku = ANY(%s)"
    " AND NOT o.is_history AND NOT o.is_test"
)
# History may have a hundred thousand such lines, and asks nothing of stock.
_WAITING_HISTORY = """
WITH mapped AS (
    UPDATE orders_orderline l SET variant_id = v.id, unit_cost = coalesce(l.unit_cost, v.cost)
    FROM catalog_variant v, orders_order o
    WHERE v.sku = l.sku AND o.id = l.order_id AND l.variant_id IS NULL AND l.kind = 'goods' AND l.sku = ANY(%s)
      AND (o.is_history OR o.is_test)
    RETURNING l.order_id
)
UPDATE orders_order o SET unmapped_lines = o.unmapped_lines - m.lines
FROM (SELECT order_id, count(*) AS lines FROM mapped GROUP BY order_id) m WHERE o.id = m.order_id
"""


@listens("catalog.variants_created")
def map_new(call: Call, facts: Sequence[Fact]) -> None:
    """SKUs that the catalogue knows from now on."""
    map_waiting(call, {sku for fact in facts for sku in fact.data.get("skus", ())})


@listens("catalog.variant_changed")
def map_renamed(call: Call, facts: Sequence[Fact]) -> None:
    """SKUs that variants have from now on."""
    map_waiting(call, {fact.data["changes"]["sku"][1] for fact in facts if "sku" in fact.data.get("changes", ())})


class MapKnownGiven(Given):
    """SKUs that lines wait for though the catalogue knows them."""

    skus: Annotated[list[str], Field(title="SKU", min_length=1, max_length=1000)]


@dataclass(frozen=True, slots=True)
class Mapped:
    """The open orders that changed."""

    order_ids: list[int]


@action("orders.map_known", title=str(_("Map known SKUs")), for_people=False)
def map_known(call: Call, given: MapKnownGiven) -> Mapped:
    """Give lines their variants whose SKUs the catalogue got to know in the moment the orders came.

    Locks: levels, then orders, each in key order.
    """
    return Mapped(map_waiting(call, given.skus))


class MapLineGiven(Given):
    """What a line is."""

    order_id: OrderId
    line_id: Annotated[int, Field(title=str(_("Line")))]
    variant_id: Annotated[int, Field(title=str(_("Variant")))]


@action("orders.map_line", title=str(_("Say what it is")), subject="order", subject_field="order_id")
def map_line(call: Call, given: MapLineGiven) -> Mapped:
    """Say which variant a line is that the catalogue does not know; its units are asked of stock.

    Locks: levels, then the order.
    Raises: NoSuchOrder, NoSuchLine, AlreadyMapped, NotFound for a variant.
    """
    rows = fetch("SELECT cost FROM catalog_variant WHERE id = %s", (given.variant_id,))
    if not rows:
        raise NotFound(what=str(_("variant")), which=given.variant_id)
    (change,) = lock_orders([given.order_id], also=[given.variant_id]).values()
    line = line_of(change, given.line_id)
    if line.variant_id is not None:
        raise AlreadyMapped(line=line.sku or line.title)
    return Mapped(_map(call, {line.order_id}, {line.pk: (given.variant_id, rows[0][0])}))


def map_waiting(call: Call, skus: Collection[str]) -> list[int]:
    """Lines that wait for SKUs which the catalogue knows get their variant, and are decided now.

    Shape: the open orders that changed.
    Locks: levels, then these orders, each in key order.
    """
    wanted = sorted(skus)
    if not wanted:
        return []
    execute(_WAITING_HISTORY, (wanted,))
    rows = fetch(_WAITING, (wanted,))
    return _map(call, {row[1] for row in rows}, {line: (variant, cost) for line, _order, variant, cost in rows})


def _map(call: Call, order_ids: Collection[int], found: Mapping[int, tuple[int, Decimal | None]]) -> list[int]:
    if not order_ids:
        return []
    changes = lock_orders(order_ids, also={variant for variant, _cost in found.values()})
    for change in changes.values():
        mapped = [line for line in change.lines if line.pk in found and line.variant_id is None]
        for line in mapped:
            line.variant_id, cost = found[line.pk]
            if line.unit_cost is None:
                line.unit_cost = cost
        variants = [("variant", line.variant_id, "mapped") for line in mapped if line.variant_id is not None]
        call.record("order.lines_mapped", ("order", change.order.pk), *variants, lines=len(mapped))
    settle(call, list(changes.values()))
    return list(changes)
