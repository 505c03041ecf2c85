"""A small shop whose figures are worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from stockwright.insight import queries
from stockwright.insight.rules import Period
from stockwright.kit.actions import perform
from stockwright.kit.bulk import execute
from stockwright.kit.business import forget_settings
from stockwright.kit.kpis import get_kpi
from stockwright.kit.people import SYSTEM
from stockwright.orders.tests import make as orders

__all__ = ["MONDAY", "TUESDAY", "TWO_DAYS", "channel_id", "count", "orders", "sent", "shop", "touch", "value", "zone"]

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
TWO_DAYS = Period(date(2026, 3, 2), date(2026, 3, 3))


def zone(name: str = "UTC") -> None:
    """Set the shop's clock."""
    perform("settings.change", {"group": "hours", "values": {"zone": name}}, actor=SYSTEM)
    # Remembered for a few seconds, until the commit that no test reaches.
    forget_settings()


def shop() -> dict[str, int]:
    """Six orders on two days: plain, short, cancelled, test, history, and one in another currency.

    Shape: order ids by what they are.
    """
    orders.channel("web")
    orders.channel("market", "USD")
    orders.variant("A", 100)
    orders.variant("B", 0)
    placed = {
        "plain": orders.order("1", {"A": 2}, placed_at=MONDAY.isoformat()).pk,
        "short": orders.order("2", {"A": 1, "B": 1}, placed_at=MONDAY.isoformat()).pk,
        "cancelled": orders.order("3", {"A": 1}, placed_at=TUESDAY.isoformat()).pk,
        "test": orders.order("4", {"A": 7}, placed_at=TUESDAY.isoformat(), is_test=True).pk,
        "history": orders.order("5", {"A": 5}, placed_at=MONDAY.isoformat(), is_history=True).pk,
        "foreign": orders.order(
            "6", {"A": 1}, placed_at=TUESDAY.isoformat(), channel="market", currency="USD", rate="0.5"
        ).pk,
    }
    perform("orders.cancel", {"order_ids": [placed["cancelled"]]}, actor=SYSTEM)
    sent(placed["plain"], datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
    sent(placed["foreign"], datetime(2026, 3, 4, 9, 0, tzinfo=UTC))
    return placed


def sent(order_id: int, at: datetime) -> None:
    """Send an order completely at a moment."""
    perform("orders.fulfil", {"order_id": order_id}, actor=SYSTEM, at=at)


def count(**given: object) -> dict[str, int]:
    """Count KPIs; the days counted by source."""
    days: dict[str, int] = perform("insight.count", given, actor=SYSTEM).result.days
    return days


def value(name: str, period: Period = TWO_DAYS, channel: int = 0) -> Decimal | None:
    """A KPI over days, rounded so that hand-written figures compare."""
    kpi = get_kpi(name)
    assert kpi is not None
    found = queries.numbers([kpi], period, channel)[name].value
    return None if found is None else round(found, 6)


def channel_id(code: str) -> int:
    """The key of a channel."""
    return {name.lower(): id_ for id_, name in queries.channels()}[code]


def touch(sql: str, *parameters: object) -> None:
    """Change rows by hand, as no action does."""
    execute(sql, parameters)
