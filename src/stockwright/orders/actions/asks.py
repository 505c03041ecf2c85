"""What altered lines ask of stock: units given back, units that leave, units wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from stockwright.kit.actions import Call
from stockwright.kit.bulk import fetch
from stockwright.orders.actions.locked import NOTHING, Change, goods, parts_of
from stockwright.orders.queries.short import short_by_line
from stockwright.stock.actions import Demand


@dataclass(slots=True)
class Asks:
    """What the changes ask of stock, by line."""

    release: dict[int, int | None] = field(default_factory=dict)
    fulfil: dict[int, int] = field(default_factory=dict)
    demands: dict[int, Demand] = field(default_factory=dict)


def asks_of(changes: Sequence[Change]) -> Asks:
    """The difference between the lines as they were and as they are to be."""
    asks = Asks()
    for change in changes:
        if not change.keeps_stock:
            continue
        order = change.order
        for line in goods(change.lines):
            if line.variant_id is None:
                continue
            was = change.before.get(line.pk, NOTHING)
            known = was.variant_id == line.variant_id and not change.revived
            old_open = was.parts.open if known else 0
            sent = line.fulfilled - was.parts.fulfilled if old_open else 0
            more = parts_of(line).open - old_open + sent
            if sent > 0:
                asks.fulfil[line.pk] = sent
            if more < 0:
                asks.release[line.pk] = -more
            elif more > 0:
                due = order.ship_by or order.placed_at
                before = max(0, old_open - sent)
                asks.demands[line.pk] = Demand(line.pk, order.pk, line.variant_id, more, due, order.placed_at, before)
    return asks


def let_unpromised_go(call: Call, changes: Sequence[Change], asks: Asks) -> None:
    """A channel tells that units left which were never promised: nobody asks for them any more, and no level pays."""
    told = [change for change in changes if change.told and any(line.pk in asks.fulfil for line in change.lines)]
    short = short_by_line([change.order.pk for change in told])
    for change in told:
        unpromised = 0
        for line in change.lines:
            sent = asks.fulfil.get(line.pk, 0)
            promised = change.before[line.pk].parts.open - short.get(line.pk, 0) if sent else 0
            if sent > promised:
                asks.fulfil[line.pk] = promised
                _want_less(asks, line.pk, sent - promised)
                unpromised += sent - promised
        if unpromised:
            call.record("order.sent_unpromised", ("order", change.order.pk), units=unpromised)


def _want_less(asks: Asks, line_id: int, units: int) -> None:
    """Units that the same telling adds were not asked for yet; the others wait already, and stop waiting."""
    demand = asks.demands.pop(line_id, None)
    new = min(units, demand.units) if demand else 0
    if demand and demand.units > new:
        asks.demands[line_id] = replace(demand, units=demand.units - new)
    if units > new:
        asks.release[line_id] = (asks.release.get(line_id) or 0) + units - new


def with_stock(changes: Sequence[Change], fulfil: dict[int, int]) -> dict[int, int]:
    """Services, and kits of nothing else, leave without stock: nothing was promised to them that could go."""
    if not fulfil:
        return fulfil
    variants = {line.pk: line.variant_id for change in changes for line in change.lines if line.pk in fulfil}
    services = {
        row[0]
        for row in fetch(
            "SELECT d.line FROM unnest(%s::bigint[], %s::bigint[]) AS d(line, variant)"
            " JOIN catalog_variant v ON v.id = d.variant AND (NOT v.stocked OR v.is_kit) WHERE NOT v.is_kit"
            # A kit was promised what it was made of then: it is no service as long as something stands for it.
            " OR NOT EXISTS (SELECT 1 FROM stock_commitment c WHERE c.line_id = d.line)"
            " AND NOT EXISTS (SELECT 1 FROM stock_shortfall s WHERE s.line_id = d.line)",
            (list(variants.keys()), list(variants.values())),
        )
    }
    return {line: units for line, units in fulfil.items() if units and line not in services}
