"""Money: a Decimal and an ISO currency; never a float."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from babel.core import get_global
from babel.numbers import format_currency, get_currency_precision
from pydantic import AfterValidator

from stockwright.kit.errors import Invalid

CURRENCIES: frozenset[str] = frozenset(get_global("all_currencies"))


def _known(code: str) -> str:
    if code.upper() not in CURRENCIES:
        raise ValueError("not a currency of ISO 4217")
    return code.upper()


# A field of an input: three letters, put in capitals.
Currency = Annotated[str, AfterValidator(_known)]


class CurrencyMismatch(Invalid):
    """{left} and {right} can't be added without an exchange rate."""


def minor_digits(currency: str) -> int:
    """How many digits follow the point in this currency: 2 for EUR, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest coin, halves away from zero, as invoices do."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + Money(-other.amount, other.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def __str__(self) -> str:
        return format_money(self.amount, self.currency)


def format_money(amount: Decimal, currency: str, locale: str = "en_GB") -> str:
    """As people write it: €1,234.50."""
    return format_currency(amount, currency or "XXX", locale=locale)


def prorate(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Share an amount by weights so that the parts, each in whole coins, sum to exactly the total.

    The coins left over by rounding go to the largest remainders (Hamilton's method). Without any weight the first
    part takes everything.
    """
    if not weights:
        return []
    coin = Decimal(1).scaleb(-minor_digits(currency))
    whole = sum(weights, Decimal(0))
    if whole == 0:
        return [total, *[Decimal(0)] * (len(weights) - 1)]
    exact = [total * weight / whole for weight in weights]
    parts = [(share // coin) * coin for share in exact]
    left = int(((total - sum(parts, Decimal(0))) / coin).to_integral_value())
    step = coin if left >= 0 else -coin
    order = sorted(range(len(parts)), key=lambda i: (exact[i] - parts[i]) * (1 if left >= 0 else -1), reverse=True)
    for i in range(abs(left)):
        parts[order[i % len(order)]] += step
    # A total with finer digits than a coin keeps them on the first part.
    parts[0] += total - sum(parts, Decimal(0))
    return parts
