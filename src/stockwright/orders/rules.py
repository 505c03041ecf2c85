"""What an order comes to, how far it is, and when it is promised: pure decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from stockwright.kit.clock import BusinessCalendar
from stockwright.kit.money import minor_digits, prorate, rounded
from stockwright.orders.states import Fulfilment, Payment, Return

ZERO = Decimal(0)


def line_total(units: int, unit_price: Decimal, discount: Decimal) -> Decimal:
    """What a line comes to as ordered, tax apart."""
    return units * unit_price - discount if discount else units * unit_price


def share(amount: Decimal, part: int, whole: int, currency: str) -> Decimal:
    """The part of an amount that falls to so many of its units, in whole coins unless it is all of them."""
    if part >= whole:
        return amount
    return rounded(amount * part / whole, currency) if part else ZERO


@dataclass(frozen=True, slots=True)
class Kept:
    """A line as it counts for the order's money: `kept` of `units` are not cancelled."""

    units: int
    kept: int
    total: Decimal
    tax: Decimal
    is_fee: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order comes to now: what was cancelled is taken out, the order's discount with its share."""

    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    fees: Decimal
    tax: Decimal
    taxes_included: bool = False

    @property
    def net(self) -> Decimal:
        """All but the tax, where it is not in the prices already."""
        return self.subtotal - self.discount + self.shipping + self.fees

    @property
    def total(self) -> Decimal:
        """What the customer owes for it."""
        return self.net if self.taxes_included else self.net + self.tax


def value_of(line: Kept, currency: str) -> Decimal:
    """What is left of a line's total."""
    return share(line.total, line.kept, line.units, currency)


def first_totals(
    lines: Iterable[Kept], *, discount: Decimal, shipping: Decimal, fees: Decimal, tax: Decimal | None,
    taxes_included: bool, currency: str,
) -> Totals:  # fmt: skip
    """The totals of an order as a channel or a person tells it; without a tax total the lines' taxes count."""
    rows = list(lines)
    subtotal = sum((value_of(line, currency) for line in rows if not line.is_fee), ZERO)
    extra = sum((line.total for line in rows if line.is_fee), ZERO)
    if tax is None:
        tax = sum((share(line.tax, line.kept, line.units, currency) for line in rows), ZERO)
    return Totals(subtotal, discount, shipping, fees + extra, tax, taxes_included)


def changed_totals(now: Totals, before: Sequence[Kept], after: Sequence[Kept], currency: str) -> Totals:
    """The totals after lines changed: subtotal and fees anew, discount and tax by what the lines lost or won.

    Where nothing was kept before, what the cancelled goods had of discount and tax does not come back.

    Shape: `before` and `after` are the same lines in the same order; a new line was there before with nothing kept.
    """
    if nothing_kept(before):
        now = replace(now, subtotal=ZERO, discount=ZERO, tax=ZERO)
    goods = [(b, a) for b, a in zip(before, after, strict=True) if not b.is_fee]
    old = [value_of(b, currency) for b, _ in goods]
    new = [value_of(a, currency) for _, a in goods]
    fees_before = sum((b.total for b in before if b.is_fee), ZERO)
    fees_after = sum((a.total for a in after if a.is_fee), ZERO)
    then = replace(
        now,
        subtotal=sum(new, ZERO),
        discount=_kept_discount(now.discount, old, new, currency),
        fees=now.fees - fees_before + fees_after,
    )
    was, is_now = (sum((share(x.tax, x.kept, x.units, currency) for x in rows), ZERO) for rows in (before, after))
    if was or is_now:
        # What the order has beside its lines' taxes is that of the shipping, which stays.
        return replace(then, tax=max(now.tax - was + is_now, ZERO))
    # Told of the whole order only: it follows what is taxed.
    return replace(then, tax=rounded(now.tax * then.net / now.net, currency) if now.tax and now.net > 0 else now.tax)


def nothing_kept(lines: Iterable[Kept]) -> bool:
    """Whether there were goods, and all were cancelled."""
    goods = [line for line in lines if not line.is_fee]
    return any(line.units for line in goods) and not any(line.kept for line in goods)


def _kept_discount(discount: Decimal, old: Sequence[Decimal], new: Sequence[Decimal], currency: str) -> Decimal:
    """The order's discount is shared by value; what is cancelled takes its share along, what is added gets none."""
    if not discount or not sum(old, ZERO):
        return discount
    parts = prorate(discount, [max(value, ZERO) for value in old], currency)
    kept = ZERO
    for part, before, after in zip(parts, old, new, strict=True):
        if after >= before:
            kept += part
        elif after > 0:
            kept += rounded(part * after / before, currency)
    return kept


def in_shop_money(total: Decimal, rate: Decimal, currency: str, shop_currency: str) -> Decimal:
    """An amount of the order's currency in the shop's, at the order's rate."""
    if currency == shop_currency and rate == 1:
        return total
    return rounded(total * rate, shop_currency)


def payment_state(total: Decimal, paid: Decimal, refunded: Decimal, said: Payment | None = None) -> Payment:
    """Where the money is, by the amounts; what they cannot tell (authorized, voided) by what was said."""
    if refunded > 0:
        return Payment.REFUNDED if refunded >= paid else Payment.PARTIALLY_REFUNDED
    if paid > 0:
        return Payment.PAID if paid >= total else Payment.PARTIALLY_PAID
    if said is not None:
        return said
    return Payment.PAID if total <= 0 else Payment.PENDING


def to_refund(total: Decimal, paid: Decimal, refunded: Decimal, *, cancelled: bool) -> Decimal:
    """What was paid beyond what the order comes to now; of one that is cancelled, all that was not given back."""
    owed = ZERO if cancelled else max(total, ZERO)
    return max(paid - refunded - owed, ZERO)


@dataclass(frozen=True, slots=True)
class Parts:
    """The units of a goods line: how many of those ordered were taken away, sent, and came back."""

    units: int
    cancelled: int = 0
    fulfilled: int = 0
    returned: int = 0

    @property
    def open(self) -> int:
        """Still to be sent."""
        return self.units - self.cancelled - self.fulfilled


def fulfilment_state(lines: Iterable[Parts]) -> Fulfilment:
    """How far the goods are; an order without goods lines has nothing to send and is done."""
    goods = still = sent = 0
    for line in lines:
        goods += 1
        sent += line.fulfilled
        still += line.units - line.cancelled - line.fulfilled
    if still:
        return Fulfilment.PARTIAL if sent else Fulfilment.OPEN
    return Fulfilment.CANCELLED if goods and not sent else Fulfilment.FULFILLED


def return_state(lines: Iterable[Parts]) -> Return:
    """What came back of what was sent."""
    sent = back = 0
    for line in lines:
        sent += line.fulfilled
        back += line.returned
    if not back:
        return Return.NONE
    return Return.RETURNED if back >= sent else Return.PARTIAL


def as_told(here: Parts, told: Parts, cancelled_here: int = 0) -> Parts:
    """A line here brought up to what a channel tells of it.

    What was sent, came back or was cancelled by people here stays so even if an older file does not know it yet; the
    rest follows the channel, so that what it told as gone and tells again is wanted again.
    """
    fulfilled = max(here.fulfilled, told.fulfilled)
    units = max(told.units, fulfilled)
    cancelled = min(max(cancelled_here, told.cancelled), units - fulfilled)
    return Parts(units, cancelled, fulfilled, min(max(here.returned, told.returned), fulfilled))


class Promises:
    """Ship-by instants for many orders: the calendar is asked once per day and side of the cut-off."""

    def __init__(self, calendar: BusinessCalendar, handling_days: int) -> None:
        self._calendar = calendar
        self._handling_days = handling_days
        self._known: dict[tuple[date, bool], datetime] = {}

    def ship_by(self, placed_at: datetime) -> datetime:
        """The instant by which an order placed then is promised to leave."""
        local = self._calendar.local(placed_at)
        key = (local.date(), local.time() >= self._calendar.cut_off)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._calendar.ship_by(placed_at, self._handling_days)
        return found


def whole_coins(amount: Decimal, currency: str) -> bool:
    """Whether an amount can be paid in this currency."""
    return amount == amount.quantize(Decimal(1).scaleb(-minor_digits(currency)))
