"""The shipped weeks of UCI Online Retail, moved to the present."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stockwright.channels.files.mapped import Mapping, mapped_format, shipped_mappings
from stockwright.channels.files.port import Options, Record
from stockwright.channels.files.reading import BadRow, Row, Table, open_table

ZONE = "Europe/London"
_MAPPING = "uci-online-retail"
_WEEK = timedelta(weeks=1)
# So many weeks of the sample are told as history, the rest is lived through.
_EARLIER = 4 * _WEEK


@dataclass(frozen=True, slots=True)
class Past:
    """What the shop did in the weeks before a moment."""

    products: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    # From the weeks before: imported history, for comparison.
    earlier: list[dict[str, Any]]
    write_offs: list[dict[str, Any]]
    # The first instant of what the shop lived through.
    begins: datetime


def sample_file(stack: ExitStack) -> Path:
    """The sample as a file of this machine, as long as the stack is open."""
    found = resources.files("stockwright.demo").joinpath("data", "online_retail_sample.parquet")
    return stack.enter_context(resources.as_file(found))


def mapping() -> Mapping:
    """The shipped mapping that reads it."""
    return shipped_mappings()[_MAPPING]


def past_until(moment: datetime) -> Past:
    """Invoices of the sample, moved by whole weeks so that weekdays stay and the last of them is just before a moment."""
    with ExitStack() as stack:
        table = open_table(sample_file(stack))
        at = table.index()["invoicedate"]
        there = moment.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
        first, last = _span(table, at)
        # Moved a little too far, and what would be in the future is left out.
        shift = _WEEK * -(-(there - last) // _WEEK)
        moved = Table(
            table.name, table.columns, lambda: _moved(table, at, shift, there), table.evidence, table.estimate
        )
        records = [r for r in mapped_format(mapping()).read(moved, Options()) if isinstance(r, Record)]
    payloads: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        payloads.setdefault(record.type, []).append(record.payload)
    begins = datetime.combine(first + shift + _EARLIER, time(), ZoneInfo(ZONE))
    orders = payloads.get("order", [])
    return Past(
        payloads.get("product_if_new", []),
        [order for order in orders if order["placed_at"] >= begins],
        [order for order in orders if order["placed_at"] < begins],
        # What was written off before the books began is nobody's business any more.
        [row for row in payloads.get("write_off", []) if row["at"] >= begins],
        begins,
    )


def _span(table: Table, at: int) -> tuple[datetime, datetime]:
    moments = [row.cells[at] for row in table.rows()]
    return min(moments), max(moments)


def _moved(table: Table, at: int, shift: timedelta, until: datetime) -> Iterator[Row | BadRow]:
    for row in table.rows():
        moment = row.cells[at] + shift
        if moment <= until:
            yield Row(row.line, [*row.cells[:at], moment, *row.cells[at + 1 :]])
