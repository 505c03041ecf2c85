from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from stockwright.kit.sheets import FORMULA_STARTS, write_csv, write_xlsx


def read_back(pieces: Iterable[bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))


def test_csv_begins_with_a_byte_order_mark_and_keeps_awkward_texts():
    raw = b"".join(write_csv(["a", "b"], [["x\ny", 'say "hi"'], [None, "ü, é"]]))
    assert raw.startswith(b"\xef\xbb\xbf")
    assert read_back([raw]) == [["a", "b"], ["x\ny", 'say "hi"'], ["", "ü, é"]]


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-5", "@cmd", "\t=1", "\r=1", "  =1", "=HYPERLINK(1)"])
def test_a_text_that_looks_like_a_formula_is_neutralised(text: str):
    assert read_back(write_csv(["a"], [[text]]))[1] == ["'" + text]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30), max_size=5))
def test_no_cell_of_text_ever_begins_a_formula(texts: list[str]):
    for cell in (read_back(write_csv([*"abcde"], [texts])))[1:]:
        assert not any(text.lstrip(" ").startswith(FORMULA_STARTS) for text in cell)


def test_numbers_are_written_as_numbers_even_negative_ones():
    row = [Decimal("-1234.50"), -3, 1.5, Decimal("1E+3"), True]
    assert read_back(write_csv([*"abcde"], [row]))[1] == ["-1234.50", "-3", "1.5", "1000", "yes"]


def test_moments_are_told_on_the_shops_clock():
    moment = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    rows = read_back(write_csv(["at", "on"], [[moment, date(2026, 7, 1)]], zone="Europe/Amsterdam"))
    assert rows[1] == ["2026-07-01T14:00:00+02:00", "2026-07-01"]


def test_xlsx_keeps_types_and_never_makes_a_formula():
    file = io.BytesIO()
    rows = [["=1+1", Decimal("2.50"), datetime(2026, 7, 1, 12, tzinfo=UTC), None, 12345678901234567890]]
    assert write_xlsx(["a", "b", "c", "d", "e"], rows, file) == 1
    book = CalamineWorkbook.from_filelike(io.BytesIO(file.getvalue()))
    head, line = book.get_sheet_by_index(0).to_python()
    assert head == ["a", "b", "c (UTC)", "d", "e"]
    assert line == ["=1+1", 2.5, datetime(2026, 7, 1, 12), "", "12345678901234567890"]  # noqa: DTZ001
    assert b"<f>" not in file.getvalue()


def test_a_sheets_moments_are_dates_on_the_shops_clock_which_their_head_names():
    file = io.BytesIO()
    rows: list[list[object]] = [["A", None, Decimal("12.50")], ["B", datetime(2026, 7, 1, 12, tzinfo=UTC), Decimal(3)]]
    write_xlsx(["name", "at", "price"], rows, file, zone="Europe/Amsterdam")
    book = CalamineWorkbook.from_filelike(io.BytesIO(file.getvalue()))
    assert book.get_sheet_by_index(0).to_python() == [
        ["name", "at (Europe/Amsterdam)", "price"],
        ["A", "", 12.5],
        ["B", datetime(2026, 7, 1, 14), 3.0],  # noqa: DTZ001
    ]


def test_a_table_without_rows_still_has_its_head():
    file = io.BytesIO()
    assert write_xlsx(["a", "b"], [], file) == 0
    book = CalamineWorkbook.from_filelike(io.BytesIO(file.getvalue()))
    assert book.get_sheet_by_index(0).to_python() == [["a", "b"]]
    assert read_back(write_csv(["a", "b"], [])) == [["a", "b"]]
