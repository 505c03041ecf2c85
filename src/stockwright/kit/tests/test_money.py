from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.kit.money import CurrencyMismatch, Money, format_money, minor_digits, prorate, rounded

currencies = st.sampled_from(["EUR", "JPY", "KWD"])
amounts = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=4)
weights = st.lists(st.decimals(min_value=0, max_value=10_000, places=3), min_size=1, max_size=30)


def coin(currency: str) -> Decimal:
    return Decimal(1).scaleb(-minor_digits(currency))


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_knows_the_smallest_coin(currency: str, digits: int):
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("2.345", "EUR", "2.35"), ("-2.345", "EUR", "-2.35"), ("2.5", "JPY", "3"), ("0.0005", "KWD", "0.001")],
)
def test_rounds_halves_away_from_zero(amount: str, currency: str, expected: str):
    assert rounded(Decimal(amount), currency) == Decimal(expected)


def test_adds_within_a_currency_only():
    assert Money(Decimal(1), "EUR") + Money(Decimal(2), "EUR") == Money(Decimal(3), "EUR")
    assert Money(Decimal(1), "EUR") - Money(Decimal(2), "EUR") == Money(Decimal(-1), "EUR")
    assert Money(Decimal("1.5"), "EUR") * 2 == Money(Decimal(3), "EUR")
    with pytest.raises(CurrencyMismatch):
        Money(Decimal(1), "EUR") + Money(Decimal(2), "USD")


def test_is_written_as_people_write_it():
    assert format_money(Decimal("1234.5"), "EUR") == "€1,234.50"
    assert str(Money(Decimal(1234), "JPY")) == "JP¥1,234"


@given(total=amounts, shares=weights, currency=currencies)
def test_parts_sum_to_exactly_the_total(total: Decimal, shares: list[Decimal], currency: str):
    parts = prorate(total, shares, currency)
    assert len(parts) == len(shares)
    assert sum(parts, Decimal(0)) == total


@given(total=amounts, shares=weights, currency=currencies)
def test_no_part_is_more_than_a_coin_from_its_exact_share(total: Decimal, shares: list[Decimal], currency: str):
    total = rounded(total, currency)
    whole = sum(shares, Decimal(0))
    if not whole:
        return
    for part, share in zip(prorate(total, shares, currency), shares, strict=True):
        assert abs(part - total * share / whole) <= coin(currency)
        assert part % coin(currency) == 0


@given(total=amounts, shares=weights, currency=currencies)
def test_a_positive_total_makes_no_negative_part_and_a_negative_one_no_positive(
    total: Decimal, shares: list[Decimal], currency: str
):
    total = rounded(total, currency)
    sign = 1 if total >= 0 else -1
    assert all(part * sign >= 0 for part in prorate(total, shares, currency))


@given(total=amounts, shares=weights, currency=currencies)
def test_equal_weights_get_parts_a_coin_apart_at_most(total: Decimal, shares: list[Decimal], currency: str):
    parts = prorate(rounded(total, currency), [Decimal(1)] * len(shares), currency)
    assert max(parts) - min(parts) <= coin(currency)


def test_without_weights_the_first_takes_all():
    assert prorate(Decimal("9.99"), [Decimal(0)] * 3, "EUR") == [Decimal("9.99"), 0, 0]
    assert prorate(Decimal("9.99"), [], "EUR") == []
