"""Whatever stands in a cell gives a value or the error of a cell, and never anything else."""

from __future__ import annotations

import contextlib
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.channels.files.cells.moments import DMY, MDY, MomentEvidence, Moments
from stockwright.channels.files.cells.numbers import COMMA, POINT, NumberEvidence, number, whole
from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.port import Options
from stockwright.channels.files.reading import Evidence, Row, Table
from stockwright.channels.files.registry import FORMATS
from stockwright.channels.files.tests.make import FILES
from stockwright.kit.errors import Invalid

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text() | st.binary(max_size=20)
    | st.datetimes() | st.datetimes(timezones=st.timezones()) | st.dates() | st.times() | st.timedeltas()
)  # fmt: skip
CELLS = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)
NUMBERLIKE = st.text(alphabet="0123456789.,'’ \u00a0+-−()€$%eErkEUR_", max_size=20)
MOMENTLIKE = st.text(alphabet="0123456789/-.: TZ+ApmMDecJan", max_size=25)
ZONES = [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/New_York"), ZoneInfo("UTC")]


@given(CELLS | NUMBERLIKE)
def test_a_cell_is_a_number_that_can_be_kept_or_bad(cell: object) -> None:
    NumberEvidence("x").see(cell, 2)
    for mark in (POINT, COMMA):
        with contextlib.suppress(BadCell):
            found = number(cell, mark)
            assert found is None or (found.is_finite() and abs(found) < 10**12)
        with contextlib.suppress(BadCell):
            units = whole(cell, mark)
            assert units is None or (type(units) is int and abs(units) <= 2_000_000_000)


@given(CELLS | MOMENTLIKE)
def test_a_cell_is_a_moment_of_our_days_or_bad(cell: object) -> None:
    MomentEvidence("x").see(cell, 2)
    for zone in ZONES:
        for order, declared in ((DMY, ""), (MDY, ""), (DMY, "ymd"), (DMY, "%d.%m.%Y %H:%M %z")):
            with contextlib.suppress(BadCell):
                found = Moments(zone, order, declared).read(cell)
                assert found is None or (isinstance(found, datetime) and 1970 <= found.year < 2200)


@pytest.mark.parametrize("code", sorted(FORMATS))
@given(st.data())
def test_any_cell_of_any_file_costs_its_own_record_at_most(code: str, data: st.DataObject) -> None:
    head, *rows = FILES[code]
    told: list[list[object]] = [list(row) for row in rows]
    column = data.draw(st.integers(0, len(head) - 1))
    told[data.draw(st.integers(0, len(told) - 1))][column] = data.draw(SCALARS | NUMBERLIKE | MOMENTLIKE)
    table = Table(
        "file", list(head), lambda: iter([Row(n, cells) for n, cells in enumerate(told, 2)]), Evidence("CSV"), 2
    )
    # A file as a whole is refused for its head, or for what its columns leave open, and only so.
    with contextlib.suppress(Invalid):
        assert list(FORMATS[code].read(table, Options(channel="x", location="main")))
