"""What did not go in comes back, is mended and goes in."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from stockwright.channels.files.registry import FORMATS
from stockwright.channels.files.tests.make import FILES, next_row, order_row, shopify_orders
from stockwright.channels.imports.tests.make import add_location, bring_in, write
from stockwright.channels.models import ImportReject
from stockwright.channels.queries import reject_columns, reject_rows
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.people import SYSTEM
from stockwright.kit.sheets import write_csv

pytestmark = pytest.mark.django_db


def csv_of(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def rejects_of(run: object) -> str:
    """The file of rejects as a person downloads it."""
    return b"".join(write_csv(reject_columns(run), reject_rows(run))).decode("utf-8-sig")  # type: ignore[arg-type]


# Of each format: columns whose first cell is spoiled, each in its turn.
SPOILED = [
    ("shopify-orders", "Lineitem price"), ("shopify-products", "Price"), ("shopify-products", "Inventory quantity"),
    ("shopify-inventory", "Shop"), ("woocommerce-products", "Regular price"), ("woocommerce-products", "Stock"),
    ("magento-products", "price"), ("magento-products", "qty"), ("magento-stock", "quantity"),
]  # fmt: skip


def test_every_format_has_a_file_to_spoil() -> None:
    assert {code for code, _column in SPOILED} == set(FORMATS) == set(FILES)


@pytest.mark.parametrize(("code", "column"), SPOILED)
def test_the_rejects_of_every_format_are_mended_and_go_in(tmp_path: Path, code: str, column: str) -> None:
    add_location()
    perform("stock.add_location", {"code": "shop", "name": "Shop"}, actor=SYSTEM)
    if code in ("shopify-inventory", "magento-stock"):
        bring_in(write(tmp_path, "sku,title\nT-S,Tee S\nT-M,Tee M\n", "products.csv"), "plain-products")
    head, *rows = [list(row) for row in FILES[code]]
    at = head.index(column)
    where = next(n for n, row in enumerate(rows) if row[at])
    good, rows[where][at] = rows[where][at], "-many"
    first = bring_in(write(tmp_path, csv_of([head, *rows])), location="main")
    assert first.run.kind == code
    assert first.run.rejected_records
    told = rejects_of(first.run)
    assert "'-many" in told
    mended = bring_in(write(tmp_path, told.replace("'-many", good), "mended.csv"), location="main")
    assert (mended.run.kind, mended.run.rejected_records, mended.settled.quarantined) == (code, 0, 0)
    assert mended.run.new + mended.run.changed
    assert "a file of rejects" in " ".join(mended.run.notes)


def test_several_bad_places_of_one_row_are_one_row(tmp_path: Path) -> None:
    for code in ("shop", "depot", "main"):
        perform("stock.add_location", {"code": code, "name": code.capitalize()}, actor=SYSTEM)
    bring_in(write(tmp_path, "sku,title\nT-S,Tee S\n", "products.csv"), "plain-products")
    wide = "Handle,Title,SKU,HS Code,COO,Shop,Depot,Main\ntee,Tee,T-S,,,-x,-x,5\n"
    first = bring_in(write(tmp_path, wide, "wide.csv"))
    assert (first.run.new, first.run.rejected_records) == (1, 2)
    told = rejects_of(first.run)
    (row,) = csv.DictReader(io.StringIO(told))
    # What went in already is not told again: it may have moved since.
    assert (row["Shop"], row["Depot"], row["Main"]) == ("'-x", "'-x", "")
    assert ("Shop: not a number" in row["Reason"], "Depot: not a number" in row["Reason"]) == (True, True)
    again = bring_in(write(tmp_path, told, "again.csv")).run
    assert (again.new, again.rejected_records) == (0, 2)
    mended = bring_in(write(tmp_path, told.replace("'-x", "3"), "mended.csv")).run
    assert (mended.new, mended.rejected_records) == (2, 0)


def test_stock_of_a_product_is_mended_without_telling_that_of_its_sisters_again(tmp_path: Path) -> None:
    main = add_location()
    rows = [list(row) for row in FILES["shopify-products"]]
    at = rows[0].index("Inventory quantity")
    rows[1][at] = "some"
    first = bring_in(write(tmp_path, csv_of(rows)), location="main")
    ((other,),) = fetch("SELECT id FROM catalog_variant WHERE sku = 'T-M'")
    moved = {"lines": [{"variant_id": other, "location_id": main, "units": 1}]}
    perform("stock.set_on_hand", moved, actor=SYSTEM)
    mended = bring_in(write(tmp_path, rejects_of(first.run).replace("some", "9"), "mended.csv"), location="main")
    assert mended.clean
    levels = fetch(
        "SELECT v.sku, l.on_hand FROM stock_level l JOIN catalog_variant v ON v.id = l.variant_id ORDER BY 1"
    )
    assert levels == [("T-M", 1), ("T-S", 9)]


def test_texts_that_look_like_formulas_come_back_as_they_were(tmp_path: Path) -> None:
    cells = {"Notes": "=1+1", "Tags": "'=x", "Shipping Name": "-Ann", "Shipping Method": "''+y", "Email": "@b"}
    bad = order_row("#1", **cells, **{"Lineitem price": "x"})
    first = bring_in(write(tmp_path, shopify_orders(bad, next_row("#1", **{"Lineitem name": "+mug"}))))
    told = rejects_of(first.run).replace(",x,", ",5.00,")
    assert bring_in(write(tmp_path, told, "mended.csv")).run.new == 1
    ((note, tags, method, email),) = fetch("SELECT note, tags, shipping_method, email FROM orders_order")
    assert (note, "'=x" in str(tags), method, email) == ("=1+1", True, "''+y", "@b")
    assert fetch("SELECT title FROM orders_orderline ORDER BY id")[1] == ("+mug",)


def test_rejects_saved_as_a_workbook_go_in_too(tmp_path: Path) -> None:
    first = bring_in(write(tmp_path, shopify_orders(order_row("#1", **{"Lineitem price": "x", "Notes": "=1"}))))
    with xlsxwriter.Workbook(tmp_path / "mended.xlsx", {"strings_to_formulas": False}) as book:
        page = book.add_worksheet()
        for n, row in enumerate(csv.reader(io.StringIO(rejects_of(first.run).replace(",x,", ",5.00,")))):
            for m, cell in enumerate(row):
                page.write_string(n, m, cell)
    assert bring_in(tmp_path / "mended.xlsx").run.new == 1
    assert fetch("SELECT note FROM orders_order") == [("=1",)]


def test_rows_come_back_once_and_in_the_order_of_the_file(tmp_path: Path) -> None:
    bad = {"Lineitem price": "x"}
    text = shopify_orders(order_row("#1"), order_row("#2", **bad), next_row("#1", **bad), next_row("#2"))
    first = bring_in(write(tmp_path, text))
    told = [(row["Line"], row["Name"], row["Column"]) for row in csv.DictReader(io.StringIO(rejects_of(first.run)))]
    assert told == [("2", "#1", ""), ("3", "#2", "Lineitem price"), ("4", "#1", "Lineitem price"), ("5", "#2", "")]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"Created at": "0000-01-01"}, "Created at"), ({"Created at": "0001-01-01 00:00:00 +1200"}, "Created at"),
        ({"Cancelled at": "9999-12-31 23:59:59 -1200"}, "Cancelled at"), ({"Paid at": "NaT"}, "Paid at"),
        ({"Created at": "24-01-05"}, "Created at"), ({"Total": "NaN"}, "Total"), ({"Shipping": "Infinity"}, "Shipping"),
        ({"Lineitem quantity": "1 2"}, "Lineitem quantity"), ({"Lineitem price": "12abc"}, "Lineitem price"),
    ],
)  # fmt: skip
def test_a_cell_that_is_nothing_costs_its_own_order_alone(tmp_path: Path, cells: dict[str, str], column: str) -> None:
    done = bring_in(write(tmp_path, shopify_orders(order_row("#1"), order_row("#2", **cells), order_row("#3", Id="3"))))
    assert (done.run.state, done.run.new, done.run.rejected_records) == ("done", 2, 1)
    reject = ImportReject.objects.get()
    assert (reject.line, reject.column, reject.key) == (3, column, "#2")


def test_odd_values_of_parquet_cost_their_own_rows_alone(tmp_path: Path) -> None:
    odd = {2: "'inf'::double", 3: "'nan'::double", 4: "5.0"}
    with duckdb.connect() as db:
        price = f"CASE n {' '.join(f'WHEN {n} THEN {value}' for n, value in odd.items())} ELSE 9.5 END"
        db.execute(
            f"COPY (SELECT n AS \"order\", if(n = 5, timestamp 'infinity', timestamp '2026-05-01') AS date,"  # noqa: S608
            f" if(n = 6, 'A' || chr(0), 'A') AS sku, 2 AS quantity, {price} AS price FROM range(1, 8) t(n))"
            f" TO '{tmp_path / 'f.parquet'}' (FORMAT parquet)"
        )
    done = bring_in(tmp_path / "f.parquet", "plain-orders", channel="market")
    assert (done.run.state, done.run.new) == ("done", 3)
    assert sorted(ImportReject.objects.values_list("line", flat=True)) == [2, 3, 5, 6]
