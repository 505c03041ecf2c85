"""Counting piece by piece: whoever is stopped in between has kept what was counted."""

from __future__ import annotations

import time

from stockwright.kit.actions import perform
from stockwright.kit.people import SYSTEM

# Of history, so many days are counted in one transaction.
MONTH = 31


def count_up(*, door: str, reason: str = "", wait: bool = True, seconds: float = float("inf")) -> int:
    """Count what changed, and all history that was not counted yet, in as many transactions as it takes.

    Units: the days of history that are left when the seconds are over.
    """
    end = time.monotonic() + seconds
    given = {"wait": wait, "most": MONTH}
    while True:
        left: int = perform("insight.count", given, actor=SYSTEM, reason=reason, door=door).result.left
        if not left or time.monotonic() > end:
            return left
