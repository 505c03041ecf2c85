from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.channels.files.cells.numbers import COMMA, POINT, NumberEvidence, number, told_mark, whole
from stockwright.channels.files.errors import AmbiguousNumbers, BadCell, MixedNumbers


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("1,234.56", POINT), ("1.234,56", COMMA), ("1234.5", POINT), ("1234,5", COMMA), ("0.123", POINT),
        ("1.234.567", COMMA), ("1,234,567", POINT), ("1.234", "?"), ("12,345", "?"), ("1234.567", POINT),
        ("1234", ""), ("1 234,50", COMMA), ("€ 1.234,50", COMMA), ("-0,5", COMMA), ("abc", ""),
    ],
)  # fmt: skip
def test_tells_the_decimal_mark_that_a_text_can_only_have(text: str, mark: str) -> None:
    assert told_mark(text) == mark


def see(*texts: str) -> NumberEvidence:
    evidence = NumberEvidence("price")
    for line, text in enumerate(texts, 2):
        evidence.see(text, line)
    return evidence


def test_one_clear_cell_speaks_for_the_column() -> None:
    assert see("1.234", "2,5").mark() == COMMA
    assert see("1,234", "2.5").mark() == POINT


def test_refuses_a_column_that_leaves_it_open() -> None:
    with pytest.raises(AmbiguousNumbers, match=r"Column price: 1\.234 \(line 3\)"):
        see("12", "1.234").mark()


def test_a_known_writer_needs_no_evidence() -> None:
    assert see("1.234").mark(POINT) == POINT


def test_refuses_a_column_that_contradicts_itself() -> None:
    with pytest.raises(MixedNumbers, match=r"2\.5 \(line 2\) and 2,5 \(line 3\)"):
        see("2.5", "2,5").mark()


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1.234,56", COMMA, "1234.56"), ("1,234.56", POINT, "1234.56"), ("1 234,5", COMMA, "1234.5"),
        ("(12.50)", POINT, "-12.50"), ("12.50-", POINT, "-12.50"), ("£3.99", POINT, "3.99"), ("1'234.50", POINT, "1234.50"),
        ("3,99 EUR", COMMA, "3.99"), ("+7", POINT, "7"), ("−5", POINT, "-5"), ("'-5.5", POINT, "-5.5"),
        ("1.5E+03", POINT, "1500"), ("$.50", POINT, "0.50"), ("kr. 12,50", COMMA, "12.50"), ("-€5", POINT, "-5"),
        ("12 345.6", POINT, "12345.6"), ("US$1,234", POINT, "1234"),
    ],
)  # fmt: skip
def test_reads_numbers_as_people_write_them(text: str, mark: str, value: str) -> None:
    assert number(text, mark) == Decimal(value)


@pytest.mark.parametrize("text", ["abc", "1,23.45", "12,5", "1..2", "--1", "nan", "inf", "1e400", "1.2.3"])
def test_refuses_what_is_no_number(text: str) -> None:
    with pytest.raises(BadCell):
        number(text, POINT)


@pytest.mark.parametrize(
    "text",
    [
        "1 2", "1 23", "12 34.5", "12abc", "abc12", "12 kg", "5%", "1_000", "12,-", "(5", "5)", "-(5)", "1,2,3", "0x10",
        "1 234,567", "1'234 567", "1234,567.5", "1e5e5", "€5 pcs", "12\n34", "'", "-", "1" * 100,
    ],
)  # fmt: skip
def test_refuses_to_guess_at_what_is_only_partly_a_number(text: str) -> None:
    with pytest.raises(BadCell):
        number(text, POINT)


def test_empty_is_nothing_and_a_float_is_what_it_shows() -> None:
    assert number("  ") is None
    assert number(2.55) == Decimal("2.55")
    assert whole(3.0) == 3
    with pytest.raises(BadCell, match="not a whole number"):
        whole("2.5")


@given(st.decimals(-99_999_999, 99_999_999, places=2))
def test_reads_back_what_either_convention_writes(value: Decimal) -> None:
    english = f"{value:,.2f}"
    german = english.replace(",", "_").replace(".", ",").replace("_", ".")
    assert number(english, POINT) == number(german, COMMA) == value


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_a_bad_cell(text: str) -> None:
    for mark in (POINT, COMMA):
        try:
            found = number(text, mark)
        except BadCell:
            continue
        assert found is None or found.is_finite()
