"""What orders wait for, and the ways out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.kit.bulk import fetch
from stockwright.kit.money import format_money
from stockwright.kit.pages.names import address
from stockwright.kit.people import Role
from stockwright.kit.proposals import Draft, Evidence, Found, Look, Option, watcher, with_name
from stockwright.orders.watch.words import (
    lost_words,
    orders_page,
)

_SHORT = """
    WITH waiting AS (
        SELECT s.variant_id, s.units, s.order_id, s.line_id, s.per_kit, s.promised_on,
               s.units::numeric / s.per_kit * l.unit_price * o.rate AS amount, o.ship_by, o.number
        FROM stock_shortfall s JOIN orders_orderline l ON l.id = s.line_id JOIN orders_order o ON o.id = s.order_id
        WHERE NOT o.is_test
    ), wanted AS (
        SELECT variant_id, sum(units) AS units, count(DISTINCT order_id) AS orders, sum(amount) AS amount,
               min(ship_by) AS due, max(promised_on) AS promised_on, bool_and(promised_on IS NOT NULL) AS promised,
               (array_agg(DISTINCT order_id))[1:2000] AS order_ids, (array_agg(number ORDER BY ship_by))[1] AS number,
               (array_agg(order_id ORDER BY ship_by))[1] AS first_id,
               (array_agg(line_id ORDER BY ship_by))[1] AS line_id, max(per_kit) AS per_kit,
               count(*) OVER () AS total, sum(sum(amount)) OVER () AS total_amount
        FROM waiting GROUP BY variant_id
        -- What arrives in time for every promise needs nobody; a day that has passed brought nothing.
        HAVING NOT coalesce(bool_and(promised_on BETWEEN %(today)s AND (ship_by AT TIME ZONE %(zone)s)::date), false)
        ORDER BY sum(amount) DESC LIMIT %(limit)s
    )
    SELECT w.variant_id, v.sku, w.units, w.orders, w.amount, w.due, w.promised_on, w.promised, w.order_ids, w.number,
           w.line_id, w.per_kit, w.first_id, e.location_id, e.name, e.free, d.id, d.name,
           (SELECT p.title FROM catalog_product p WHERE p.id = v.product_id), w.total, w.total_amount
    FROM wanted w JOIN catalog_variant v ON v.id = w.variant_id
    LEFT JOIN LATERAL (
        -- Free units where web orders do not look, such as a store; what is planned to leave is not free.
        SELECT l.location_id, p.name, l.available - coalesce((
                   SELECT sum(t.units) FROM stock_transferline t JOIN stock_transfer r ON r.id = t.transfer_id
                   WHERE t.variant_id = w.variant_id AND r.origin_id = l.location_id AND r.state = 'draft'), 0) AS free
        FROM stock_level l JOIN stock_location p ON p.id = l.location_id
        WHERE l.variant_id = w.variant_id AND p.active AND NOT p.ships_orders AND p.kind IN ('warehouse', 'store')
          AND l.available > 0
        ORDER BY 3 DESC LIMIT 1
    ) e ON e.free > 0
    LEFT JOIN LATERAL (
        SELECT p.id, p.name FROM stock_location p
        WHERE p.active AND p.ships_orders AND p.kind IN ('warehouse', 'store') ORDER BY p.priority, p.id LIMIT 1
    ) d ON true
    ORDER BY w.amount DESC
"""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A variant that orders wait for."""

    variant: int
    sku: str
    units: int
    orders: int
    amount: Decimal
    due: datetime | None
    promised_on: Any
    promised: bool
    order_ids: list[int]
    number: str
    line: int
    per_kit: int
    first: int
    elsewhere: int | None
    elsewhere_name: str | None
    free: int | None
    here: int | None
    here_name: str | None
    title: str

    @property
    def named(self) -> str:
        """What it is called in a title."""
        return with_name(self.sku, self.title)

    @property
    def moved(self) -> int:
        """How many units a move brings: no more than wait, and no more than lie free elsewhere."""
        return min(self.units, int(self.free or 0))


@watcher("orders.short", title=gettext_lazy("Short orders"), every=2, roles=(Role.BUYER, Role.SUPPORT, Role.LEAD))
def short(look: Look) -> Found:
    """Variants that orders wait for: bring them from where they lie free, wait for what is coming, or cancel."""
    rows = fetch(_SHORT, {"limit": look.limit, "zone": look.calendar.zone, "today": look.calendar.day(look.now)})
    drafts = [_short_draft(look, Shortage(*row[:19])) for row in rows]
    return Found(drafts, rows[0][19], look.costs.lost_sale_share * rows[0][20]) if rows else Found()


def _short_draft(look: Look, s: Shortage) -> Draft:
    options = _ways_out(look, s)
    best = options[0] if options and not options[0].action.startswith("orders.cancel") else None
    waiting = ngettext("{n} order is short of {u} units.", "{n} orders are short of {u} units.", s.orders).format(
        n=s.orders, u=s.units)  # fmt: skip
    if s.elsewhere is not None and best is not None:
        reason = _("{waiting} {place} has {free} that web orders don't take from.").format(
            waiting=waiting, place=s.elsewhere_name, free=s.free)  # fmt: skip
    elif s.promised and best is not None:
        reason = _("{waiting} What is on its way brings them by {day}, after they were promised.").format(
            waiting=waiting, day=f"{s.promised_on.day} {s.promised_on:%b}")  # fmt: skip
    else:
        reason = _("{waiting} Nothing on its way brings enough.").format(waiting=waiting)
    title = best.title if best else _("Find {n} × {sku}").format(n=s.units, sku=s.named)
    # What is done saves no more than what the units it moves were ordered for.
    moves = best is not None and best.action == "stock.create_transfer"
    amount = s.amount * s.moved / s.units if moves else s.amount
    return Draft(
        subject=("variant", s.variant),
        title=title,
        reason=reason,
        value=look.costs.lost_sale_share * amount,
        how=lost_words(look, amount),
        action=best.action if best else "",
        given=best.given if best else {},
        deadline=s.due,
        confidence=Decimal("0.9") if s.elsewhere is not None else Decimal("0.6"),
        evidence=(
            Evidence(s.title, s.sku, address("variant", s.variant)),
            Evidence(_("Units short"), f"{s.units:,}"),
            Evidence(_("Orders waiting"), f"{s.orders:,}", orders_page("view=short")),
            Evidence(_("Ordered for"), format_money(s.amount, look.currency)),
            Evidence(_("First to be late"), s.number, address("order", s.first)),
            *([Evidence(_("Left at {place}").format(place=s.elsewhere_name), f"{(s.free or 0) - s.moved:,}")] if moves else []),
        ),
        alternatives=tuple(option for option in options if option is not best),
        url=address("variant", s.variant),
    )  # fmt: skip


def _ways_out(look: Look, s: Shortage) -> list[Option]:
    """What may be done about a shortage, the best first."""
    options = []
    if s.elsewhere is not None and s.here is not None and s.free:
        units = s.moved
        options.append(
            Option(
                _("Move {n} × {sku} from {a} to {b}").format(n=units, sku=s.named, a=s.elsewhere_name, b=s.here_name),
                "stock.create_transfer",
                {
                    "origin_id": s.elsewhere, "destination_id": s.here,
                    "lines": [{"variant_id": s.variant, "units": units}],
                    "note": ngettext("for {n} short order", "for {n} short orders", s.orders).format(n=s.orders),
                },
            )
        )  # fmt: skip
    if s.promised and _before_arrival(look, s):
        zone = ZoneInfo(look.calendar.zone)
        day = look.calendar.next_working_day(s.promised_on)
        until = datetime.combine(day, look.calendar.closes or time(17), zone).isoformat()
        options.append(
            Option(
                ngettext("Promise {n} order for {sku} by {day}", "Promise {n} orders for {sku} by {day}", s.orders).format(n=s.orders, sku=s.named, day=f"{day.day} {day:%b}"),
                "orders.set_ship_by", {"order_ids": sorted(s.order_ids), "ship_by": until},
            )
        )  # fmt: skip
    if s.orders == 1:
        units = -(-s.units // s.per_kit)
        options.append(
            Option(
                _("Cancel {n} × {sku} on order {number}").format(n=units, sku=s.named, number=s.number),
                "orders.cancel_lines",
                {"order_id": s.order_ids[0], "lines": [{"line_id": s.line, "units": units}], "cancel_reason": "inventory"},
            )
        )  # fmt: skip
    return options


def _before_arrival(look: Look, s: Shortage) -> bool:
    return s.due is None or look.calendar.day(s.due) < s.promised_on
