"""Why an import is refused."""

from __future__ import annotations

from stockwright.kit.errors import Conflict, Invalid, Refused, Unavailable


class ImportRunning(Refused):
    """{name} is being imported already with other options (import {which}); wait for it or cancel it."""


class NotCancellable(Refused):
    """Import {which} is {state}: nothing is left to cancel."""


class BadMapping(Invalid):
    """This mapping can't be used: {why}"""  # noqa: D415


class NeedsChannel(Invalid):
    """Say which channel these orders belong to{among}: --channel."""


class ImportsBusy(Unavailable):
    """Another import is at work; this one comes after it."""


class CantGoOn(Invalid):
    """{name} can't be read on from row {row} or soon after: {what}. What came before it stays; mend the file and import it again."""


class CantKeep(Unavailable):
    """{name} can't be kept: {why}. Make room, then try again."""


class NotReading(Conflict):
    """Import {which} is being read by somebody else, or was cancelled."""
