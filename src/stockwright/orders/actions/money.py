"""Payments and refunds that people record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from stockwright.kit.actions import Call, Given, action
from stockwright.orders.actions.change import pay, write_back
from stockwright.orders.actions.given import OrderId
from stockwright.orders.actions.locked import Change, lock_orders
from stockwright.orders.drafts import MOST_MONEY
from stockwright.orders.errors import NotACoin, TooMuchRefunded
from stockwright.orders.models import Order, PaymentEntry
from stockwright.orders.rules import whole_coins


class MoneyGiven(Given):
    """Money in the order's currency."""

    order_id: OrderId
    amount: Annotated[Decimal, Field(title=str(_("Amount")), gt=0, le=MOST_MONEY)]
    gateway: Annotated[str, Field(title=str(_("By")), description=str(_("Bank, card, cash ...")), max_length=80)] = ""
    reference: Annotated[str, Field(title=str(_("Reference")), max_length=200)] = ""
    received_at: Annotated[AwareDatetime | None, Field(title=str(_("When")))] = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where the money is now."""

    order_id: int
    paid: Decimal
    refunded: Decimal
    payment: str


@action("orders.record_payment", title=str(_("Record payment")), subject="order", subject_field="order_id")
def record_payment(call: Call, given: MoneyGiven) -> Recorded:
    """Write down that money came in for an order.

    Locks: the order.
    Raises: NoSuchOrder, NotACoin.
    """
    return _record(call, given, PaymentEntry.Kind.PAYMENT)


@action(
    "orders.record_refund", title=str(_("Record refund")), subject="order", subject_field="order_id", dangerous=True
)
def record_refund(call: Call, given: MoneyGiven) -> Recorded:
    """Write down that money went back to the customer.

    Locks: the order.
    Raises: NoSuchOrder, NotACoin, TooMuchRefunded.
    """
    return _record(call, given, PaymentEntry.Kind.REFUND)


def _record(call: Call, given: MoneyGiven, kind: PaymentEntry.Kind) -> Recorded:
    (change,) = lock_orders([given.order_id], stock=False).values()
    order = change.order
    if not whole_coins(given.amount, order.currency):
        raise NotACoin(amount=given.amount, currency=order.currency)
    if kind is PaymentEntry.Kind.REFUND:
        left = order.paid - order.refunded
        if given.amount > left:
            raise TooMuchRefunded(left=left, currency=order.currency)
        order.refunded += given.amount
    else:
        order.paid += given.amount
    _enter(call, change, given, kind, given.received_at or call.at)
    return Recorded(order.pk, order.paid, order.refunded, order.payment)


def _enter(call: Call, change: Change, given: MoneyGiven, kind: PaymentEntry.Kind, at: datetime) -> None:
    order = change.order
    PaymentEntry.objects.bulk_create(
        [
            PaymentEntry(
                order=order, kind=kind, amount=given.amount, currency=order.currency, gateway=given.gateway,
                reference=given.reference, at=at,
            )
        ]
    )  # fmt: skip
    told = "order.paid" if kind is PaymentEntry.Kind.PAYMENT else "order.refunded"
    call.record(told, ("order", order.pk), amount=str(given.amount), currency=order.currency, gateway=given.gateway)
    pay(call, change)
    order.updated_at = call.at
    write_back(Order, [order], ("paid", "refunded", "payment", "updated_at"))
