"""What the watchers of orders share: the orders of a group, and their cost in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stockwright.kit.money import format_money
from stockwright.kit.pages.names import address
from stockwright.kit.proposals import Evidence, Look

# Up to so many are told one by one; more of them in a group for each reason.
FEW = 8
# Of a group, at most so many orders go into one action.
MOST = 2000
ZERO = Decimal(0)
# Before all orders of any shop.
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open order as these watchers need it."""

    id: int
    number: str
    total: Decimal
    ship_by: datetime | None
    group: str = ""
    extra: str = ""


def cost_of_lateness(look: Look, total: Decimal) -> Decimal:
    """What one late order costs."""
    return look.costs.late_order_cost + look.costs.late_loss_share * total


def late_words(look: Look, orders: int, total: Decimal) -> str:
    """How the cost of lateness was computed."""
    return ngettext(
        "{n} order late: {each} each, and {share} % of {total} at risk",
        "{n} orders late: {each} each, and {share} % of {total} at risk",
        orders,
    ).format(
        n=orders, each=format_money(look.costs.late_order_cost, look.currency),
        share=percent(look.costs.late_loss_share), total=format_money(total, look.currency),
    )  # fmt: skip


def percent(share: Decimal) -> str:
    """A share in per cent without needless noughts: 10, 12.5."""
    return f"{float(share * 100):g}"


def day_words(look: Look, moment: datetime | None) -> str:
    """A moment on the shop's clock."""
    if moment is None:
        return _("no day")
    local = look.calendar.local(moment)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def order_lines(look: Look, orders: Sequence[Waiting]) -> list[Evidence]:
    """The most valuable orders of a group, each with its page."""
    shown = sorted(orders, key=lambda o: -o.total)[:5]
    lines = [
        Evidence(_("Order {n}").format(n=o.number), format_money(o.total, look.currency), address("order", o.id))
        for o in shown
    ]
    if len(orders) > len(shown):
        rest = len(orders) - len(shown)
        worth = sum((o.total for o in orders), ZERO) - sum((o.total for o in shown), ZERO)
        words = ngettext("and {n} more order", "and {n} more orders", rest).format(n=rest)
        lines.append(Evidence(words, format_money(worth, look.currency)))
    return lines


def orders_page(query: str) -> str:
    """The list of orders, narrowed; nothing while there is no such page."""
    page = address("orders")
    return f"{page}?{query}" if page else ""


def lost_words(look: Look, total: Decimal) -> str:
    """How the cost of short lines was computed."""
    return _("{share} % of short lines is lost: of {total}").format(
        share=percent(look.costs.lost_sale_share), total=format_money(total, look.currency)
    )
