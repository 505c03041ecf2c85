from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import open_table


def test_reads_a_sheet_with_its_types_and_row_numbers(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        book.add_worksheet("empty")
        page = book.add_worksheet("stock")
        page.write_row(0, 0, ["sku", "units", "on"])
        page.write_row(2, 0, ["A", 3])
        page.write_datetime(2, 2, datetime(2026, 5, 1), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001
    table = open_table(tmp_path / "f.xlsx")
    (row,) = table.rows()
    assert table.columns == ["sku", "units", "on"]
    assert (row.line, row.cells[:2]) == (3, ["A", 3.0])
    assert row.cells[2] in (date(2026, 5, 1), datetime(2026, 5, 1))  # noqa: DTZ001


def test_refuses_an_archive_that_unpacks_to_a_mountain(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "f.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 60_000_000)
    with pytest.raises(UnreadableFile, match="unpacked it would be 60 MB"):
        open_table(tmp_path / "f.xlsx")


def test_names_the_sheets_there_are(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        book.add_worksheet("stock").write_row(0, 0, ["sku"])
    with pytest.raises(UnreadableFile, match="Its sheets: stock"):
        open_table(tmp_path / "f.xlsx", sheet="other")


def test_reads_parquet_in_order(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT range AS n, 'x' || range AS sku FROM range(25000)) TO '{path}' (FORMAT parquet)")  # noqa: S608
    table = open_table(path)
    assert (table.columns, table.estimate) == (["n", "sku"], 25_000)
    assert [row.cells[0] for row in table.rows()] == list(range(25_000))


def test_refuses_broken_parquet(tmp_path: Path) -> None:
    (tmp_path / "f.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(UnreadableFile):
        open_table(tmp_path / "f.parquet")
