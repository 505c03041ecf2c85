"""The same orders by file again: with a column less, a wrong SKU, and then right."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from stockwright.channels.files.errors import MissingColumns
from stockwright.channels.files.tests.make import order_row, shopify_orders
from stockwright.channels.imports.tests.make import bring_in, write
from stockwright.channels.models import ImportReject
from stockwright.kit.bulk import fetch

pytestmark = pytest.mark.django_db

SAMPLE = (Path(__file__).parents[1] / "samples" / "shopify_orders.csv").read_text()
_ORDERS = (
    "SELECT o.number, o.fulfilment, o.payment, o.total, o.paid, o.is_history, l.sku, l.units - l.cancelled, l.fulfilled"
    " FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id WHERE l.units > l.cancelled ORDER BY o.number, l.id"
)


def without(column: str) -> str:
    head, *rows = csv.reader(io.StringIO(SAMPLE))
    out = io.StringIO()
    at = head.index(column)
    csv.writer(out).writerows([row[:at] + row[at + 1 :] for row in (head, *rows)])
    return out.getvalue()


@pytest.mark.parametrize("column", ["Lineitem sku", "Lineitem name", "Lineitem quantity", "Lineitem price"])
def test_refuses_orders_without_a_column_that_tells_their_lines_apart(tmp_path: Path, column: str) -> None:
    bring_in(write(tmp_path, SAMPLE))
    was = fetch(_ORDERS)
    with pytest.raises(MissingColumns, match=column):
        bring_in(write(tmp_path, without(column), "less.csv"), "shopify-orders")
    assert fetch(_ORDERS) == was


def blank(row: dict[str, str]) -> None:
    row["Lineitem sku"] = ""


def other(row: dict[str, str]) -> None:
    row["Lineitem sku"] += "-X"


@pytest.mark.parametrize("spoil", [blank, other])
def test_a_spoilt_file_and_then_the_right_one_leave_the_orders_as_they_were(
    tmp_path: Path, spoil: Callable[[dict[str, str]], None]
) -> None:
    bring_in(write(tmp_path, SAMPLE))
    was, promised = fetch(_ORDERS), fetch("SELECT sum(units) FROM stock_commitment")
    rows = list(csv.DictReader(io.StringIO(SAMPLE)))
    for row in rows:
        spoil(row)
    bring_in(write(tmp_path, shopify_orders(*rows), "spoilt.csv"))
    assert fetch("SELECT sum(fulfilled) FROM orders_orderline") == [(sum(row[-1] for row in was),)]
    bring_in(write(tmp_path, SAMPLE, "again.csv"))
    assert fetch(_ORDERS) == was
    assert fetch("SELECT sum(units) FROM stock_commitment") == promised


def test_says_that_a_quantity_is_negative_and_what_to_do(tmp_path: Path) -> None:
    bring_in(write(tmp_path, shopify_orders(order_row(**{"Lineitem quantity": "-2"}))))
    reason = ImportReject.objects.get().reason
    assert "negative" in reason
    assert "Refunded Amount" in reason
