from __future__ import annotations

from datetime import timedelta

import pytest

from stockwright.kit.actions import perform
from stockwright.kit.bulk import execute
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.orders.models import Order
from stockwright.orders.pages.listing import ORDERS, SHIP_BY, due
from stockwright.orders.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _orders_of_every_day() -> None:
    make.channel()
    make.variant("MUG", 90)
    moment = now()
    tomorrow = calendar().bounds(calendar().day(moment))[1]
    for number, ship_by in (
        ("overdue", moment - timedelta(minutes=1)),
        ("today", moment + (tomorrow - moment) / 2),
        ("tomorrow", tomorrow),
        ("later", tomorrow + timedelta(days=1)),
    ):
        make.order(number, {"MUG": 1}, ship_by=ship_by.isoformat())
    sent = make.order("sent", {"MUG": 1}, ship_by=moment.isoformat())
    perform("orders.fulfil", {"order_id": sent.pk}, actor=SYSTEM)


def shown(when: str) -> list[str]:
    return list(due(Order.objects.order_by("ship_by"), when).values_list("number", flat=True))


def test_a_file_of_orders_has_money_in_coins_and_what_is_short():
    make.order("short", [{"sku": "MUG", "units": 200, "unit_price": "1.5"}])
    ((*cells,),) = ORDERS.chunks(Order.objects.select_related("channel").filter(number="short"))
    told = {column.name: str(cell) for column, cell in zip(ORDERS.columns, cells, strict=True)}
    assert (told["total"], told["currency"], told["short"]) == ("300.00", "EUR", "115")


@pytest.mark.parametrize("when", SHIP_BY)
def test_orders_to_ship_are_narrowed_by_the_day_they_are_promised_for(when: str):
    assert shown(when) == [when]


def test_a_day_nobody_knows_narrows_nothing():
    assert len(shown("some day")) == 5


@pytest.mark.parametrize("when", SHIP_BY)
def test_the_promised_day_is_found_through_the_index_of_what_is_to_ship(when: str):
    execute("SET LOCAL enable_seqscan = off")
    assert "order_to_ship" in due(Order.objects.order_by("ship_by", "id"), when).explain()
