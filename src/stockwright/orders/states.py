"""The states of an order, and which may follow which."""

from __future__ import annotations

from enum import StrEnum


class Payment(StrEnum):
    """Where the money is."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"


class Fulfilment(StrEnum):
    """How far the goods are. `cancelled` means that nothing is left to send and nothing was sent."""

    OPEN = "open"
    PARTIAL = "partial"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


class Return(StrEnum):
    """What came back."""

    NONE = "none"
    PARTIAL = "partial"
    RETURNED = "returned"


class HoldReason(StrEnum):
    """Why an order waits; several at once. The words are Shopify's."""

    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_RETURN_ITEMS = "awaiting_return_items"
    HIGH_RISK_OF_FRAUD = "high_risk_of_fraud"
    INCORRECT_ADDRESS = "incorrect_address"
    INVENTORY_OUT_OF_STOCK = "inventory_out_of_stock"
    POST_PURCHASE = "online_store_post_purchase_cross_sell"
    UNKNOWN_DELIVERY_DATE = "unknown_delivery_date"
    OTHER = "other"


class CancelReason(StrEnum):
    """Why an order was cancelled. The words are Shopify's."""

    CUSTOMER = "customer"
    DECLINED = "declined"
    FRAUD = "fraud"
    INVENTORY = "inventory"
    STAFF = "staff"
    OTHER = "other"


# A channel tells where an order is now, not every step on the way: paid and refunded may come in one message.
PAYMENT_MOVES: dict[Payment, frozenset[Payment]] = {
    Payment.PENDING: frozenset(Payment) - {Payment.PENDING},
    Payment.AUTHORIZED: frozenset(Payment) - {Payment.AUTHORIZED},
    Payment.PARTIALLY_PAID: frozenset({Payment.PAID, Payment.PARTIALLY_REFUNDED, Payment.REFUNDED}),
    Payment.PAID: frozenset({Payment.PARTIALLY_REFUNDED, Payment.REFUNDED, Payment.PARTIALLY_PAID}),
    Payment.PARTIALLY_REFUNDED: frozenset({Payment.REFUNDED, Payment.PAID}),
    Payment.REFUNDED: frozenset({Payment.PARTIALLY_REFUNDED}),
    # A second attempt to pay may succeed.
    Payment.VOIDED: frozenset({Payment.AUTHORIZED, Payment.PARTIALLY_PAID, Payment.PAID}),
}

FULFILMENT_MOVES: dict[Fulfilment, frozenset[Fulfilment]] = {
    Fulfilment.OPEN: frozenset({Fulfilment.PARTIAL, Fulfilment.FULFILLED, Fulfilment.CANCELLED}),
    Fulfilment.PARTIAL: frozenset({Fulfilment.FULFILLED}),
    # A line is added to what was complete; what had nothing but fees gets goods, and loses them again.
    Fulfilment.FULFILLED: frozenset({Fulfilment.PARTIAL, Fulfilment.OPEN, Fulfilment.CANCELLED}),
    Fulfilment.CANCELLED: frozenset({Fulfilment.OPEN, Fulfilment.PARTIAL, Fulfilment.FULFILLED}),
}

RETURN_MOVES: dict[Return, frozenset[Return]] = {
    Return.NONE: frozenset({Return.PARTIAL, Return.RETURNED}),
    Return.PARTIAL: frozenset({Return.RETURNED}),
    Return.RETURNED: frozenset({Return.PARTIAL}),
}
