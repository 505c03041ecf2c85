"""The orders of the sample as the shop has them: most long sent, the last ones on the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stockwright.demo.chance import share
from stockwright.demo.goods import SETS
from stockwright.kit.clock import BusinessCalendar

WEB, MARKETPLACE = "web", "marketplace"
# Of the orders due already, how many are still here: late. At least so many orders are open in any case.
_LATE_SHARE, _FEWEST_OPEN = 0.06, 60
_STILL_OPEN_DAYS = 4
_HELD, CANCELLED = 0.09, 0.013
_HOLDS = ("awaiting_payment", "incorrect_address", "high_risk_of_fraud", "unknown_delivery_date")


@dataclass(frozen=True, slots=True)
class Trade:
    """Drafts of orders: those that are over, those still to do by the day on which they came, and mere credits."""

    done: list[dict[str, Any]]
    open: dict[str, list[dict[str, Any]]]
    credits: list[dict[str, Any]]


def traded(orders: Sequence[dict[str, Any]], calendar: BusinessCalendar, moment: datetime) -> Trade:
    """Tell each order as done or open at a moment."""
    recent = sorted(orders, key=lambda o: o["placed_at"])[-_FEWEST_OPEN:]
    forced = {order["number"] for order in recent}
    trade = Trade([], {}, [])
    for order in orders:
        order["channel"] = channel_of(order)
        due = calendar.ship_by(order["placed_at"])
        if all(line.get("kind") == "fee" for line in order["lines"]):
            trade.credits.append(order)
            continue
        fresh = moment - order["placed_at"] < timedelta(days=_STILL_OPEN_DAYS)
        late = fresh and share("late", order["number"]) < _LATE_SHARE
        if due > moment or late or (fresh and order["number"] in forced):
            day = calendar.day(order["placed_at"]).isoformat()
            trade.open.setdefault(day, []).append(_opened(order))
        else:
            trade.done.append({**order, "ship_by": due})
    return trade


def channel_of(order: dict[str, Any]) -> str:
    """Where an order came from: who is known bought in the web shop."""
    return WEB if order.get("customer") else MARKETPLACE


def imported(order: dict[str, Any]) -> dict[str, Any]:
    """An order of the weeks before the books began: done as the sample tells it, now and then cancelled."""
    told = {**order, "channel": channel_of(order)}
    refunds = any(entry.get("kind") == "refund" for entry in order.get("payments", ()))
    goods = any(line.get("kind") != "fee" for line in order["lines"])
    if goods and not refunds and share("cancelled", order["number"]) < CANCELLED:
        at = order["placed_at"] + timedelta(hours=1)
        back = [{**entry, "kind": "refund", "at": at} for entry in order.get("payments", ())]
        told |= {"cancelled_at": at, "cancel_reason": "customer", "payments": [*order.get("payments", ()), *back]}
        told["payment"] = "refunded" if back else None
    return told


def as_it_came(order: dict[str, Any]) -> dict[str, Any]:
    """An order when it was new: nothing sent, nothing given back."""
    lines = [{key: value for key, value in line.items() if key != "returned"} for line in order["lines"]]
    payments = [entry for entry in order.get("payments", ()) if entry.get("kind") != "refund"]
    return {**order, "lines": lines, "payments": payments, "is_history": False, "payment": "paid"}


def _opened(order: dict[str, Any]) -> dict[str, Any]:
    """As it came in; some with a reason to wait."""
    opened = as_it_came(order)
    luck = share("held", order["number"])
    if luck < _HELD:
        reason = _HOLDS[int(share("hold", order["number"]) * len(_HOLDS))]
        opened["holds"] = [{"reason": reason, "handle": "demo"}]
        if reason == "awaiting_payment":
            opened |= {"payment": "pending", "payments": []}
    return opened


def set_orders(moment: datetime, currency: str, prices: dict[str, Any]) -> list[dict[str, Any]]:
    """A few fresh orders of gift sets, so that kits have something to do."""
    return [
        {
            "channel": WEB,
            "number": f"W{1001 + number}",
            "placed_at": moment - timedelta(minutes=20 + 35 * number),
            "currency": currency,
            "country": "GB",
            "payment": "paid",
            "lines": [{"sku": code, "units": 1 + number % 2, "unit_price": prices[code], "title": title}],
        }
        for number, (code, title, _) in enumerate((*SETS, *SETS))
    ]
