"""Orders that are late or soon will be, though nothing stands in their way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.kit.bulk import fetch
from stockwright.kit.money import format_money
from stockwright.kit.pages.names import address
from stockwright.kit.people import Role
from stockwright.kit.proposals import Draft, Evidence, Found, Look, Option, watcher
from stockwright.orders.watch.words import (
    EVER,
    FEW,
    MOST,
    Waiting,
    cost_of_lateness,
    day_words,
    late_words,
    order_lines,
    orders_page,
)

RUSH = "rush"

# Nothing stands in the way of these: not held, nothing short, every SKU known.
_UNHINDERED = """
    SELECT o.id, o.number, o.total_shop, o.ship_by,
           CASE WHEN 'rush' = ANY(o.tags) THEN 'rushed' ELSE '' END, o.fulfilment,
           count(*) OVER (), sum(o.total_shop) OVER ()
    FROM orders_order o
    WHERE o.fulfilment IN ('open', 'partial') AND NOT o.is_history AND NOT o.is_test AND o.holds = 0
      AND o.short_units = 0 AND o.unmapped_lines = 0 AND o.ship_by > %(since)s AND o.ship_by <= %(until)s
    ORDER BY o.total_shop DESC LIMIT %(limit)s
"""


@watcher("orders.late", title=gettext_lazy("Late orders"), roles=(Role.PICKER, Role.LEAD))
def late(look: Look) -> Found:
    """Orders past their promise although nothing stands in their way."""
    return _unhindered(look, EVER, look.now, late_already=True)


@watcher("orders.soon_late", title=gettext_lazy("Orders about to be late"), roles=(Role.PICKER, Role.LEAD))
def soon_late(look: Look) -> Found:
    """Orders whose promise ends within the hours that the settings name, with nothing in their way."""
    return _unhindered(look, look.now, look.now + timedelta(hours=look.warn_hours), late_already=False)


def _unhindered(look: Look, since: datetime, until: datetime, *, late_already: bool) -> Found:
    rows = fetch(_UNHINDERED, {"since": since, "until": until, "limit": MOST})
    if not rows:
        return Found()
    # Those that cost most by waiting are sent one by one, however many there are; the others are told together.
    orders = sorted((Waiting(*row[:6]) for row in rows), key=lambda order: -_pressing(look, order))
    count, total = rows[0][6], rows[0][7]
    drafts = [_one_unhindered(look, order, late_already=late_already) for order in orders[:FEW]]
    groups: defaultdict[str, list[Waiting]] = defaultdict(list)
    for order in orders[FEW:]:
        groups[order.group].append(order)
    drafts += [_many_unhindered(look, group, name, late_already=late_already) for name, group in groups.items()]
    # What one action can't take is found again once these are on their way.
    return Found(drafts, len(drafts), look.costs.late_order_cost * count + look.costs.late_loss_share * total)


def _pressing(look: Look, order: Waiting) -> Decimal:
    """What an hour of waiting costs, as Today ranks it."""
    left = (order.ship_by - look.now) / timedelta(hours=1) if order.ship_by else 0
    return cost_of_lateness(look, order.total) / Decimal(max(1, left))


def _one_unhindered(look: Look, order: Waiting, *, late_already: bool) -> Draft:
    what = _("Send order {n}, it is late") if late_already else _("Send order {n} before its promise ends")
    return Draft(
        subject=("order", order.id),
        title=what.format(n=order.number),
        reason=_("Promised to leave by {day}. Stock is promised and nothing holds it; confirm it once it has left.").format(
            day=day_words(look, order.ship_by)),
        value=cost_of_lateness(look, order.total),
        how=late_words(look, 1, order.total),
        action="orders.fulfil",
        given={"order_id": order.id},
        deadline=order.ship_by,
        confidence=Decimal("0.9"),
        evidence=(Evidence(_("Order total"), format_money(order.total, look.currency)), Evidence(_("Part sent"), _("yes") if order.extra == "partial" else _("no"))),
        alternatives=(
            Option(_("Put it first in line"), "orders.tag", {"order_ids": [order.id], "tag": RUSH}),
            Option(_("Promise the next working day"), "orders.set_ship_by", {"order_ids": [order.id], "ship_by": _next_promise(look)}),
        ),
        url=address("order", order.id),
    )  # fmt: skip


def _many_unhindered(look: Look, orders: Sequence[Waiting], group: str, *, late_already: bool) -> Draft:
    ids = sorted(o.id for o in orders)
    oldest = min(o.ship_by for o in orders if o.ship_by is not None)
    rushed = group == "rushed"
    if late_already:
        title = (
            ngettext("{n} other order put first is late still", "{n} other orders put first are late still", len(ids))
            if rushed
            else ngettext("Put {n} other late order first in line", "Put {n} other late orders first in line", len(ids))
        )
        reason = _("Nothing holds them and their stock is promised; the first was due to leave by {day}.")
    else:
        title = (
            ngettext("{n} other order put first is due soon", "{n} other orders put first are due soon", len(ids))
            if rushed
            else ngettext(
                "Put {n} other order first that is due soon", "Put {n} other orders first that are due soon", len(ids)
            )
        )
        reason = _("Nothing holds them and their stock is promised; the first is due to leave by {day}.")
    each = look.costs.late_order_cost
    return Draft(
        subject=("order", 0),
        group=group,
        title=title.format(n=len(ids)),
        reason=reason.format(day=day_words(look, oldest)),
        # A place in line sends nothing: it is never worth what the orders are, nor what sending one of them is.
        value=each,
        how=_("a place in line sends nothing: counted as one late order, {each}").format(each=format_money(each, look.currency)),
        action="" if rushed else "orders.tag",
        given={} if rushed else {"order_ids": ids, "tag": RUSH},
        deadline=oldest,
        confidence=Decimal("0.5"),
        evidence=order_lines(look, orders),
        alternatives=(Option(_("Promise the next working day"), "orders.set_ship_by", {"order_ids": ids, "ship_by": _next_promise(look)}),),
        url=orders_page("view=late"),
    )  # fmt: skip


def _next_promise(look: Look) -> str:
    """The end of the next working day, as an order placed now after cut-off would be promised."""
    calendar = look.calendar
    tomorrow = calendar.next_working_day(calendar.day(look.now) + timedelta(days=1))
    return datetime.combine(tomorrow, calendar.closes, ZoneInfo(calendar.zone)).isoformat()
