"""The figures of a journal of invoices come out of the database as they are in the file."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from stockwright.channels.files.mapped import named, shipped_mappings
from stockwright.channels.imports.tests.make import bring_in
from stockwright.kit.bulk import fetch

PACKAGE = Path(__file__).resolve().parents[4]
REPOSITORY = PACKAGE.parents[1]
SAMPLE = PACKAGE / "demo" / "data" / "online_retail_sample.parquet"
WHOLE = (
    Path(os.environ.get("STOCKWRIGHT_DATA", REPOSITORY.parent / "shared" / "data"))
    / "online_retail"
    / "online_retail_541909.parquet"
)
# What independent work on the whole file found.
PUBLISHED = {
    "rows": 541_909, "invoices": 25_900, "cancellations": 3_836, "adjustments": 3, "stock_codes": 4_070,
    "customers": 4_372, "rows_without_customer": 135_080, "worth": Decimal("9747747.93"), "sale_lines": 530_104,
    "sale_invoices": 19_960, "gross": Decimal("10666684.54"), "credits": Decimal("-896812.49"), "write_offs": 1_336,
    "goods_skus": 3_791, "goods_invoices": 19_773, "goods_gross": Decimal("10271034.61"), "goods_units": 5_576_996,
    "returned_rows": 8_704, "returned_worth": Decimal("478724.18"),
}  # fmt: skip
SOURCES = [SAMPLE, *([WHOLE] if WHOLE.exists() else [])]

# Rows of the file as the database has them: lines of orders, rows of credits matched with a sale (their refunds), and
# write-offs. A refund's reference is the credit's number and the row in it.
ROWS = """
CREATE TEMP TABLE told ON COMMIT DROP AS
SELECT o.number AS invoice, l.sku, l.units AS units, l.units * l.unit_price AS worth, l.unit_price AS price,
       o.customer_id AS customer, l.kind = 'goods' AS goods, o.number LIKE 'C%' AS credit
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
UNION ALL
SELECT split_part(p.reference, '/', 1), NULL, NULL, -sum(p.amount), NULL, min(o.customer_id), true, true
FROM orders_payment p JOIN orders_order o ON o.id = p.order_id
WHERE p.kind = 'refund' AND p.reference LIKE 'C%/%' GROUP BY p.reference
UNION ALL
SELECT m.reference_id::text, v.sku, -m.units, 0, 0, NULL, true, false
FROM stock_movement m JOIN catalog_variant v ON v.id = m.variant_id WHERE m.reason = 'written_off'
"""
GOODS = r"sku ~ '^[0-9]{5}[A-Za-z]{0,2}$'"
FROM_DATABASE = {
    "rows": "SELECT count(*) FROM told",
    "invoices": "SELECT count(DISTINCT invoice) FROM told",
    "cancellations": "SELECT count(DISTINCT invoice) FROM told WHERE credit",
    "adjustments": "SELECT count(DISTINCT invoice) FROM told WHERE invoice LIKE 'A%%'",
    "stock_codes": "SELECT count(DISTINCT sku) FROM told",
    "customers": "SELECT count(DISTINCT customer) FROM told",
    "rows_without_customer": "SELECT count(*) FROM told WHERE customer IS NULL",
    "worth": "SELECT sum(worth) FROM told",
    "sale_lines": "SELECT count(*) FROM told WHERE NOT credit AND units > 0 AND price > 0",
    "sale_invoices": "SELECT count(DISTINCT invoice) FROM told WHERE NOT credit AND units > 0 AND price > 0",
    "gross": "SELECT sum(worth) FROM told WHERE NOT credit AND units > 0 AND price > 0",
    "credits": "SELECT coalesce(sum(worth), 0) FROM told WHERE credit",
    "write_offs": "SELECT count(*) FROM stock_movement WHERE reason = 'written_off'",
    "goods_skus": f"SELECT count(DISTINCT upper(sku)) FROM told WHERE NOT credit AND units > 0 AND price > 0 AND {GOODS}",  # noqa: S608
    "goods_invoices": f"SELECT count(DISTINCT invoice) FROM told WHERE NOT credit AND units > 0 AND price > 0 AND {GOODS}",  # noqa: S608
    "goods_gross": f"SELECT sum(worth) FROM told WHERE NOT credit AND units > 0 AND price > 0 AND {GOODS}",  # noqa: S608
    "goods_units": f"SELECT sum(units) FROM told WHERE NOT credit AND units > 0 AND price > 0 AND {GOODS}",  # noqa: S608
    # Only goods are matched with a sale.
    "returned_rows": f"SELECT count(*) FROM told WHERE credit AND (sku IS NULL OR {GOODS})",  # noqa: S608
    "returned_worth": f"SELECT -coalesce(sum(worth), 0) FROM told WHERE credit AND (sku IS NULL OR {GOODS})",  # noqa: S608
}


def from_file(path: Path) -> dict[str, Any]:
    """The same figures straight from the file, by another program."""
    goods = "regexp_matches(StockCode, '^[0-9]{5}[A-Za-z]{0,2}$')"
    sale = "InvoiceNo NOT LIKE 'C%' AND Quantity > 0 AND UnitPrice > 0"
    credit = "InvoiceNo LIKE 'C%'"
    worth = "sum(Quantity * CAST(UnitPrice AS DECIMAL(18, 4)))"
    asked = {
        "rows": "count(*)",
        "invoices": "count(DISTINCT InvoiceNo)",
        "cancellations": f"count(DISTINCT InvoiceNo) FILTER ({credit})",
        "adjustments": "count(DISTINCT InvoiceNo) FILTER (InvoiceNo LIKE 'A%')",
        "stock_codes": "count(DISTINCT StockCode)",
        "customers": "count(DISTINCT CustomerID)",
        "rows_without_customer": "count(*) FILTER (CustomerID IS NULL)",
        "worth": worth,
        "sale_lines": f"count(*) FILTER ({sale})",
        "sale_invoices": f"count(DISTINCT InvoiceNo) FILTER ({sale})",
        "gross": f"{worth} FILTER ({sale})",
        "credits": f"{worth} FILTER ({credit})",
        "write_offs": "count(*) FILTER (InvoiceNo NOT LIKE 'C%' AND Quantity <= 0)",
        "goods_skus": f"count(DISTINCT upper(StockCode)) FILTER ({sale} AND {goods})",
        "goods_invoices": f"count(DISTINCT InvoiceNo) FILTER ({sale} AND {goods})",
        "goods_gross": f"{worth} FILTER ({sale} AND {goods})",
        "goods_units": f"sum(Quantity) FILTER ({sale} AND {goods})",
        "returned_rows": f"count(*) FILTER ({credit} AND {goods})",
        "returned_worth": f"-({worth} FILTER ({credit} AND {goods}))",
    }
    with duckdb.connect() as db:
        (row,) = db.execute(f"SELECT {', '.join(asked.values())} FROM read_parquet(?)", [str(path)]).fetchall()  # noqa: S608
    return dict(zip(asked, row, strict=True))


def figures() -> dict[str, Any]:
    """All figures as the database has them."""
    from django.db import connection  # noqa: PLC0415 - a temporary table, made where it is asked

    with connection.cursor() as cursor:
        # The planner has not seen the rows of this transaction yet.
        cursor.execute("ANALYZE orders_order, orders_orderline, orders_payment, stock_movement, catalog_variant")
        cursor.execute(ROWS)
    return {name: fetch(statement)[0][0] for name, statement in FROM_DATABASE.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_figure_of_the_file_comes_out_of_the_database(path: Path) -> None:
    done = bring_in(path, "uci-online-retail")
    assert done.clean
    found, told = figures(), from_file(path)
    assert {k: round(Decimal(v), 2) for k, v in found.items()} == {k: round(Decimal(v), 2) for k, v in told.items()}
    assert done.run.rows == told["rows"]
    if path == WHOLE:
        assert {k: round(Decimal(v), 2) for k, v in found.items()} == {k: Decimal(str(v)) for k, v in PUBLISHED.items()}


@pytest.mark.django_db
def test_history_moves_nothing_but_what_was_written_off() -> None:
    bring_in(SAMPLE, "uci_online_retail")
    assert fetch("SELECT DISTINCT reason FROM stock_movement") == [("written_off",)]
    assert fetch("SELECT count(*) FROM stock_commitment")[0][0] == 0
    ((never, out),) = fetch(
        "SELECT count(*) FILTER (WHERE NOT is_history), count(*) FILTER (WHERE fulfilment <> 'fulfilled') FROM orders_order"
    )
    assert (never, out) == (0, 0)


@pytest.mark.django_db
def test_every_record_is_accounted_for_and_matched_credits_are_told_apart() -> None:
    run = bring_in(SAMPLE, "uci_online_retail").run
    credits_ = {row[0] for row in fetch("SELECT number FROM orders_order WHERE 'credit' = ANY(tags)")}
    numbers = duckdb.connect().execute(
        "SELECT count(DISTINCT InvoiceNo) FROM read_parquet(?) WHERE InvoiceNo LIKE 'C%'", [str(SAMPLE)]
    )
    ((told,),) = numbers.fetchall()
    assert run.absorbed == told - len(credits_) > 0
    assert (run.changed, run.unchanged, run.rejected_records) == (0, 0, 0)
    again = bring_in(SAMPLE, "uci-online-retail").run
    assert (again.new, again.changed, again.unchanged, again.absorbed) == (0, 0, run.new, run.absorbed)


def test_names_of_mappings_have_hyphens_and_may_be_asked_for_with_underscores() -> None:
    assert "uci-online-retail" in shipped_mappings()
    assert not any("_" in name for name in shipped_mappings())
    assert named(" UCI_online_retail") == "uci-online-retail"


@pytest.mark.django_db
def test_units_given_back_are_those_of_matched_credits() -> None:
    bring_in(SAMPLE, "uci_online_retail")
    ((returned, lines),) = fetch("SELECT sum(returned), count(*) FILTER (WHERE returned > 0) FROM orders_orderline")
    assert returned > 0
    assert lines > 0
    ((refunded, entries),) = fetch(
        "SELECT (SELECT sum(refunded) FROM orders_order), (SELECT sum(amount) FROM orders_payment WHERE kind = 'refund')"
    )
    assert refunded == entries
