"""What came of some records of a file: messages for the inbox, rejects, counts, and what has to be said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from stockwright.channels.files.port import Record, Rejected

ORDER, PRODUCT, STOCK, WRITE_OFF = "order.place", "file.product", "file.stock", "file.write_off"
# Rows of stock in one message: each is small, and they are applied as a set.
CHUNK = 500


@dataclass(slots=True)
class Outgoing:
    """A message for the inbox."""

    topic: str
    external_id: str
    # As JSON text.
    payload: str


@dataclass(slots=True)
class Batch:
    """What came of some records."""

    messages: list[Outgoing] = field(default_factory=list)
    rejects: list[Rejected] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    # What has to be said of the whole import (`remarks`), with how often.
    remarks: Counter[str] = field(default_factory=Counter)
    # Locations whose stock is told.
    places: set[int] = field(default_factory=set)
    # What the shop counts in from now on, where nobody said so before.
    currency: str = ""

    def reject(self, record: Record, reason: str, column: str = "", value: str = "") -> None:
        """Keep a record out."""
        rows = record.family() if record.family else record.rows
        self.rejects.append(Rejected(rows, reason, line_of(record), column, value[:200], record.key))


def line_of(record: Record) -> int:
    """The line on which a record begins."""
    return record.rows[0].line if record.rows else 0
