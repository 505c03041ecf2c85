"""Orders held for too long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.bulk import fetch
from stockwright.kit.clock import BusinessCalendar
from stockwright.kit.pages.names import address
from stockwright.kit.people import Role
from stockwright.kit.proposals import Draft, Evidence, Found, Look, Option, watcher
from stockwright.orders.states import HoldReason
from stockwright.orders.watch.words import (
    EVER,
    FEW,
    MOST,
    ZERO,
    Waiting,
    day_words,
    late_words,
    order_lines,
    orders_page,
)

_HELD = """
    SELECT o.id, o.number, o.total_shop, o.ship_by, h.reason, h.placed_at,
           o.payment IN ('paid', 'partially_refunded'), o.short_units = 0
    FROM orders_hold h JOIN orders_order o ON o.id = h.order_id
    WHERE h.released_at IS NULL AND h.placed_at <= %(before)s AND o.fulfilment IN ('open', 'partial')
      AND NOT o.is_history AND NOT o.is_test
    ORDER BY o.total_shop DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class HeldOrder(Waiting):
    """A held order."""

    since: datetime = EVER
    paid: bool = False
    in_stock: bool = False

    def cleared(self) -> bool:
        """Whether what the hold waits for has visibly happened."""
        return {
            HoldReason.AWAITING_PAYMENT: self.paid, HoldReason.INVENTORY_OUT_OF_STOCK: self.in_stock,
        }.get(HoldReason(self.group), False)  # fmt: skip


@watcher("orders.held", title=gettext_lazy("Held too long"), every=5, roles=(Role.SUPPORT, Role.LEAD))
def held(look: Look) -> Found:
    """Orders whose hold has lasted longer than the settings allow, in working hours."""
    before = before_working_hours(look.calendar, look.now, look.held_hours)
    rows = fetch(_HELD, {"before": before, "limit": MOST})
    groups: defaultdict[tuple[str, bool], list[HeldOrder]] = defaultdict(list)
    for id_, number, total, ship_by, reason, since, paid, in_stock in rows:
        order = HeldOrder(id_, number, total, ship_by, reason, since=since, paid=paid, in_stock=in_stock)
        groups[reason, order.cleared()].append(order)
    drafts: list[Draft] = []
    for (_reason, _clear), orders in sorted(groups.items()):
        drafts += (
            [_held_draft(look, [order]) for order in orders] if len(orders) <= FEW else [_held_draft(look, orders)]
        )
    return Found(drafts)


_HELD_FOR = {
    HoldReason.AWAITING_PAYMENT: gettext_lazy("payment"),
    HoldReason.AWAITING_RETURN_ITEMS: gettext_lazy("returned goods"),
    HoldReason.HIGH_RISK_OF_FRAUD: gettext_lazy("suspected fraud"),
    HoldReason.INCORRECT_ADDRESS: gettext_lazy("their address"),
    HoldReason.INVENTORY_OUT_OF_STOCK: gettext_lazy("missing stock"),
    HoldReason.POST_PURCHASE: gettext_lazy("an offer after the purchase"),
    HoldReason.UNKNOWN_DELIVERY_DATE: gettext_lazy("an unknown delivery date"),
    HoldReason.OTHER: gettext_lazy("another reason"),
}
# Where nothing shows that the matter is settled, a person should look before the hold ends.
_SURE = Decimal("0.9")
_UNSURE = Decimal("0.5")
_WHAT_IS_CLEAR = {
    HoldReason.AWAITING_PAYMENT: gettext_lazy("The payment has come in."),
    HoldReason.INVENTORY_OUT_OF_STOCK: gettext_lazy("Nothing is short any more."),
}


def _held_draft(look: Look, orders: Sequence[HeldOrder]) -> Draft:
    first, ids = orders[0], sorted(o.id for o in orders)
    reason, clear = HoldReason(first.group), first.cleared()
    total = sum((o.total for o in orders), ZERO)
    oldest = min(o.since for o in orders)
    due = min((o.ship_by for o in orders if o.ship_by is not None), default=None)
    for_what = str(_HELD_FOR[reason])
    single = len(orders) == 1
    if single:
        title = _("Release order {n}, held for {what}").format(n=first.number, what=for_what)
    else:
        title = _("Release {n} orders held for {what}").format(n=len(ids), what=for_what)
    hours = round(look.calendar.working_hours(oldest, look.now))
    why = str(_WHAT_IS_CLEAR[reason]) if clear else _("Nothing shows that it is settled: look before you release.")
    return Draft(
        subject=("order", first.id if single else 0),
        group=f"{reason.value}{':clear' if clear else ''}",
        title=title,
        reason=_("{why} Held for {n} working hours, more than the {most} you allow.").format(
            why=why, n=hours, most=look.held_hours),
        value=look.costs.late_order_cost * len(ids) + look.costs.late_loss_share * total,
        how=late_words(look, len(ids), total),
        action="orders.release_hold",
        given={"order_ids": ids, "reason": reason.value},
        deadline=due,
        confidence=_SURE if clear else _UNSURE,
        evidence=[Evidence(_("Held since"), day_words(look, oldest)), *order_lines(look, orders)],
        alternatives=(
            Option(_("Cancel them") if not single else _("Cancel it"), "orders.cancel", {"order_ids": ids, "cancel_reason": _CANCEL_AS.get(reason, "other")}),
        ),
        url=address("order", first.id) if single else orders_page("view=held"),
    )  # fmt: skip


_CANCEL_AS = {
    HoldReason.AWAITING_PAYMENT: "declined",
    HoldReason.HIGH_RISK_OF_FRAUD: "fraud",
    HoldReason.INVENTORY_OUT_OF_STOCK: "inventory",
}


def before_working_hours(calendar: BusinessCalendar, now: datetime, hours: int) -> datetime:
    """The latest moment since which so many working hours have passed."""
    early, late_ = now - timedelta(days=14 + hours), now
    while calendar.working_hours(early, now) < hours and (now - early).days < 3650:  # noqa: PLR2004 - a shop that never works
        early -= timedelta(days=60)
    # Halving: a minute is exact enough for hours.
    while late_ - early > timedelta(minutes=1):
        middle = early + (late_ - early) / 2
        if calendar.working_hours(middle, now) >= hours:
            early = middle
        else:
            late_ = middle
    return early
