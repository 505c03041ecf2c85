"""Reduced prices, which hold on their days only."""

from __future__ import annotations

from decimal import Decimal

from stockwright.channels.files.grouping import Columns
from stockwright.channels.files.port import Options
from stockwright.channels.files.reading import Row
from stockwright.kit.clock import now

# The first and the last day of a reduced price; an empty one leaves that side open.
DAYS = ("sale_from", "sale_to")


def prices(columns: Columns, row: Row, options: Options, *, regular: str, sale: str) -> dict[str, Decimal | None]:
    """What a row's goods cost today, on the calendar of the shop, and the price to compare with.

    Raises: BadCell.
    """
    full, reduced = columns.positive(row, regular), columns.positive(row, sale)
    if reduced is None:
        return {"price": full, "compare_at_price": None}
    today = now().astimezone(options.tz).date()
    first, last = (moment and moment.astimezone(options.tz).date() for moment in (columns.moment(row, d) for d in DAYS))
    holds = (not first or first <= today) and (not last or today <= last)
    # Before and after its days there is something to compare with too: what was told earlier must not stay.
    return {"price": reduced if holds else full, "compare_at_price": full}
