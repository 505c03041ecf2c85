"""The states of an order as worded badges."""

from __future__ import annotations

from decimal import Decimal

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.clock import now
from stockwright.orders.models import Order
from stockwright.orders.rules import to_refund
from stockwright.orders.states import CancelReason, Fulfilment, HoldReason, Payment, Return

OPEN = (Fulfilment.OPEN, Fulfilment.PARTIAL)
Badge = tuple[str, str]

PAYMENT = {
    Payment.PENDING: (gettext_lazy("unpaid"), "soon"),
    Payment.AUTHORIZED: (gettext_lazy("authorised"), "soon"),
    Payment.PARTIALLY_PAID: (gettext_lazy("partly paid"), "soon"),
    Payment.PAID: (gettext_lazy("paid"), "good"),
    Payment.PARTIALLY_REFUNDED: (gettext_lazy("partly refunded"), ""),
    Payment.REFUNDED: (gettext_lazy("refunded"), ""),
    Payment.VOIDED: (gettext_lazy("voided"), ""),
}
FULFILMENT = {
    Fulfilment.OPEN: (gettext_lazy("to ship"), "busy"),
    Fulfilment.PARTIAL: (gettext_lazy("partly shipped"), "busy"),
    Fulfilment.FULFILLED: (gettext_lazy("shipped"), "good"),
    Fulfilment.CANCELLED: (gettext_lazy("cancelled"), ""),
}
RETURNED = {
    Return.NONE: (gettext_lazy("nothing came back"), ""),
    Return.PARTIAL: (gettext_lazy("partly returned"), ""),
    Return.RETURNED: (gettext_lazy("returned"), ""),
}
HOLD = {
    HoldReason.AWAITING_PAYMENT: gettext_lazy("payment"),
    HoldReason.AWAITING_RETURN_ITEMS: gettext_lazy("items to come back"),
    HoldReason.HIGH_RISK_OF_FRAUD: gettext_lazy("risk of fraud"),
    HoldReason.INCORRECT_ADDRESS: gettext_lazy("address"),
    HoldReason.INVENTORY_OUT_OF_STOCK: gettext_lazy("out of stock"),
    HoldReason.POST_PURCHASE: gettext_lazy("offer after purchase"),
    HoldReason.UNKNOWN_DELIVERY_DATE: gettext_lazy("delivery date"),
    HoldReason.OTHER: gettext_lazy("other"),
}

CANCELLED = {
    CancelReason.CUSTOMER: gettext_lazy("the customer asked"),
    CancelReason.DECLINED: gettext_lazy("payment declined"),
    CancelReason.FRAUD: gettext_lazy("suspected fraud"),
    CancelReason.INVENTORY: gettext_lazy("out of stock"),
    CancelReason.STAFF: gettext_lazy("our mistake"),
    CancelReason.OTHER: gettext_lazy("other"),
}


def is_open(order: Order) -> bool:
    """Whether anything is still to be sent."""
    return order.fulfilment in OPEN and not order.is_history


def is_credit(order: Order) -> bool:
    """Whether it is a credit note: nothing was sold, and money was given back."""
    return order.total < 0 and not is_open(order)


def is_late(order: Order) -> bool:
    """Whether the promise has passed and goods are still here."""
    return is_open(order) and order.ship_by is not None and order.ship_by < now()


def fulfilment_badges(order: Order) -> list[Badge]:
    """How far the goods are, and what is in their way."""
    badges: list[Badge] = []
    if is_late(order):
        badges.append((_("late"), "bad"))
    if order.holds:
        badges.append((_("held") if order.holds == 1 else _("held, {n} reasons").format(n=order.holds), "soon"))
    if order.short_units:
        badges.append((_("{n} short").format(n=order.short_units), "bad"))
    word, look = FULFILMENT[Fulfilment(order.fulfilment)]
    badges.append((_("credit note"), "") if is_credit(order) else (str(word), look))
    if order.returned != Return.NONE:
        badges.append((str(RETURNED[Return(order.returned)][0]), ""))
    return badges


def payment_badge(order: Order) -> Badge:
    """Where the money is."""
    if is_credit(order):
        return _("credited"), ""
    word, look = PAYMENT[Payment(order.payment)]
    return str(word), look


def refund_of(order: Order) -> Decimal:
    """The money that is to go back to the customer."""
    cancelled = order.fulfilment == Fulfilment.CANCELLED
    return to_refund(order.total, order.paid, order.refunded, cancelled=cancelled)


def money_badges(order: Order) -> list[Badge]:
    """Where the money is, and whether some is to go back."""
    return [payment_badge(order), *([(_("to refund"), "soon")] if refund_of(order) else [])]


def hold_word(reason: str) -> str:
    """Why an order waits, in a word."""
    return str(HOLD[HoldReason(reason)]) if reason in set(HoldReason) else reason.replace("_", " ")


def cancel_word(reason: str) -> str:
    """Why an order was cancelled, in a word."""
    return str(CANCELLED[CancelReason(reason)]) if reason in set(CancelReason) else reason.replace("_", " ")


def as_html(badges: list[Badge]) -> SafeString:
    """Badges in a row."""
    return format_html_join(" ", "<span class='badge {}'>{}</span>", ((look, word) for word, look in badges))
