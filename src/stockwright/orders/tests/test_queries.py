from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet

from stockwright.kit.bulk import execute
from stockwright.orders.models import Customer, Order
from stockwright.orders.queries.rows import customers_of_email, of_email, tagged
from stockwright.orders.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    make.channel()
    make.variant("MUG", 9)
    for number, email, tags in (("1", "Ann+web@x.nl", ["vip"]), ("2", "bo@x.nl", []), ("3", "", ["gift"])):
        make.order(number, {"MUG": 1}, email=email, tags=tags)


@pytest.mark.parametrize(
    ("rows", "found", "index"),
    [
        (lambda: of_email(Order.objects.all(), "ann+WEB@x.nl"), ["1"], "order_search"),
        (lambda: of_email(Order.objects.all(), "web@x.nl"), [], "order_search"),
        (lambda: tagged(Order.objects.all(), "vip"), ["1"], "order_tagged"),
    ],
)
def test_orders_are_found_by_email_and_tag_through_an_index(rows: Any, found: list[str], index: str):
    assert [order.number for order in rows()] == found
    assert index in plan(rows())


def test_a_customer_is_found_by_email_in_any_case_through_the_unique_index():
    rows = customers_of_email(Customer.objects.all(), "BO@x.nl")
    assert [customer.email for customer in rows] == ["bo@x.nl"]
    assert not customers_of_email(Customer.objects.all(), "").exists()
    assert "customer_email_once" in plan(rows)


def plan(rows: QuerySet[Any]) -> str:
    """How it is read where reading everything, or all of another index, is no choice."""
    execute("SET LOCAL enable_seqscan = off")
    execute("SET LOCAL enable_indexscan = off")
    return rows.order_by().explain()
