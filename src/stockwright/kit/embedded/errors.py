"""The one error of set-up: a sentence for the person at the terminal, with the cure."""

from __future__ import annotations


class SetupError(Exception):
    """Stockwright cannot start here; the text says what is wrong and what to do."""
