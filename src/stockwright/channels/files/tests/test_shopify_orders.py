"""What of Shopify's orders takes stock: only what still is to be sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stockwright.channels.files.tests.make import next_row, order_row, read, records, shopify_orders
from stockwright.channels.imports.tests.make import add_location, bring_in, write
from stockwright.kit.bulk import fetch

CANCELLED = "2026-04-29 10:00:00 -0500"
SENT, PENDING = "fulfilled", "pending"

# Financial status, fulfilment status, that of the lines (2 and 3 units), cancelled at; then the units promised, and
# whether it is history.
CASES = [
    ("paid", "unfulfilled", (PENDING, PENDING), "", 5, False),
    ("authorized", "unfulfilled", (PENDING, PENDING), "", 5, False),
    ("pending", "", ("", ""), "", 5, False),
    ("partially_paid", "unfulfilled", (PENDING, PENDING), "", 5, False),
    ("paid", "partial", (SENT, PENDING), "", 3, False),
    ("paid", "fulfilled", (SENT, SENT), "", 0, True),
    ("paid", "fulfilled", ("", ""), "", 0, True),
    ("pending", "fulfilled", (SENT, SENT), "", 0, True),
    ("paid", "unfulfilled", (PENDING, PENDING), CANCELLED, 0, True),
    ("paid", "partial", (SENT, PENDING), CANCELLED, 0, True),
    ("paid", "restocked", (PENDING, PENDING), "", 0, True),
    ("paid", "unfulfilled", (PENDING, "restocked"), "", 2, False),
    ("refunded", "unfulfilled", (PENDING, PENDING), "", 0, True),
    ("refunded", "partial", (SENT, PENDING), "", 0, True),
    ("refunded", "fulfilled", (SENT, SENT), "", 0, True),
    ("refunded", "restocked", (PENDING, PENDING), CANCELLED, 0, True),
    ("voided", "unfulfilled", (PENDING, PENDING), "", 0, True),
    ("voided", "unfulfilled", (PENDING, PENDING), CANCELLED, 0, True),
    ("expired", "unfulfilled", (PENDING, PENDING), "", 0, True),
    ("partially_refunded", "unfulfilled", (PENDING, PENDING), "", 5, False),
    ("partially_refunded", "partial", (SENT, PENDING), "", 3, False),
    # What Shopify calls fulfilled has nothing left to send: the pending line was taken out of it.
    ("partially_refunded", "fulfilled", (SENT, PENDING), "", 0, True),
    ("partially_refunded", "unfulfilled", (PENDING, PENDING), CANCELLED, 0, True),
]


def rows(number: str, financial: str, fulfilment: str, lines: tuple[str, str], cancelled: str) -> list[dict[str, Any]]:
    cells = {"Financial Status": financial, "Fulfillment Status": fulfilment, "Cancelled at": cancelled, "Id": number}
    if financial.endswith("refunded"):
        cells["Refunded Amount"] = "25.00" if financial == "refunded" else "10.00"
    first, second = ({"Lineitem fulfillment status": status} for status in lines)
    return [order_row(number, **cells, **first), next_row(number, **second, **{"Lineitem quantity": "3"})]


def stocked(folder: Path, units: int = 1000) -> None:
    add_location()
    products = f"sku,title,price,cost,barcode,grams,quantity\nMUG-B,Mug,9.50,4.00,111,300,{units}\n"
    bring_in(write(folder, products, "products.csv"), "plain_products")


def promised() -> dict[str, int]:
    return dict(
        fetch(
            "SELECT o.number, coalesce(sum(c.units), 0) FROM orders_order o"
            " LEFT JOIN stock_commitment c ON c.order_id = o.id GROUP BY o.number"
        )
    )


@pytest.mark.django_db
def test_only_what_still_is_to_be_sent_takes_stock(tmp_path: Path) -> None:
    stocked(tmp_path)
    told = {f"#{n}": case for n, case in enumerate(CASES)}
    text = shopify_orders(*(row for number, case in told.items() for row in rows(number, *case[:4])))
    done = bring_in(write(tmp_path, text))
    assert (done.run.new, done.settled.applied, done.clean) == (len(CASES), len(CASES), True)
    history = dict(fetch("SELECT number, is_history FROM orders_order"))
    found = promised()
    assert {n: (*case[:4], found[n], history[n]) for n, case in told.items()} == told
    assert fetch("SELECT count(*) FROM stock_shortfall") == [(0,)]


@pytest.mark.django_db
def test_what_is_refunded_after_it_was_promised_gives_its_stock_back(tmp_path: Path) -> None:
    stocked(tmp_path)
    bring_in(write(tmp_path, shopify_orders(*rows("#1", "paid", "unfulfilled", (PENDING, PENDING), ""))))
    assert promised() == {"#1": 5}
    bring_in(write(tmp_path, shopify_orders(*rows("#1", "refunded", "unfulfilled", (PENDING, PENDING), ""))))
    assert promised() == {"#1": 0}
    assert fetch("SELECT fulfilment, payment, paid, refunded, total FROM orders_order") == [
        ("cancelled", "refunded", 25, 25, 25)
    ]
    assert fetch("SELECT committed, on_hand FROM stock_level") == [(0, 1000)]


@pytest.mark.django_db
def test_an_order_whose_money_went_back_keeps_what_it_came_to(tmp_path: Path) -> None:
    bring_in(write(tmp_path, shopify_orders(*rows("#1", "refunded", "unfulfilled", (PENDING, PENDING), ""))))
    assert fetch("SELECT total, subtotal, paid, refunded, payment, fulfilment FROM orders_order") == [
        (25, 50, 25, 25, "refunded", "cancelled")
    ]


@pytest.mark.parametrize(
    ("financial", "lines", "notes"),
    [
        ("paid", (PENDING, PENDING), []),
        ("paid", ("partial", PENDING), ["Partly sent, but the file does not say how much."]),
        ("partially_refunded", (SENT, PENDING), ["Partly refunded, but the file does not say for which goods."]),
        ("refunded", ("partial", PENDING), []),
    ],
)
def test_what_the_file_leaves_open_waits_for_somebody_to_look(
    tmp_path: Path, financial: str, lines: tuple[str, str], notes: list[str]
) -> None:
    (order,) = records(read(tmp_path, shopify_orders(*rows("#1", financial, "partial", lines, ""))))
    assert [hold["note"] for hold in order.get("holds", [])] == notes


def test_orders_taken_as_history_have_nothing_left_to_send(tmp_path: Path) -> None:
    text = shopify_orders(*rows("#1", "paid", "unfulfilled", (PENDING, PENDING), ""))
    (order,) = records(read(tmp_path, text, history=True))
    assert (order["is_history"], [line["fulfilled"] for line in order["lines"]]) == (True, [2, 3])
