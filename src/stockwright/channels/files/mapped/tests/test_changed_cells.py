"""Cells that a mapping changes on the way are grouped, tasted and read as it makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from stockwright.channels.files.mapped import Mapping, mapped_format
from stockwright.channels.files.port import Item, Options
from stockwright.channels.files.tests.make import order_row, records, rejects, shopify_orders, table_of
from stockwright.channels.files.tests.make import read as read_own

COLUMNS = {"number": "n", "placed_at": "d", "sku": "s", "units": "u", "unit_price": "p", "title": "t"}
HEAD = "n,d,s,u,p,t\n"


def read(folder: Path, text: str, columns: dict[str, Any], **spec: Any) -> list[Item]:
    mapping = Mapping.model_validate(
        {"name": "m", "title": "M", "kind": "orders", "channel": "m", "columns": {**COLUMNS, **columns}, **spec}
    )
    return list(mapped_format(mapping).read(table_of(folder, text), Options(channel="m")))


def test_rows_whose_changed_numbers_are_the_same_make_one_order(tmp_path: Path) -> None:
    text = HEAD + "1001-1,2026-02-01,A,2,10.00,Mug\n1002-1,2026-02-01,A,1,10.00,Mug\n1001-2,2026-02-01,B,3,5.00,Cup\n"
    found = records(read(tmp_path, text, {"number": {"column": "n", "split": "-", "part": 0}}))
    assert [(order["number"], [line["sku"] for line in order["lines"]]) for order in found] == [
        ("1002", ["A"]), ("1001", ["A", "B"]),
    ]  # fmt: skip


def test_products_are_made_of_changed_skus_prices_and_titles(tmp_path: Path) -> None:
    columns = {"sku": {"column": "s", "prefix": "X-"}, "unit_price": {"column": "p", "multiply": 0.01}}
    items = read(tmp_path, HEAD + "1,2026-02-01,A,2,1050,Mug\n", columns, make_products=True)
    (product,) = records(items, "product_if_new")
    (order,) = records(items, "order")
    assert [(v["sku"], str(v["price"])) for v in product["variants"]] == [("X-A", "10.50")]
    assert order["lines"][0]["sku"] == "X-A"


def test_what_is_the_same_for_every_row_stands_for_a_column(tmp_path: Path) -> None:
    columns = {
        "number": {"constant": "7"}, "placed_at": {"constant": "2026-02-01"}, "sku": {"constant": "FEE"},
        "unit_price": {"constant": "3.50"},
    }  # fmt: skip
    items = read(tmp_path, HEAD + ",,,2,,LAST\n,,,1,,LAST\n", columns, make_products=True)
    (product,) = records(items, "product_if_new")
    (order,) = records(items, "order")
    assert (product["handle"], [str(v["price"]) for v in product["variants"]]) == ("FEE", ["3.50"])
    assert (order["number"], order["placed_at"].day, [line["units"] for line in order["lines"]]) == ("7", 1, [2, 1])


def test_an_order_export_may_lack_the_columns_of_moments(tmp_path: Path) -> None:
    head, row, _ = shopify_orders(order_row()).split("\r\n")
    gone = {"Paid at", "Fulfilled at", "Cancelled at"}
    kept = [position for position, column in enumerate(head.split(",")) if column not in gone]
    lines = [",".join(line.split(",")[position] for position in kept) for line in (head, row)]
    (order,) = records(read_own(tmp_path, "\n".join([*lines, ""])))
    assert (order["fulfilled_at"], order["cancelled_at"]) == (None, None)


def test_units_that_a_factor_breaks_are_a_reject_not_a_rounding(tmp_path: Path) -> None:
    text = HEAD + "1,2026-02-01,A,3,10.00,Mug\n2,2026-02-01,A,4,10.00,Mug\n"
    items = read(tmp_path, text, {"units": {"column": "u", "multiply": 0.5}})
    assert [[line["units"] for line in order["lines"]] for order in records(items)] == [[2]]
    assert rejects(items) == [(2, "u", "3")]


def test_a_mapping_names_no_pattern_that_no_date_has() -> None:
    spec = {"name": "m", "title": "M", "kind": "orders", "channel": "m", "columns": COLUMNS}
    with pytest.raises(ValidationError, match="a date format is dmy, mdy, ymd or a pattern"):
        Mapping.model_validate({**spec, "date_format": "%d/%d/%m/%Y"})
    assert Mapping.model_validate({**spec, "date_format": "DMY"}).date_format == "dmy"
