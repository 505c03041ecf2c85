"""The states of an import, and which may follow which."""

from __future__ import annotations

from enum import StrEnum


class ImportState(StrEnum):
    """How far an import is."""

    # Read: rows become messages in the inbox. Applying: the inbox is working on them.
    WAITING = "waiting"
    READING = "reading"
    APPLYING = "applying"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


IMPORT_MOVES: dict[ImportState, frozenset[ImportState]] = {
    ImportState.WAITING: frozenset({ImportState.READING, ImportState.CANCELLED, ImportState.FAILED}),
    ImportState.READING: frozenset({ImportState.APPLYING, ImportState.CANCELLED, ImportState.FAILED}),
    ImportState.APPLYING: frozenset({ImportState.DONE, ImportState.CANCELLED}),
    # A message that was quarantined may be tried again.
    ImportState.DONE: frozenset(),
    ImportState.CANCELLED: frozenset(),
    ImportState.FAILED: frozenset(),
}
UNFINISHED = frozenset({ImportState.WAITING, ImportState.READING, ImportState.APPLYING})
