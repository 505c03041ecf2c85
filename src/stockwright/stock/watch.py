"""What stock asks to be done: numbers that disagree with their ledger, and stock-outs coming."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.kit.bulk import fetch
from stockwright.kit.money import format_money
from stockwright.kit.pages.names import address
from stockwright.kit.people import Role
from stockwright.kit.proposals import Draft, Evidence, Found, Look, Picture, Series, watcher, with_name

_DIFFERENCES = """
    SELECT d.id, d.part, d.stored, d.derived, d.first_seen, v.id, v.sku, p.name, v.cost,
           abs(d.stored - d.derived) * coalesce(v.cost, v.price, 0) AS worth, count(*) OVER (),
           sum(abs(d.stored - d.derived) * coalesce(v.cost, v.price, 0)) OVER (),
           (SELECT t.title FROM catalog_product t WHERE t.id = v.product_id)
    FROM stock_difference d JOIN stock_level l ON l.id = d.level_id
    JOIN catalog_variant v ON v.id = l.variant_id JOIN stock_location p ON p.id = l.location_id
    WHERE d.closed_at IS NULL ORDER BY worth DESC LIMIT %(limit)s
"""
_PARTS = {
    "on_hand": gettext_lazy("on hand"),
    "damaged": gettext_lazy("damaged"),
    "quality_control": gettext_lazy("under quality control"),
    "committed": gettext_lazy("promised"),
    "reserved": gettext_lazy("reserved"),
    "incoming": gettext_lazy("incoming"),
    "misplaced": gettext_lazy("in the wrong lot or bin"),
}


@watcher("stock.differences", title=gettext_lazy("Differences from the ledger"), every=2, roles=(Role.BUYER, Role.LEAD))
def differences(look: Look) -> Found:
    """Levels that do not say what the ledger, promises or arrivals add up to."""
    rows = fetch(_DIFFERENCES, {"limit": look.limit})
    drafts = [
        Draft(
            subject=("difference", id_),
            title=_("Repair {sku} at {place}: {part} says {stored}, its records {derived}").format(
                sku=with_name(sku, name), place=place, part=_PARTS.get(part, part), stored=stored, derived=derived),
            reason=ngettext(
                "The number is {n} unit off what it is made of; the ledger is believed.",
                "The number is {n} units off what it is made of; the ledger is believed.", abs(stored - derived),
            ).format(n=abs(stored - derived)),
            value=worth,
            how=_("{n} units at {price}").format(
                n=abs(stored - derived),
                price=_("a cost of {cost} each").format(cost=format_money(cost, look.currency)) if cost is not None
                else _("their price, as their cost is unknown")),
            action="stock.repair",
            given={"difference_id": id_},
            confidence=Decimal("0.95"),
            evidence=(
                Evidence(_("The level says"), f"{stored:,}", address("variant", variant)),
                Evidence(_("Its records add up to"), f"{derived:,}"),
                Evidence(_("Seen since"), f"{look.calendar.local(since):%d %b %H:%M}"),
            ),
            url=address("variant", variant),
        )
        for id_, part, stored, derived, since, variant, sku, place, cost, worth, _n, _sum, name in rows
    ]  # fmt: skip
    return Found(drafts, rows[0][10], rows[0][11]) if rows else Found()


# The pace is measured over four weeks, and told when stock lasts less than two.
PACE_DAYS = 28
COVER_DAYS = 14
# Where nothing is on its way, so many days without stock are counted.
DARK_DAYS = 14

_RUNNING_OUT = """
    WITH pace AS (
        SELECT m.variant_id, sum(CASE WHEN t.kind = 'customer' THEN m.units ELSE -m.units END) AS sold
        FROM stock_movement m JOIN stock_location f ON f.id = m.from_location_id
        JOIN stock_location t ON t.id = m.to_location_id
        WHERE m.occurred_at >= %(since)s AND m.occurred_at <= %(now)s
          AND (t.kind = 'customer') <> (f.kind = 'customer') AND 'before' NOT IN (f.kind, t.kind)
        GROUP BY 1 HAVING sum(CASE WHEN t.kind = 'customer' THEN m.units ELSE -m.units END) > 0
    ), free AS (
        SELECT l.variant_id, sum(l.available) FILTER (WHERE p.ships_orders) AS available,
               (array_agg(p.id ORDER BY l.available DESC) FILTER (WHERE NOT p.ships_orders AND l.available > 0))[1] AS store,
               max(l.available) FILTER (WHERE NOT p.ships_orders) AS store_units
        FROM stock_level l JOIN pace ON pace.variant_id = l.variant_id
        JOIN stock_location p ON p.id = l.location_id AND p.active GROUP BY 1
    ), coming AS (
        SELECT a.variant_id, min(a.expected_on) AS next, sum(a.units - a.received) AS units
        FROM stock_arrival a WHERE a.closed_at IS NULL AND a.units > a.received AND a.expected_on >= %(today)s GROUP BY 1
    ), cover AS (
        SELECT pace.variant_id, pace.sold::numeric / %(days)s AS daily, free.available, free.store,
               free.store_units - coalesce((SELECT sum(x.units) FROM stock_transferline x
                   JOIN stock_transfer r ON r.id = x.transfer_id WHERE x.variant_id = pace.variant_id
                   AND r.origin_id = free.store AND r.state = 'draft'), 0) AS store_units,
               coming.next, coming.units AS incoming, floor(free.available * %(days)s / pace.sold)::int AS lasts
        FROM pace JOIN free USING (variant_id) LEFT JOIN coming USING (variant_id)
        WHERE free.available > 0 AND free.available * %(days)s::numeric / pace.sold < %(cover)s
    ), valued AS (
        SELECT c.*, v.sku, v.product_id, coalesce(v.price, 0) AS price,
               least(coalesce(c.next - (%(today)s::date + c.lasts), %(dark)s), %(dark)s) AS dark
        FROM cover c JOIN catalog_variant v ON v.id = c.variant_id WHERE v.active AND v.stocked
    )
    SELECT w.variant_id, w.sku, w.daily, w.available, w.store, o.name, w.store_units, w.next, w.incoming, w.lasts,
           w.price, w.dark, count(*) OVER (), sum(w.daily * w.price * w.dark) OVER (), d.id, d.name,
           (SELECT t.title FROM catalog_product t WHERE t.id = w.product_id)
    FROM valued w LEFT JOIN stock_location o ON o.id = w.store
    LEFT JOIN LATERAL (SELECT p.id, p.name FROM stock_location p WHERE p.active AND p.ships_orders
        AND p.kind IN ('warehouse', 'store') ORDER BY p.priority, p.id LIMIT 1) d ON true
    WHERE w.dark > 0 ORDER BY w.daily * w.price * w.dark DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A variant that runs out before more comes."""

    variant: int
    sku: str
    daily: Decimal
    available: int
    store: int | None
    store_name: str | None
    store_units: int | None
    next: date | None
    incoming: int | None
    lasts: int
    price: Decimal
    # Days without stock until the next arrival, or until DARK_DAYS have passed.
    dark: int
    title: str

    @property
    def named(self) -> str:
        """What it is called in a title."""
        return with_name(self.sku, self.title)


@watcher("stock.running_out", title=gettext_lazy("Running out"), every=30, roles=(Role.BUYER, Role.LEAD))
def running_out(look: Look) -> Found:
    """Variants whose free units last less than two weeks at the pace of the last four, and run out before more comes."""
    today = look.calendar.day(look.now)
    rows = fetch(
        _RUNNING_OUT,
        {
            "since": look.now - timedelta(days=PACE_DAYS), "now": look.now, "today": today, "days": PACE_DAYS,
            "cover": COVER_DAYS, "dark": DARK_DAYS, "limit": look.limit,
        },
    )  # fmt: skip
    drafts = [_running_draft(look, today, Running(*(*row[:12], row[16])), row[14], row[15]) for row in rows]
    return Found(drafts, rows[0][12], look.costs.lost_sale_share * rows[0][13]) if rows else Found()


def _running_draft(look: Look, today: date, r: Running, here: int | None, here_name: str | None) -> Draft:
    out_on = today + timedelta(days=r.lasts)
    lost_units = r.daily * r.dark
    can_move = r.store is not None and here is not None and bool(r.store_units) and (r.store_units or 0) > 0
    units = min(r.store_units or 0, max(1, int(lost_units.to_integral_value())))
    # A move saves what it brings, however much more is lost.
    saved = min(lost_units, Decimal(units)) if can_move else lost_units
    title = (
        _("Move {n} × {sku} from {a} to {b}").format(n=units, sku=r.named, a=r.store_name, b=here_name) if can_move
        else _("{sku} runs out on {day}").format(sku=r.named, day=_short_day(out_on)) if r.lasts
        else _("{sku} runs out today").format(sku=r.named)
    )  # fmt: skip
    given = {"origin_id": r.store, "destination_id": here, "lines": [{"variant_id": r.variant, "units": units}]}
    left = [Evidence(_("Left at {place}").format(place=r.store_name), f"{(r.store_units or 0) - units:,}")]
    return Draft(
        subject=("variant", r.variant),
        title=title,
        reason=_lasting(r),
        value=look.costs.lost_sale_share * saved * r.price,
        how=_how_lost(look, r, lost_units, saved),
        action="stock.create_transfer" if can_move else "",
        given=given if can_move else {},
        deadline=_out_at(look, r, out_on),
        confidence=Decimal("0.6"),
        evidence=(
            Evidence(_("Free now"), f"{r.available:,}", address("variant", r.variant)),
            Evidence(_("Sold a day, last four weeks"), f"{r.daily:.2f}"), Evidence(_("Lasts until"), _short_day(out_on)),
            Evidence(_("Next arrival"), _short_day(r.next) if r.next else _("none")), *(left if can_move else []),
        ),
        picture=_course(today, r),
        url=address("variant", r.variant),
    )  # fmt: skip


def _lasting(r: Running) -> str:
    coming = (
        _("The next {n} units come on {day}.").format(n=r.incoming, day=_short_day(r.next)) if r.next
        else _("Nothing is on its way.")
    )  # fmt: skip
    hours = max(1, int(r.available * 24 / r.daily))
    span = (
        ngettext("{n} day", "{n} days", r.lasts).format(n=r.lasts) if r.lasts
        else ngettext("{n} hour", "{n} hours", hours).format(n=hours)
    )  # fmt: skip
    free = ngettext("{n} free unit lasts", "{n} free units last", r.available).format(n=r.available)
    return _("{free} {span} at {pace} a day. {coming}").format(
        free=free, span=span, pace=f"{r.daily:.1f}", coming=coming
    )


def _how_lost(look: Look, r: Running, lost: Decimal, saved: Decimal) -> str:
    how = _("{share} % of sales is lost in {n} days without stock: {units} units at {price}").format(
        share=f"{float(look.costs.lost_sale_share * 100):g}", n=r.dark, units=f"{lost:.1f}",
        price=format_money(r.price, look.currency),
    )  # fmt: skip
    return how if saved == lost else _("{how}; this brings {n} of them").format(how=how, n=f"{saved:.0f}")


def _out_at(look: Look, r: Running, out_on: date) -> datetime:
    """When it is gone: the morning of the day it does not reach; hours from now where it does not last a day."""
    if not r.lasts:
        return look.now + timedelta(hours=float(r.available * 24 / r.daily))
    return datetime.combine(out_on, look.calendar.opens, ZoneInfo(look.calendar.zone))


def _short_day(day: date | None) -> str:
    return f"{day.day} {day:%b}" if day else "–"


def _course(today: date, r: Running) -> Picture:
    """Free units day by day at the present pace, and the sales lost after."""
    days = r.lasts + r.dark
    left = [float(r.available - r.daily * step) for step in range(days + 1)]
    plain = tuple(round(value, 1) if value >= 0 else None for value in left)
    bad = tuple(round(value, 1) if step >= r.lasts else None for step, value in enumerate(left))
    labels = tuple(_short_day(today + timedelta(days=step)) for step in range(days + 1))
    return Picture(_("free units"), labels, (Series(_("free"), plain), Series(_("lost sales"), bad, "bad")))
