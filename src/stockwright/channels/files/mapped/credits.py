"""Credits of a journal of invoices, matched with the earlier lines that they give back."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Set as AbstractSet
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
    # (credit, position of the row in it) to the units that it gives back of each invoice.
    matched: dict[tuple[str, int], Counter[str]] = field(default_factory=dict)

    def units(self, number: str, position: int) -> int:
        """How much of a row came back."""
        return self.returned.get((number, position), 0)

    def open_units(self, number: str, position: int, lost: AbstractSet[str]) -> int | None:
        """How much of a credit's row no earlier line explains; None for all of it.

        `lost` are invoices that were rejected: what was given back of them explains nothing.
        """
        of = self.matched.get((number, position))
        if of is None:
            return None
        return sum(units for sale, units in of.items() if sale in lost)


@dataclass(slots=True)
class _Sold:
    number: str
    position: int
    left: int


@dataclass(slots=True)
class _Credit:
    number: str
    position: int
    units: int
    price: Decimal
    at: datetime


def match_credits(table: Table, columns: MappedColumns, credits_: re.Pattern[str], wanted: AbstractSet[Key]) -> Credits:
    """Match every credit row with what the same customer bought of the same SKU before, the latest first.

    A row is matched as a whole or not at all; rows without customer, of fees, or that can't be read stay unmatched.
    `wanted` are the customers and SKUs that any credit names.
    """
    found = Credits()
    sold: defaultdict[Key, list[_Sold]] = defaultdict(list)
    positions: defaultdict[str, int] = defaultdict(int)
    number_of, sku_of = columns.names("number"), columns.texts("sku")
    customer_of = columns.texts("customer") if columns.has("customer") else lambda row: buyer(columns, row)
    for row in table.rows():
        if type(row) is BadRow:
            positions[number_of(row)] += 1
            continue
        number = number_of(row)
        position = positions[number]
        positions[number] = position + 1
        key = customer_of(row), sku_of(row)  # type: ignore[arg-type]
        if key in wanted:
            _take(found, sold[key], columns, row, (number, position), is_credit=bool(credits_.match(number)))  # type: ignore[arg-type]
    return found


def _take(
    found: Credits, sold: list[_Sold], columns: MappedColumns, row: Row, where: tuple[str, int], *, is_credit: bool
) -> None:
    try:
        units = columns.whole(row, "units") or 0
        if not is_credit:
            if units > 0:
                sold.append(_Sold(*where, units))
            return
        price, at = columns.number(row, "unit_price"), columns.moment(row, "placed_at")
    except BadCell:
        # It will be rejected when its turn comes.
        return
    if units < 0 and price is not None and price > 0 and at is not None:
        _give_back(found, sold, _Credit(*where, -units, price, at))


def buyer(columns: MappedColumns, row: Row) -> str:
    """Who bought, in the file's own words; empty when it does not say."""
    return columns.text(row, "customer") or columns.text(row, "email").lower()


def _give_back(found: Credits, sold: list[_Sold], credit: _Credit) -> None:
    if sum(line.left for line in sold) < credit.units:
        return
    open_ = credit.units
    of: Counter[str] = Counter()
    for line in reversed(sold):
        units = min(open_, line.left)
        if not units:
            continue
        line.left -= units
        open_ -= units
        of[line.number] += units
        found.returned[line.number, line.position] += units
        found.refunds[line.number].append(
            Refund(units * credit.price, credit.at, f"{credit.number}/{credit.position + 1}")
        )
        if not open_:
            break
    found.matched[credit.number, credit.position] = of
