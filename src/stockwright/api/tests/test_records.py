from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from stockwright.api.tests.make import Caller, make_caller
from stockwright.api.tests.test_flow import walk
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM, Role
from stockwright.orders.tests import make
from stockwright.today import queries
from stockwright.today.tests import make as today

pytestmark = pytest.mark.django_db


def lead() -> Caller:
    return make_caller(Role.LEAD)


def small_shop() -> None:
    """A channel, two variants (ten lamps, no mugs), and three orders of which one is short."""
    make.channel()
    lamp = make.variant("LAMP", 0)
    (place,) = fetch("SELECT id FROM stock_location WHERE code = 'main'")
    received = {"variant_id": lamp.pk, "location_id": place[0], "units": 10, "opening": True}
    perform("stock.receive", received, actor=SYSTEM)
    make.variant("MUG", 0)
    for number, sku in (("1", "LAMP"), ("2", "MUG"), ("3", "LAMP")):
        at = now() - timedelta(days=4 - int(number))
        make.order(number, [{"sku": sku, "units": 2, "unit_price": "5.50"}], placed_at=at.isoformat())


def test_proposals_come_in_the_order_of_today_however_they_are_paged():
    due = [now() + timedelta(hours=h) for h in (-3, 1, 1, 50, 900)]
    drafts = [
        today.draft(n, value, deadline=deadline, confidence=Decimal(sure))
        for n, (value, deadline, sure) in enumerate(product((0, 24, 24, 300), (*due, None), ("0.5", "1")), start=1)
    ]
    with today.watching(limit=100) as sight:
        sight.drafts = drafts
        today.look()
        listed = [row.proposal.pk for row in queries.listed(SYSTEM, now(), limit=100)]
        paged = [found["id"] for found in walk(lead(), "/proposals?limit=2")]
    assert len(paged) == len(drafts)
    assert paged == listed


def test_orders_come_latest_first_in_pages():
    small_shop()
    assert [order["number"] for order in walk(lead(), "/orders?limit=2")] == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("short=true", {"2"}),
        ("short=false", {"1", "3"}),
        ("held=true", set()),
        ("number=2", {"2"}),
        ("channel=web&fulfilment=open", {"1", "2", "3"}),
        ("channel=elsewhere", set()),
        ("customer_id=999999", set()),
    ],
)
def test_orders_are_filtered(query: str, numbers: set[str]):
    small_shop()
    assert {order["number"] for order in lead().get(f"/orders?{query}").json()["items"]} == numbers


def test_orders_are_filtered_by_the_moment_they_were_placed():
    small_shop()
    since = (now() - timedelta(days=2, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {o["number"] for o in lead().get(f"/orders?since={since}").json()["items"]} == {"2", "3"}


def test_one_order_comes_with_its_lines_and_exact_amounts():
    small_shop()
    caller = lead()
    (listed,) = caller.get("/orders?number=1").json()["items"]
    order = caller.get(f"/orders/{listed['id']}").json()
    assert order["total"] == "11.0000"
    assert [(line["sku"], line["units"], line["unit_price"]) for line in order["line_items"]] == [("LAMP", 2, "5.5000")]
    assert caller.get("/orders/999999").status_code == 404


def test_stock_is_read_as_levels_movements_and_shortfalls():
    small_shop()
    caller = lead()
    (level,) = caller.get("/levels?sku=LAMP").json()["items"]
    assert (level["on_hand"], level["committed"], level["available"]) == (10, 4, 6)
    (movement,) = caller.get(f"/movements?variant_id={level['variant_id']}").json()["items"]
    assert (movement["units"], movement["to_code"]) == (10, level["location_code"])
    (short,) = caller.get("/shortfalls").json()["items"]
    assert (short["sku"], short["units"]) == ("MUG", 2)
    assert {"suppliers", level["location_code"]} <= {p["code"] for p in caller.get("/locations").json()["items"]}


def test_variants_are_found_by_their_exact_sku():
    small_shop()
    caller = lead()
    (lamp,) = caller.get("/variants?sku=LAMP").json()["items"]
    assert caller.get("/variants?sku=lamp").json()["items"] == []
    whole = caller.get(f"/variants/{lamp['id']}").json()
    assert (whole["sku"], whole["barcode_items"], whole["component_items"]) == ("LAMP", [], [])


def test_an_open_count_does_not_tell_what_the_books_say():
    small_shop()
    caller = lead()
    (level,) = caller.get("/levels?sku=LAMP").json()["items"]
    perform("stock.count_open", {"location_id": level["location_id"], "variants": [level["variant_id"]]}, actor=SYSTEM)
    (listed,) = caller.get("/counts").json()["items"]
    entered = {"count_id": listed["id"], "lines": [{"variant_id": level["variant_id"], "units": 9}]}
    perform("stock.count_enter", entered, actor=SYSTEM)
    (line,) = caller.get(f"/counts/{listed['id']}").json()["line_items"]
    assert (line["counted"], line["booked"]) == (9, None)
    perform("stock.count_post", {"count_id": listed["id"]}, actor=SYSTEM)
    (line,) = caller.get(f"/counts/{listed['id']}").json()["line_items"]
    assert (line["counted"], line["booked"]) == (9, 10)


def test_kpis_are_told_with_what_they_mean():
    caller = lead()
    contracts = {kpi["name"]: kpi for kpi in caller.get("/kpis").json()}
    assert contracts["orders"]["definition"]
    number = caller.get("/kpis/orders?first=2026-01-01&last=2026-01-07&grain=day").json()
    assert (number["from"], number["to"], len(number["series"])) == ("2026-01-01", "2026-01-07", 7)
    assert caller.get("/kpis/nothing").status_code == 404
    assert caller.get("/kpis/orders?first=2026-02-01&last=2026-01-01").status_code == 400
    assert caller.get("/kpis/orders?grain=century").status_code == 400


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.PICKER, "/orders", 200),
        (Role.PICKER, "/customers", 403),
        (Role.PICKER, "/kpis", 403),
        (Role.SUPPORT, "/customers", 200),
        (Role.SUPPORT, "/imports", 403),
        (Role.SUPPORT, "/inbox", 403),
        (Role.READER, "/proposals", 200),
        (Role.READER, "/transfers", 200),
    ],
)
def test_each_role_reads_what_its_work_asks_for(role: Role, path: str, status: int):
    assert make_caller(role).get(path).status_code == status


def test_a_page_takes_the_same_few_queries_however_many_rows_it_has(django_assert_max_num_queries: Any):
    small_shop()
    caller = lead()
    with django_assert_max_num_queries(6):
        caller.get("/orders")
    assert fetch("SELECT count(*) FROM orders_order") == [(3,)]
