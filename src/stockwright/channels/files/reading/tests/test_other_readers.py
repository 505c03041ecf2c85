from __future__ import annotations

import re
import zipfile
import zlib
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import BadRow, open_table, xlsx_extent
from stockwright.channels.files.reading.xlsx_beginning import copy_beginning


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


def test_refuses_an_archive_that_holds_more_than_it_says(tmp_path: Path) -> None:
    path = workbook(tmp_path, 2000, (b"", b""))
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
        others = {part: archive.read(part) for part in archive.namelist() if "sheet1" not in part}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", xml)
        told = archive.getinfo("xl/worksheets/sheet1.xml")
        told.file_size, told.CRC = 100, zlib.crc32(xml[:100])
        for part, content in others.items():
            archive.writestr(part, content)
    with pytest.raises(UnreadableFile, match="it holds more than it says"):
        open_table(path)


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


def parquet(folder: Path, select: str) -> Path:
    with duckdb.connect() as db:
        db.execute(f"COPY ({select}) TO '{folder / 'f.parquet'}' (FORMAT parquet)")
    return folder / "f.parquet"


def test_a_nul_in_parquet_makes_a_bad_row_and_the_next_is_good(tmp_path: Path) -> None:
    path = parquet(tmp_path, "SELECT range AS n, if(range = 0, 'a' || chr(0), 'b') AS sku FROM range(2)")
    bad, good = open_table(path).rows()
    assert isinstance(bad, BadRow)
    assert bad.reason == "Cell 2 holds a NUL byte: remove it."
    assert list(good.cells) == [1, "b"]


def test_parquet_values_without_a_plain_one_of_python_are_read_as_texts(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        "SELECT timestamptz '2026-01-01 10:00+02' AS at, [1, 2] AS l, {'a': 1} AS s, 'xy'::blob AS \"b\"\"b\"",
    )
    (row,) = open_table(path).rows()
    assert list(row.cells) == ["2026-01-01 08:00:00Z", "[1, 2]", "{'a': 1}", "xy"]


def workbook(folder: Path, rows: int, change: tuple[bytes, bytes]) -> Path:
    """A workbook of days whose sheet was changed behind its program's back."""
    with xlsxwriter.Workbook(folder / "good.xlsx") as book:
        page, day = book.add_worksheet("stock"), book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, ["sku", "at"])
        for n in range(1, rows + 1):
            page.write(n, 0, f"S{n}")
            page.write_number(n, 1, 46_000 + n, day)
    with zipfile.ZipFile(folder / "good.xlsx") as good, zipfile.ZipFile(folder / "f.xlsx", "w") as changed:
        for part in good.namelist():
            changed.writestr(part, good.read(part).replace(*change))
    return folder / "f.xlsx"


def test_a_day_that_breaks_the_readers_own_code_makes_a_bad_row(tmp_path: Path) -> None:
    bad, good = open_table(workbook(tmp_path, 2, (b"<v>46001</v>", b"<v>-1e300</v>"))).rows()
    assert isinstance(bad, BadRow)
    assert (bad.line, good.cells[0]) == (2, "S2")


def test_a_sheet_that_breaks_the_readers_own_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        open_table(workbook(tmp_path, 2, (b'r="B2"', b'r="ZZZZZZZ99999999999"')))


@pytest.mark.parametrize("place", [b'r="XFD1048576"', b"r = 'ZZ100000'", b'r="B9999999"'])
def test_two_cells_far_apart_are_refused_before_room_is_made_for_what_lies_between(
    tmp_path: Path, place: bytes
) -> None:
    with pytest.raises(UnreadableFile, match=r"its 6 cells are scattered over [0-9,]+ rows and [0-9,]+ columns"):
        open_table(workbook(tmp_path, 2, (b'r="B3"', place)))


def test_cells_and_rows_that_do_not_say_where_they_are_are_counted_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = b"<row>" + b"<c><v>1</v></c>" * 3000 + b'</row><row r="1048576"><c><v>2</v></c></row></sheetData>'
    path = workbook(tmp_path, 2, (b"</sheetData>", wide))
    for piece in (7, 1 << 22):
        monkeypatch.setattr(xlsx_extent, "_PIECE", piece)
        with pytest.raises(UnreadableFile, match="its 3,007 cells are scattered over 1,048,576 rows and 3,002 columns"):
            open_table(path)


def test_a_sheet_whose_cells_do_not_say_where_they_are_is_read(tmp_path: Path) -> None:
    named = re.compile(rb' r="[A-Z]?\d+"')
    source = workbook(tmp_path, 50, (b"", b""))
    with zipfile.ZipFile(source) as good, zipfile.ZipFile(tmp_path / "bare.xlsx", "w") as bare:
        for part in good.namelist():
            bare.writestr(part, named.sub(b"", good.read(part)) if "sheet1" in part else good.read(part))
    assert [row.cells for row in open_table(tmp_path / "bare.xlsx").rows()] == [
        row.cells for row in open_table(source).rows()
    ]


def test_where_cells_are_is_seen_across_the_pieces_of_a_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_extent, "_PIECE", 7)
    assert len(list(open_table(workbook(tmp_path, 50, (b"", b""))).rows())) == 50
    with pytest.raises(UnreadableFile, match="scattered over 1,048,576 rows and 16,384 columns"):
        open_table(workbook(tmp_path, 50, (b'r="B9"', b'r="XFD1048576"')))


def test_the_first_rows_of_a_workbook_are_a_workbook(tmp_path: Path) -> None:
    path = workbook(tmp_path, 5000, (b"", b""))
    with zipfile.ZipFile(path) as archive:
        unpacked = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    with (tmp_path / "first.xlsx").open("wb") as first:
        assert copy_beginning(path, "f.xlsx", first, unpacked // 10)
    rows = list(open_table(tmp_path / "first.xlsx").rows())
    assert 400 < len(rows) < 600
    assert [row.cells[0] for row in rows[:2]] == ["S1", "S2"]
    with (tmp_path / "none.xlsx").open("wb") as none:
        assert not copy_beginning(path, "f.xlsx", none, unpacked)


def test_a_workbook_without_rows_is_refused(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        book.add_worksheet("one")
    with pytest.raises(UnreadableFile, match=r"none of its sheets has rows\. Its sheets: one"):
        open_table(tmp_path / "f.xlsx")
