"""Refusals of this room."""

from __future__ import annotations

from stockwright.kit.errors import Refused


class NothingToApply(Refused):
    """There is no action in this proposal; look at the page it names."""


class NothingToUndo(Refused):
    """Nothing was applied that could be undone."""
