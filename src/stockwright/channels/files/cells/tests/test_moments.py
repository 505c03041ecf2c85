from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.channels.files.cells.moments import DMY, MDY, MomentEvidence, Moments, check_declared
from stockwright.channels.files.errors import AmbiguousDates, BadCell, MixedDates

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def see(*texts: str) -> MomentEvidence:
    evidence = MomentEvidence("date")
    for line, text in enumerate(texts, 2):
        evidence.see(text, line)
    return evidence


def test_one_day_past_the_twelfth_speaks_for_the_column() -> None:
    assert see("01/02/2026", "13/02/2026").order() == DMY
    assert see("01/02/2026", "02/13/2026").order() == MDY


def test_refuses_a_column_that_leaves_it_open() -> None:
    with pytest.raises(AmbiguousDates, match=r"01/02/2026 \(line 2\)"):
        see("01/02/2026", "03/03/2026").order()


def test_refuses_a_column_with_both_orders() -> None:
    with pytest.raises(MixedDates, match=r"13/02/2026 \(line 2\) and 02/13/2026 \(line 3\)"):
        see("13/02/2026", "02/13/2026").order()


def test_points_are_written_day_first_and_iso_is_clear() -> None:
    assert see("01.02.2026").order() == DMY
    assert see("2026-01-02", "2026-01-02 10:00").order() == DMY


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-04-28 13:34:05 -0500", datetime(2026, 4, 28, 18, 34, 5, tzinfo=UTC)),
        ("2026-04-28T13:34:05Z", datetime(2026, 4, 28, 13, 34, 5, tzinfo=UTC)),
        ("2026-04-28T13:34:05.250+02:00", datetime(2026, 4, 28, 11, 34, 5, 250000, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
        ("1.7.2026 12:00", datetime(2026, 7, 1, 10, 0, tzinfo=UTC)),
        ("01/12/26 3:05 PM", datetime(2026, 12, 1, 14, 5, tzinfo=UTC)),
        ("1 Dec 2026", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),
        ("Dec 1, 2026", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),
        ("20260701", datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
    ],
)
def test_reads_moments_in_the_shops_zone(text: str, moment: datetime) -> None:
    assert Moments(AMSTERDAM, order=DMY).read(text) == moment


def test_reads_typed_cells_and_serial_numbers_of_sheets() -> None:
    moments = Moments(AMSTERDAM)
    assert moments.read(date(2026, 7, 1)) == datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
    assert moments.read(46204.5) == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert moments.read("") is None


def test_a_declared_pattern_is_kept_to() -> None:
    moments = Moments(AMSTERDAM, declared="%d|%m|%Y")
    assert moments.read("01|07|2026") == datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
    with pytest.raises(BadCell):
        moments.read("2026-07-01")
    with pytest.raises(BadCell):
        check_declared("day first")


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2026", "2026-13-01", "yesterday", "12:00", "99/99/9999", "2026-01-01 25:00", "2026-01-01 15:00 AM",
        "Marble 5, 2026", "5 decimal 2026", "NaT", "NaN", "1" * 200,
    ],
)  # fmt: skip
def test_refuses_days_that_do_not_exist(text: str) -> None:
    with pytest.raises(BadCell):
        Moments(AMSTERDAM, order=DMY).read(text)


@pytest.mark.parametrize("order", [DMY, MDY])
def test_a_short_date_like_iso_is_read_only_as_it_is_declared(order: str) -> None:
    assert see("24-01-05").order() == DMY
    with pytest.raises(BadCell, match="its first or its last part"):
        Moments(AMSTERDAM, order=order).read("24-01-05")
    assert Moments(AMSTERDAM, declared="ymd").read("24-01-05") == datetime(2024, 1, 4, 23, tzinfo=UTC)
    assert Moments(AMSTERDAM, declared="dmy").read("24-01-05") == datetime(2005, 1, 23, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "0000-01-01", "0001-01-01", "9999-12-31 23:59:59 -1200", "0001-01-01 00:00:00 +1200", "1900-01-01", date.min,
        datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC), date.max, float("nan"), float("inf"), 1e300, -1e10, 5, True,
    ],
)  # fmt: skip
def test_refuses_what_no_shop_has_lived(value: object) -> None:
    for zone in (AMSTERDAM, ZoneInfo("America/New_York")):
        with pytest.raises(BadCell):
            Moments(zone).read(value)


@pytest.mark.parametrize("pattern", ["day first", "%d/%m", "%d/%d/%m/%Y", "%d/%m/%Y %Q", "%d/%m/%Y %"])
def test_a_pattern_that_is_none_is_refused_when_it_is_declared(pattern: str) -> None:
    with pytest.raises(BadCell):
        check_declared(pattern)


@given(st.text(alphabet="0123456789/-.: TZ+ApmMDecJan", max_size=25))
def test_any_text_is_a_moment_or_a_bad_cell(text: str) -> None:
    see(text)
    try:
        found = Moments(AMSTERDAM, order=MDY).read(text)
    except BadCell:
        return
    assert found is None or found.tzinfo is UTC
