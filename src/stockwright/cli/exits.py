"""The exit codes of every command."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command tells the program that called it."""

    DONE = 0
    REFUSED = 1  # or found wrong
    USAGE = 2
    UNAVAILABLE = 3


def exit_of_kind(kind: str) -> Exit:
    """Return the exit code for a kind of StockwrightError."""
    return Exit.UNAVAILABLE if kind == "unavailable" else Exit.REFUSED
