"""Cells to stock records: how many units of a SKU, where, and what the number means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.port import Record, Rejected, rejected
from stockwright.channels.files.reading import BadRow, Row
from stockwright.channels.files.reading.table import text

# What a number means, in the words of the room of stock: what lies there, or what can still be sold of it. Programs
# that know orders take those off at once, and may go below nothing.
ON_HAND, AVAILABLE = "on_hand", "available"


class StockRows:
    """Makes stock records; a SKU at a location is told once in a file."""

    def __init__(self, meaning: str = ON_HAND) -> None:
        self._meaning = meaning
        self._line: dict[tuple[str, str], int] = {}

    def beside(
        self, stock: list[Record], row: Row, column: str, units: Callable[[], int | None], *, sku: str, location: str,
        family: Callable[[], list[Row | BadRow]],
    ) -> Iterator[Rejected]:  # fmt: skip
        """Put the stock that a product's row tells beside, for when the products are in.

        Nonsense is a reject by itself: the product goes in. Without a location, or units, nothing is told. `family` gives
        all rows of the product, of which only this one tells stock: so it can be mended and imported by itself.
        """
        try:
            if location and (found := units()) is not None:
                told = self.record(row, column, found, sku=sku, location=location)
                told.family = family
                stock.append(told)
        except BadCell as error:
            yield rejected(error, family(), sku)

    def record(self, row: Row, column: str, units: int | None, *, sku: str, location: str) -> Record:
        """The record of a cell that was read as `units`. Raises: BadCell."""
        payload: dict[str, Any] = {"sku": sku, "location": location, "units": units, "meaning": self._meaning}
        for name, value in (("sku", sku), ("location", location)):
            if not value:
                why = _("no location: name one with --location") if name == "location" else _("empty")
                raise BadCell(why, column=name, line=row.line)
        if units is None:
            raise BadCell(_("empty"), column=column, line=row.line)
        if units < 0 and self._meaning == ON_HAND:
            raise BadCell(
                _("stock can't be less than nothing: count it"), column=column, value=text(units), line=row.line
            )
        first = self._line.setdefault((sku, location), row.line)
        if first != row.line:
            raise BadCell(
                _("line %(first)s says it already") % {"first": first}, column="sku", value=sku, line=row.line
            )
        return Record("stock", f"{sku} @ {location}", payload, [row])
