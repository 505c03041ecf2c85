"""Identifiers: UUIDv7 made in Python, so that they sort by time and need no trip to the database; rows' numbers as text."""

from __future__ import annotations

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then randomness."""
    return UUID(int=_fresh(int.from_bytes(os.urandom(10), "big")))


def new_ids(count: int) -> list[UUID]:
    """Many at once, in rising order within the call."""
    noise = os.urandom(10)
    start = int.from_bytes(noise, "big")
    # Counting up in the random tail keeps the order of one batch.
    return [UUID(int=_fresh(start + step)) for step in range(count)]


def is_number(text: str) -> bool:
    """Whether a text is the number of a row, as addresses and forms carry it: "²" and "٣" are digits, and are none."""
    return text.isascii() and text.isdecimal() and len(text) <= 18  # noqa: PLR2004 - fits a bigint


def _fresh(tail: int) -> int:
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | (tail & (2**80 - 1))
    value = value & ~(0xF << 76) | (0x7 << 76)
    return value & ~(0x3 << 62) | (0x2 << 62)
