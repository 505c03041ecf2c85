"""What orders are measured by. The words here are what people read as the definition."""

# ruff: noqa: S608 - every statement is put together from constants of this file

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from stockwright.kit.kpis import (
    Better,
    Drill,
    Gauge,
    Kpi,
    Measure,
    Source,
    Unit,
    declare,
    declare_gauge,
    declare_source,
)

_TOUCHED = """
    SELECT DISTINCT ({clock} AT TIME ZONE %(zone)s)::date AS day FROM orders_order o
    WHERE o.updated_at >= %(changed)s AND {clock} IS NOT NULL
"""
_PLACED_DAY = "(o.placed_at AT TIME ZONE %(zone)s)::date"
_DUE_DAY = "(o.ship_by AT TIME ZONE %(zone)s)::date"
# Credits that no order in the shop explains are kept as orders of fees alone, so that their money counts.
_IS_CREDIT = (
    "(o.tags @> ARRAY['credit']::varchar[]"
    " AND NOT EXISTS (SELECT 1 FROM orders_orderline x WHERE x.order_id = o.id AND x.kind = 'goods'))"
)
_PLACED = "o.placed_at >= %(since)s AND o.placed_at < %(until)s AND NOT o.is_test"
_KEPT = "o.fulfilment <> 'cancelled'"
# Orders still to be sent whose promise has not passed are neither late nor on time yet.
_DUE = f"""
    o.ship_by >= %(since)s AND o.ship_by < %(until)s AND NOT o.is_test AND NOT o.is_history AND {_KEPT}
    AND (o.fulfilled_at IS NOT NULL OR o.ship_by <= now())
"""

declare_source(
    Source(
        name="orders.placed",
        clock=_("the business day on which the order was placed"),
        sql=f"SELECT {_PLACED_DAY} AS day, o.channel_id, o.total_shop, {_KEPT} AS kept, NOT {_IS_CREDIT} AS sale"
        f" FROM orders_order o WHERE {_PLACED}",
        touched=_TOUCHED.format(clock="o.placed_at"),
    )
)
declare_source(
    Source(
        name="orders.lines",
        clock=_("the business day on which the order was placed"),
        sql=f"""
            SELECT {_PLACED_DAY} AS day, o.channel_id, l.units - l.cancelled AS units
            FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
            WHERE {_PLACED} AND {_KEPT} AND l.kind = 'goods'
        """,
        touched=_TOUCHED.format(clock="o.placed_at"),
    )
)
declare_source(
    Source(
        name="orders.due",
        clock=_("the business day on which the order was promised to leave"),
        sql=f"""
            SELECT {_DUE_DAY} AS day, o.channel_id, coalesce(o.fulfilled_at <= o.ship_by, false) AS on_time
            FROM orders_order o WHERE {_DUE}
        """,
        touched=_TOUCHED.format(clock="o.ship_by"),
    )
)

# What stock answered when the order was taken: the facts of the very instant at which it was written, found by their
# key; what later edits asked for is left out, lines that they added too.
_DECIDED = f"""
    SELECT {_PLACED_DAY} AS day, o.channel_id, o.id, o.number, d.committed, d.short, d.lines, d.short_lines
    FROM orders_order o
    JOIN LATERAL (
        SELECT coalesce(sum((e.data->>'units')::numeric) FILTER (WHERE e.kind = 'stock.committed'), 0) AS committed,
               coalesce(sum((e.data->>'units')::numeric) FILTER (WHERE e.kind = 'stock.short'), 0) AS short,
               coalesce(sum((e.data->>'lines')::numeric), 0) AS lines,
               coalesce(sum((e.data->>'lines')::numeric) FILTER (WHERE e.kind = 'stock.short'), 0) AS short_lines
        FROM kit_journalobject j JOIN kit_journalevent e ON e.id = j.event_id AND e.occurred_at = o.created_at
        WHERE j.type = 'order' AND j.object_id = o.id AND j.occurred_at = o.created_at
          AND e.kind IN ('stock.committed', 'stock.short')
    ) d ON d.committed + d.short > 0
    WHERE {_PLACED} AND NOT o.is_history
"""
declare_source(
    Source(
        name="orders.decided",
        clock=_("the business day on which the order was placed"),
        sql=_DECIDED,
        touched=_TOUCHED.format(clock="o.placed_at"),
    )
)

_DRILL_PLACED = """
    SELECT o.id AS key, o.id AS record, o.number AS label, {day} AS day, {counted} AS counted,
           c.name, o.fulfilment, o.total_shop
    FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id
    WHERE {where} AND o.id < %(before)s AND (%(channel)s = 0 OR o.channel_id = %(channel)s)
    ORDER BY o.id DESC LIMIT %(limit)s
"""
_ORDER_COLUMNS = (_("Channel"), _("State"), _("Total"))


def _placed_drill(counted: str, where: str = _KEPT) -> Drill:
    sql = _DRILL_PLACED.format(day=_PLACED_DAY, counted=counted, where=f"{_PLACED} AND {where}")
    return Drill("order", sql, _ORDER_COLUMNS, money=(2,))


_LATE = f"""
    SELECT o.id AS key, o.id AS record, o.number AS label, {_DUE_DAY} AS day, 1 AS counted,
           c.name, o.ship_by, o.fulfilled_at,
           date_trunc('second', coalesce(o.fulfilled_at, now()) - o.ship_by), o.total_shop
    FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id
    WHERE {_DUE} AND NOT coalesce(o.fulfilled_at <= o.ship_by, false)
      AND o.id < %(before)s AND (%(channel)s = 0 OR o.channel_id = %(channel)s)
    ORDER BY o.id DESC LIMIT %(limit)s
"""


def _decided_drill(counted: str, where: str) -> Drill:
    sql = f"""
        SELECT d.id AS key, d.id AS record, d.number AS label, d.day, d.counted, c.name, d.committed, d.short
        FROM ({_DECIDED.replace("SELECT ", f"SELECT {counted} AS counted, ", 1)} AND {where}
              AND o.id < %(before)s AND (%(channel)s = 0 OR o.channel_id = %(channel)s)
              ORDER BY o.id DESC LIMIT %(limit)s) d
        JOIN orders_channel c ON c.id = d.channel_id ORDER BY d.id DESC
    """
    return Drill("order", sql, (_("Channel"), _("Units promised"), _("Units short")))


_DECIDED_ONLY = _(
    "Imported history and test orders are left out, lines that need no stock, and what was decided later, after edits."
)
_ORDERS = Measure("count(*) FILTER (WHERE kept AND sale)", _("orders placed that were not cancelled"))
_REVENUE = Measure(
    "coalesce(sum(total_shop) FILTER (WHERE kept), 0)",
    _("totals of orders placed that were not cancelled, in the shop's currency at the rate of the day"),
)
_NO_CREDITS = _(
    "Test orders, cancelled orders and records that hold nothing but credits are left out; imported history counts."
)
_SALE = f"NOT {_IS_CREDIT}"

declare(
    [
        Kpi(
            name="orders",
            title=_("Orders"),
            definition=_("How many orders customers placed."),
            source="orders.placed",
            numerator=_ORDERS,
            denominator=None,
            exclusions=_NO_CREDITS,
            version=2,
            unit=Unit.COUNT,
            better=Better.HIGHER,
            drill=_placed_drill("1", f"{_KEPT} AND {_SALE}"),
        ),
        Kpi(
            name="revenue",
            title=_("Revenue"),
            definition=_(
                "What customers ordered for, gross: after discounts and less what was cancelled, with tax and shipping, before refunds and returns."
            ),
            source="orders.placed",
            numerator=_REVENUE,
            denominator=None,
            exclusions=_(
                "Test orders and cancelled orders are left out; imported history counts. Imported credits that belong "
                "to no order take their money off."
            ),
            unit=Unit.MONEY,
            better=Better.HIGHER,
            drill=_placed_drill("o.total_shop"),
        ),
        Kpi(
            name="average_order_value",
            title=_("Average order value"),
            definition=_("Revenue per order: gross, with tax and shipping."),
            source="orders.placed",
            numerator=Measure(
                "coalesce(sum(total_shop) FILTER (WHERE kept AND sale), 0)",
                _("totals of those orders, in the shop's currency at the rate of the day"),
            ),
            denominator=_ORDERS,
            exclusions=_NO_CREDITS,
            version=2,
            unit=Unit.MONEY,
            better=Better.HIGHER,
            drill=_placed_drill("o.total_shop", f"{_KEPT} AND {_SALE}"),
        ),
        Kpi(
            name="units",
            title=_("Units ordered"),
            definition=_("Pieces of goods that customers ordered, less those cancelled again."),
            source="orders.lines",
            numerator=Measure("coalesce(sum(units), 0)", _("units on goods lines, less cancelled units")),
            denominator=None,
            exclusions=_("Fees, test orders and cancelled orders are left out; imported history counts."),
            unit=Unit.COUNT,
            better=Better.HIGHER,
            drill=_placed_drill(
                "(SELECT coalesce(sum(l.units - l.cancelled), 0) FROM orders_orderline l"
                " WHERE l.order_id = o.id AND l.kind = 'goods')"
            ),
        ),
        Kpi(
            name="cancellation_rate",
            title=_("Cancellation rate"),
            definition=_("Which share of the orders placed on a day was cancelled as a whole, then or later."),
            source="orders.placed",
            numerator=Measure(
                "count(*) FILTER (WHERE NOT kept AND sale)", _("orders placed that were cancelled as a whole")
            ),
            denominator=Measure("count(*) FILTER (WHERE sale)", _("orders placed")),
            exclusions=_(
                "Test orders and records that hold nothing but credits are left out; imported history counts."
            ),
            version=2,
            unit=Unit.SHARE,
            better=Better.LOWER,
            target=Decimal("0.02"),
            note=_("Recent days may still rise: their orders can be cancelled later."),
            drill=_placed_drill("1", f"o.fulfilment = 'cancelled' AND {_SALE}"),
        ),
        Kpi(
            name="on_time_ship",
            title=_("Shipped on time"),
            definition=_("Which share of the orders due to leave had left completely by the promised moment."),
            source="orders.due",
            numerator=Measure("count(*) FILTER (WHERE on_time)", _("orders complete by their promise")),
            denominator=Measure("count(*)", _("orders due: late ones that have not left count as not on time")),
            exclusions=_(
                "Imported history, test and cancelled orders are left out, and orders whose promise has not passed yet."
            ),
            unit=Unit.SHARE,
            better=Better.HIGHER,
            target=Decimal("0.985"),
            drill=Drill(
                "order",
                _LATE,
                (_("Channel"), _("Promised"), _("Left"), _("Late by"), _("Total")),
                money=(4,),
                words=_("The orders that were not on time; all others that were due were."),
            ),
        ),
        Kpi(
            name="order_fill_rate",
            title=_("Order fill rate"),
            definition=_("Which share of the orders found every unit in stock at the moment they were taken."),
            source="orders.decided",
            numerator=Measure(
                "count(*) FILTER (WHERE short = 0)", _("orders for which nothing was short when decided")
            ),
            denominator=Measure("count(*)", _("orders for which stock was asked")),
            exclusions=_DECIDED_ONLY,
            version=2,
            unit=Unit.SHARE,
            better=Better.HIGHER,
            target=Decimal("0.95"),
            drill=_decided_drill("1", "d.short > 0"),
        ),
        Kpi(
            name="unit_fill_rate",
            title=_("Unit fill rate"),
            definition=_("Which share of the units asked for was in stock at the moment the order was taken."),
            source="orders.decided",
            numerator=Measure("coalesce(sum(committed), 0)", _("units that stock promised at once")),
            denominator=Measure("coalesce(sum(committed + short), 0)", _("units that orders asked stock for")),
            exclusions=_DECIDED_ONLY,
            version=2,
            unit=Unit.SHARE,
            better=Better.HIGHER,
            target=Decimal("0.97"),
            drill=_decided_drill("d.short", "d.short > 0"),
        ),
        Kpi(
            name="backorder_rate",
            title=_("Backorder rate"),
            definition=_("Which share of the order lines was short of at least one unit when the order was taken."),
            source="orders.decided",
            numerator=Measure("coalesce(sum(short_lines), 0)", _("lines short of one unit or more when decided")),
            denominator=Measure("coalesce(sum(lines), 0)", _("lines for which stock was asked")),
            exclusions=_DECIDED_ONLY,
            version=3,
            unit=Unit.SHARE,
            better=Better.LOWER,
            target=Decimal("0.02"),
            drill=_decided_drill("d.short_lines", "d.short_lines > 0"),
        ),
    ]
)

declare_gauge(
    Gauge(
        name="lines_short",
        title=_("Lines short now"),
        definition=_("Order lines that wait for at least one unit, and what those units were ordered for."),
        sql="""
            SELECT count(*), coalesce(sum(least(s.units, l.units) * l.unit_price * o.rate), 0)
            FROM (SELECT line_id, max(ceil(units::numeric / per_kit)) AS units FROM stock_shortfall GROUP BY line_id) s
            JOIN orders_orderline l ON l.id = s.line_id JOIN orders_order o ON o.id = l.order_id
        """,
        url="/orders/?view=short",
    )
)
