"""Why an import is refused."""

from __future__ import annotations

from stockwright.kit.errors import Conflict, Invalid, Refused


class ImportRunning(Refused):
    """{name} is being imported already (import {which}); wait for it or cancel it."""


class NotCancellable(Refused):
    """Import {which} is {state}: nothing is left to cancel."""


class BadMapping(Invalid):
    """This mapping can't be used: {why}"""  # noqa: D415


class NeedsChannel(Invalid):
    """Say which channel these orders belong to: --channel."""


class NotReading(Conflict):
    """Import {which} is being read by somebody else, or was cancelled."""
