from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from stockwright.demo.build import LEAD, build
from stockwright.demo.goods import ean13
from stockwright.demo.sample import past_until
from stockwright.demo.shelves import stocked
from stockwright.kit.bulk import fetch
from stockwright.kit.models import Person


def quiet(_text: str, _done: int | None = None, _total: int | None = None) -> None:
    """Nobody listens."""


@pytest.mark.django_db
def test_a_demo_shop_has_something_of_everything_and_is_built_once() -> None:
    first = build(quiet)
    assert first.email == LEAD
    assert Person.objects.get(email=LEAD).check_password(first.password)
    facts = dict(
        fetch(
            "SELECT 'open', count(*) FROM orders_order WHERE fulfilment = 'open' AND NOT is_history"
            " UNION ALL SELECT 'done', count(*) FROM orders_order WHERE is_history AND fulfilled_at IS NOT NULL"
            " UNION ALL SELECT 'short', count(*) FROM orders_order WHERE short_units > 0"
            " UNION ALL SELECT 'promised', count(*) FROM stock_commitment"
            " UNION ALL SELECT 'out', count(*) FROM stock_level WHERE on_hand = 0"
            " UNION ALL SELECT 'coming', count(*) FROM stock_arrival"
            " UNION ALL SELECT 'loads', count(*) FROM stock_transfer"
            " UNION ALL SELECT 'kits', count(*) FROM catalog_variant WHERE is_kit"
            " UNION ALL SELECT 'unknown', count(*) FROM orders_order WHERE unmapped_lines > 0"
        )
    )
    assert facts.pop("unknown") == 0
    assert facts["kits"] == 3
    assert min(facts.values()) > 0, facts
    calls = fetch("SELECT count(*) FROM kit_actioncall")
    assert build(quiet) == first
    assert fetch("SELECT count(*) FROM kit_actioncall") == calls


@pytest.mark.django_db
def test_a_shop_with_people_of_its_own_is_left_alone() -> None:
    Person.objects.create_user("somebody@example.com", name="Somebody", roles=["lead"])
    assert build(quiet) == ("somebody@example.com", "")
    assert fetch("SELECT count(*) FROM orders_order")[0][0] == 0


@pytest.mark.parametrize("days", range(7))
def test_the_past_ends_just_before_now_whatever_the_weekday(days: int) -> None:
    moment = datetime(2026, 5, 6, 18, 0, tzinfo=UTC) + timedelta(days=days)
    past = past_until(moment)
    last = max(order["placed_at"] for order in past.orders)
    assert timedelta(0) <= moment - last < timedelta(days=3, hours=12)
    assert moment - past.begins > timedelta(days=27)


def test_the_same_moment_makes_the_same_shop() -> None:
    moment = datetime(2026, 5, 6, 18, 0, tzinfo=UTC)
    assert past_until(moment) == past_until(moment)


def test_barcodes_have_a_true_check_digit_and_stock_is_never_negative() -> None:
    digits = [int(digit) for digit in ean13("85123A")]
    assert sum(digits[0::2]) % 10 == (-3 * sum(digits[1::2])) % 10
    levels = stocked(Counter({"A": 400, "B": 3}), ["A", "B", "C"], 4.0)
    assert min(levels.values()) >= 0
