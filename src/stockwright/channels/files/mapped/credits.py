"""Credits of a journal of invoices, matched with the earlier lines that they give back."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.mapped.columns import MappedColumns
from stockwright.channels.files.reading import BadRow, Row, Table

# Customer and SKU.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back on an earlier invoice; the reference is the credit's number and the row in it."""

    amount: Decimal
    at: datetime
    reference: str


@dataclass(slots=True)
class Credits:
    """What was given back, by the invoice that sold it; and credit rows for which nothing earlier was found."""

    refunds: defaultdict[str, list[Refund]] = field(default_factory=lambda: defaultdict(list))
    # (invoice, position of the row in it) to units.
    returned: Counter[tuple[str, int]] = field(default_factory=Counter)
    # (credit, position of the row in it)
    matched: set[tuple[str, int]] = field(default_factory=set)

    def units(self, number: str, position: int) -> int:
        """How much of a row came back."""
        return self.returned.get((number, position), 0)

    def unmatched(self, number: str, rows: Sequence[Row]) -> list[Row]:
        """The rows of a credit that no earlier line explains."""
        return [row for position, row in enumerate(rows) if (number, position) not in self.matched]


@dataclass(slots=True)
class _Sold:
    number: str
    position: int
    left: int


@dataclass(slots=True)
class _Credit:
    number: str
    position: int
    key: Key
    units: int
    price: Decimal
    at: datetime


def match_credits(table: Table, columns: MappedColumns, credits_: re.Pattern[str], wanted: Set[Key]) -> Credits:
    """Match every credit row with what the same customer bought of the same SKU before, the latest first.

    A row is matched as a whole or not at all; rows without customer, of fees, or on invoices that will be rejected
    stay unmatched. `wanted` are the customers and SKUs that any credit names.
    """
    sold: defaultdict[Key, list[_Sold]] = defaultdict(list)
    credits_of: list[tuple[_Credit, int]] = []
    positions: Counter[str] = Counter()
    unsound: set[str] = set()
    for row in table.rows():
        at = columns.at("number")
        number = columns.text(row, "number") if len(row.cells) > at else ""  # type: ignore[arg-type]
        position = positions[number]
        positions[number] = position + 1
        if type(row) is BadRow:
            unsound.add(number)
            continue
        try:
            units = columns.whole(row, "units") or 0  # type: ignore[arg-type]
            price, placed = columns.number(row, "unit_price"), columns.moment(row, "placed_at")  # type: ignore[arg-type]
        except BadCell:
            unsound.add(number)
            continue
        key = buyer(columns, row), columns.text(row, "sku")  # type: ignore[arg-type]
        if key not in wanted:
            continue
        if not credits_.match(number):
            if units > 0:
                sold[key].append(_Sold(number, position, units))
        elif units < 0 and price is not None and price > 0 and placed is not None:
            credits_of.append((_Credit(number, position, key, -units, price, placed), len(sold[key])))
    found = Credits()
    for credit, before in credits_of:
        if credit.number not in unsound:
            _give_back(found, [line for line in sold[credit.key][:before] if line.number not in unsound], credit)
    return found


def buyer(columns: MappedColumns, row: Row) -> str:
    """Who bought, in the file's own words; empty when it does not say."""
    return columns.text(row, "customer") or columns.text(row, "email").lower()


def _give_back(found: Credits, sold: list[_Sold], credit: _Credit) -> None:
    if sum(line.left for line in sold) < credit.units:
        return
    open_ = credit.units
    for line in reversed(sold):
        units = min(open_, line.left)
        if not units:
            continue
        line.left -= units
        open_ -= units
        found.returned[line.number, line.position] += units
        found.refunds[line.number].append(
            Refund(units * credit.price, credit.at, f"{credit.number}/{credit.position + 1}")
        )
        if not open_:
            break
    found.matched.add((credit.number, credit.position))
