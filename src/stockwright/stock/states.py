"""The states of stock's documents, and how they may move."""

from __future__ import annotations

from enum import StrEnum


class CountState(StrEnum):
    """Of a count."""

    OPEN = "open"
    POSTED = "posted"
    CANCELLED = "cancelled"


COUNT_MOVES = {CountState.OPEN: frozenset({CountState.POSTED, CountState.CANCELLED})}


class TransferState(StrEnum):
    """Of a transfer."""

    DRAFT = "draft"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CANCELLED = "cancelled"


TRANSFER_MOVES = {
    TransferState.DRAFT: frozenset({TransferState.IN_TRANSIT, TransferState.CANCELLED}),
    TransferState.IN_TRANSIT: frozenset({TransferState.RECEIVED, TransferState.CANCELLED}),
}
