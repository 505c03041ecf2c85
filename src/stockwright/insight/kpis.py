"""What stock is measured by, from the closed days."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from stockwright.kit.kpis import Better, Drill, Kpi, Measure, Source, Unit, declare, declare_source

declare_source(
    Source(
        name="insight.stock_days",
        clock=_("the business day at whose end stock was looked at"),
        # Goods sold before the ledger began are known from imported history alone: their cost is what their lines say.
        sql="""
            SELECT s.day, 0::bigint AS channel_id, s.skus_out, s.skus_offered, s.value,
                   s.cost_of_goods + coalesce(h.cost, 0) AS cost_of_goods
            FROM insight_stockday s LEFT JOIN (
                SELECT (o.placed_at AT TIME ZONE %(zone)s)::date AS day,
                       sum((l.fulfilled - l.returned) * coalesce(l.unit_cost, v.cost, 0)) AS cost
                FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id AND l.kind = 'goods'
                LEFT JOIN catalog_variant v ON v.id = l.variant_id
                WHERE o.is_history AND NOT o.is_test AND o.placed_at >= %(since)s AND o.placed_at < %(until)s GROUP BY 1
            ) h ON h.day = s.day
            WHERE s.day BETWEEN %(first)s AND %(last)s
        """,
        touched="""
            SELECT day FROM insight_stockday WHERE closed_at >= %(changed)s UNION
            SELECT (o.placed_at AT TIME ZONE %(zone)s)::date FROM orders_order o
            WHERE o.updated_at >= %(changed)s AND o.is_history
        """,
    )
)

# %(channel)s plays no part: stock is all channels' own.
_SPELLS = """
    SELECT s.id AS key, s.variant_id AS record, v.sku AS label, s.since AS day,
           least(coalesce(s.until, %(last)s), %(last)s) - greatest(s.since, %(first)s) + 1 AS counted,
           p.title, s.since, s.until
    FROM insight_stockoutspell s JOIN catalog_variant v ON v.id = s.variant_id
    JOIN catalog_product p ON p.id = v.product_id
    WHERE s.since <= %(last)s AND (s.until IS NULL OR s.until >= %(first)s) AND s.id < %(before)s AND %(channel)s >= 0
    ORDER BY s.id DESC LIMIT %(limit)s
"""
_VALUE = Measure("coalesce(sum(value), 0)", _("stock on hand at cost, added up over the days"))
# What was sold on a day whose stock nobody knows has nothing to be compared with.
_COST = Measure(
    "coalesce(sum(cost_of_goods) FILTER (WHERE value > 0), 0)",
    _("cost of the goods that customers got on those days, less returns"),
)
_NO_COST = _(
    "Units without a known cost add nothing. Days without stock of a known cost on the books are left out, with what "
    "was sold on them. Days before the first closing are derived from the ledger with today's costs."
)

declare(
    [
        Kpi(
            name="stockout_rate",
            title=_("Stock-out rate"),
            definition=_("Which share of the SKUs on sale had nothing available at the end of the day."),
            source="insight.stock_days",
            numerator=Measure(
                "coalesce(sum(skus_out), 0)", _("SKU-days with nothing available at any shipping location")
            ),
            denominator=Measure("coalesce(sum(skus_offered), 0)", _("SKU-days on sale")),
            exclusions=_(
                "Kits, services, SKUs of archived or draft products, SKUs not in use and SKUs that never had stock are "
                "left out. For days derived from the ledger promises are unknown, so only SKUs without any sellable "
                "unit count as out."
            ),
            version=2,
            unit=Unit.SHARE,
            better=Better.LOWER,
            target=Decimal("0.03"),
            by_channel=False,
            drill=Drill("variant", _SPELLS, (_("Product"), _("Out since"), _("Until"))),
        ),
        Kpi(
            name="inventory_turnover",
            title=_("Inventory turnover"),
            definition=_(
                "How many times a year stock is sold at the pace of the period: cost of goods a year by average stock."
            ),
            source="insight.stock_days",
            numerator=_COST,
            denominator=_VALUE,
            factor=Decimal(365),
            exclusions=_NO_COST,
            version=2,
            unit=Unit.RATIO,
            better=Better.HIGHER,
            target=Decimal(4),
            by_channel=False,
        ),
        Kpi(
            name="days_of_inventory",
            title=_("Days of inventory"),
            definition=_("How many days the average stock lasts at the pace of the period."),
            source="insight.stock_days",
            numerator=_VALUE,
            denominator=_COST,
            exclusions=_NO_COST,
            version=2,
            unit=Unit.DAYS,
            better=Better.LOWER,
            target=Decimal(90),
            by_channel=False,
        ),
    ]
)
