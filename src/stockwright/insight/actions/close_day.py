"""Closing days: what all stock came to at the end of each, kept as one row a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.insight.models import StockDay
from stockwright.insight.queries.counting import Bounds
from stockwright.insight.rules import Period
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.business import calendar
from stockwright.kit.clock import BusinessCalendar, now
from stockwright.kit.errors import Refused
from stockwright.kit.locks import wait_lock

# The levels of this moment still stand for the evening before, if it is no longer ago than this.
FRESH = timedelta(hours=3)


class DayNotOver(Refused):
    """{day} is not over yet; it can be closed from tomorrow on."""


class CloseDayGiven(Given):
    """Up to which day."""

    day: date | None = Field(None, title="Up to", description="Yesterday, where nothing is said.")


@dataclass(frozen=True, slots=True)
class Closed:
    """Which days were closed."""

    days: tuple[date, ...]


@action("insight.close_day", title=str(_("Close the day")))
def close_day(call: Call, given: CloseDayGiven) -> Closed:
    """Write down what stock came to at the end of every day not closed yet, up to the given one.

    Yesterday is read from the levels if it has only just ended; all other days are derived from the ledger.
    A day that is closed stays as it is.

    Locks: one name, so that two closings never write the same day.
    Raises: DayNotOver.
    """
    clock = calendar()
    today = clock.day(call.at)
    last = given.day or today - timedelta(days=1)
    if last >= today:
        raise DayNotOver(day=last)
    wait_lock("insight.close_day")
    first = _first_open_day(last, clock)
    if first > last:
        return Closed(())
    snapshot = last == today - timedelta(days=1) and call.at - clock.bounds(today)[0] <= FRESH
    derived = Period(first, last - timedelta(days=1) if snapshot else last)
    if derived.first <= derived.last:
        _from_ledger(Bounds.of(derived, clock))
    if snapshot:
        _from_levels(Bounds.of(Period(last, last), clock))
    days = tuple(first + timedelta(days=step) for step in range((last - first).days + 1))
    call.record("insight.days_closed", first=first.isoformat(), last=last.isoformat())
    return Closed(days)


def _first_open_day(last: date, clock: BusinessCalendar) -> date:
    newest = StockDay.objects.order_by("-day").values_list("day", flat=True).first()
    if newest is not None:
        return newest + timedelta(days=1)
    moment: datetime | None = fetch("SELECT min(occurred_at) FROM stock_movement")[0][0]
    return min(clock.day(moment), last) if moment else last


# Stocked variants on sale; kits have no stock of their own. A product that is archived or a draft leaves its variants
# as they were.
_ON_SALE = "v.active AND v.stocked AND NOT v.is_kit AND p.status NOT IN ('archived', 'draft')"
# Goods that came to a shelf of ours or left one; imported history moves past them.
_ON_SHELVES = "(f.kind IN ('warehouse', 'store') OR t.kind IN ('warehouse', 'store'))"
# Goods to customers less goods that came back, at what they cost then, else what they cost now.
_COST_OF_GOODS = """
    SELECT (m.occurred_at AT TIME ZONE %(zone)s)::date AS day,
           sum(CASE WHEN t.kind = 'customer' THEN m.units ELSE -m.units END * coalesce(m.unit_cost, v.cost, 0)) AS cost
    FROM stock_movement m JOIN stock_location f ON f.id = m.from_location_id
    JOIN stock_location t ON t.id = m.to_location_id JOIN catalog_variant v ON v.id = m.variant_id
    WHERE m.occurred_at >= %(since)s AND m.occurred_at < %(until)s
      AND (t.kind = 'customer') <> (f.kind = 'customer') AND 'before' NOT IN (f.kind, t.kind)
    GROUP BY 1
"""
_INSERT = (
    "INSERT INTO insight_stockday (day, skus_offered, skus_out, units, value, units_without_cost, cost_of_goods,"
    " from_ledger, closed_at)"
)


def _from_levels(bounds: Bounds) -> None:
    """Close one day from the levels as they stand; a level alone is no sign that there ever was stock."""
    parameters = {**bounds.parameters(), "now": now(), "day": bounds.last}
    execute(
        f"""
        CREATE TEMPORARY TABLE insight_evening ON COMMIT DROP AS
        SELECT v.id AS variant_id, bool_and(l.available <= 0 OR NOT o.ships_orders OR NOT o.active) AS out
        FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
        JOIN stock_level l ON l.variant_id = v.id JOIN stock_location o ON o.id = l.location_id
        WHERE {_ON_SALE} GROUP BY v.id
        HAVING bool_or(l.on_hand > 0) OR EXISTS (
            SELECT 1 FROM stock_movement m JOIN stock_location f ON f.id = m.from_location_id
            JOIN stock_location t ON t.id = m.to_location_id WHERE m.variant_id = v.id AND {_ON_SHELVES})
        """  # noqa: S608 - constants
    )
    execute(
        f"""
        WITH cogs AS ({_COST_OF_GOODS}), worth AS (
            SELECT coalesce(sum(l.on_hand), 0) AS units, coalesce(sum(l.on_hand * v.cost), 0) AS value,
                   coalesce(sum(l.on_hand) FILTER (WHERE v.cost IS NULL), 0) AS without
            FROM stock_level l JOIN catalog_variant v ON v.id = l.variant_id
        )
        {_INSERT} SELECT %(day)s, (SELECT count(*) FROM insight_evening),
            (SELECT count(*) FROM insight_evening WHERE out), w.units, w.value, w.without,
            coalesce((SELECT sum(cost) FROM cogs), 0), false, %(now)s FROM worth w
        """,  # noqa: S608 - constants
        parameters,
    )
    execute(
        "UPDATE insight_stockoutspell s SET until = %(day)s::date - 1 WHERE until IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM insight_evening e WHERE e.variant_id = s.variant_id AND e.out)",
        parameters,
    )
    execute(
        "INSERT INTO insight_stockoutspell (variant_id, since) SELECT e.variant_id, %(day)s FROM insight_evening e"
        " WHERE e.out AND NOT EXISTS (SELECT 1 FROM insight_stockoutspell s"
        " WHERE s.variant_id = e.variant_id AND s.until IS NULL) ON CONFLICT DO NOTHING",
        parameters,
    )
    execute("DROP TABLE insight_evening")


# Every variant's balance between two days on which it changed, over the days to close: balances before the first day
# are one row each, dated on it.
_RUNS = f"""
    CREATE TEMPORARY TABLE insight_run ON COMMIT DROP AS
    WITH change AS (
        SELECT m.variant_id, greatest((m.occurred_at AT TIME ZONE %(zone)s)::date, %(first)s) AS day,
               sum(CASE WHEN t.kind IN ('warehouse', 'store') THEN m.units ELSE 0 END
                   - CASE WHEN f.kind IN ('warehouse', 'store') THEN m.units ELSE 0 END) AS units,
               sum(CASE WHEN t.kind IN ('warehouse', 'store') AND t.ships_orders AND m.to_condition = 'sellable'
                        THEN m.units ELSE 0 END
                   - CASE WHEN f.kind IN ('warehouse', 'store') AND f.ships_orders AND m.from_condition = 'sellable'
                          THEN m.units ELSE 0 END) AS sellable
        FROM stock_movement m JOIN stock_location f ON f.id = m.from_location_id
        JOIN stock_location t ON t.id = m.to_location_id
        WHERE m.occurred_at < %(until)s AND {_ON_SHELVES} GROUP BY 1, 2
    )
    SELECT c.variant_id, c.day AS since, coalesce(lead(c.day) OVER w, %(last)s::date + 1) AS ends,
           sum(c.units) OVER w AS units, sum(c.sellable) OVER w AS sellable, v.cost, ({_ON_SALE}) AS on_sale
    FROM change c JOIN catalog_variant v ON v.id = c.variant_id JOIN catalog_product p ON p.id = v.product_id
    WINDOW w AS (PARTITION BY c.variant_id ORDER BY c.day)
"""  # noqa: S608 - a constant


def _from_ledger(bounds: Bounds) -> None:
    """Close a run of days by adding up the ledger.

    What was promised on those evenings is not known any more: "out" means that no sellable unit was there.
    """
    parameters = {**bounds.parameters(), "now": now()}
    execute(_RUNS, parameters)
    # Each run of equal balance adds its figures on its first day and takes them off on the day after its last.
    execute(
        f"""
        WITH cogs AS ({_COST_OF_GOODS}), edge AS (
            SELECT e.day, sum(f.offered) AS offered, sum(f.out) AS out, sum(f.units) AS units, sum(f.value) AS value,
                   sum(f.without) AS without
            FROM insight_run r CROSS JOIN LATERAL (VALUES (r.since, 1), (r.ends, -1)) e(day, sign)
            CROSS JOIN LATERAL (SELECT sign * r.on_sale::int AS offered,
                sign * (r.on_sale AND r.sellable <= 0)::int AS out, sign * r.units AS units,
                sign * r.units * coalesce(r.cost, 0) AS value,
                sign * CASE WHEN r.cost IS NULL THEN r.units ELSE 0 END AS without) f
            GROUP BY e.day
        )
        {_INSERT} SELECT d.day::date, sum(coalesce(e.offered, 0)) OVER w, sum(coalesce(e.out, 0)) OVER w,
            sum(coalesce(e.units, 0)) OVER w, sum(coalesce(e.value, 0)) OVER w, sum(coalesce(e.without, 0)) OVER w,
            coalesce(g.cost, 0), true, %(now)s
        FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') d(day)
        LEFT JOIN edge e ON e.day = d.day::date LEFT JOIN cogs g ON g.day = d.day::date
        WINDOW w AS (ORDER BY d.day)
        """,  # noqa: S608 - constants
        parameters,
    )
    _spells_from_runs(parameters)
    execute("DROP TABLE insight_run")


def _spells_from_runs(parameters: dict[str, object]) -> None:
    """Lengthen, end and begin stock-out spells over the days just closed."""
    # Runs of different balance that are all "out" and touch each other are one spell.
    execute(
        """
        CREATE TEMPORARY TABLE insight_spell ON COMMIT DROP AS
        SELECT variant_id, min(since) AS since, max(ends) - 1 AS until FROM (
            SELECT *, sum(starts) OVER (PARTITION BY variant_id ORDER BY since) AS number FROM (
                SELECT variant_id, since, ends, CASE WHEN lag(ends) OVER (PARTITION BY variant_id ORDER BY since) = since
                       THEN 0 ELSE 1 END AS starts
                FROM insight_run WHERE on_sale AND sellable <= 0 AND ends > since
            ) a
        ) b GROUP BY variant_id, number
        """
    )
    execute(
        "UPDATE insight_stockoutspell s SET until = coalesce((SELECT nullif(n.until, %(last)s) FROM insight_spell n"
        "   WHERE n.variant_id = s.variant_id AND n.since = %(first)s), CASE WHEN EXISTS (SELECT 1 FROM insight_spell n"
        "   WHERE n.variant_id = s.variant_id AND n.since = %(first)s) THEN NULL ELSE %(first)s::date - 1 END)"
        " WHERE s.until IS NULL",
        parameters,
    )
    execute(
        "INSERT INTO insight_stockoutspell (variant_id, since, until)"
        " SELECT n.variant_id, n.since, nullif(n.until, %(last)s) FROM insight_spell n"
        " WHERE NOT EXISTS (SELECT 1 FROM insight_stockoutspell s WHERE s.variant_id = n.variant_id"
        "   AND n.since = %(first)s AND (s.until IS NULL OR s.until >= %(first)s)) ON CONFLICT DO NOTHING",
        parameters,
    )
    execute("DROP TABLE insight_spell")
