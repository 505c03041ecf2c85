"""Why a file as a whole is refused; a single bad row is a reject instead."""

from __future__ import annotations

from stockwright.kit.errors import Invalid


class UnreadableFile(Invalid):
    """{name} can't be read: {why}. {cure}"""  # noqa: D415


class UnknownFormat(Invalid):
    """{name} is none of the known files: its columns are {columns}. Say what they mean with a mapping."""


class MissingColumns(Invalid):
    """{name} lacks {columns}. {cure}"""  # noqa: D415


class TwiceNamed(Invalid):
    """{name} has more than one column called {columns}: nothing tells which of them counts. Give each a name of its own."""


class AmbiguousNumbers(Invalid):
    """Column {column}: {value} (line {line}) may be one or a thousand times as much, and no other cell tells. Declare the decimal mark: --decimal point or --decimal comma."""


class MixedNumbers(Invalid):
    """Column {column} writes decimals in two ways: {point} (line {point_line}) and {comma} (line {comma_line}). Make them alike, or declare --decimal point or --decimal comma."""


class AmbiguousDates(Invalid):
    """Column {column}: {value} (line {line}) may be day/month or month/day, and no other cell tells. Declare it: --date-format dmy or --date-format mdy."""


class MixedDates(Invalid):
    """Column {column} has both day/month and month/day: {dmy} (line {dmy_line}) and {mdy} (line {mdy_line}). Make them alike, or declare --date-format dmy or mdy."""


class BadCell(Exception):
    """A value that can't be understood; the reader of the row adds line and column."""

    def __init__(self, reason: str, *, column: str = "", value: str = "", line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column
        self.value = value
        self.line = line
