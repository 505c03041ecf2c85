"""The life of a proposal."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a proposal is."""

    OPEN = "open"
    # Out of sight until a moment.
    SNOOZED = "snoozed"
    # The action was performed as proposed, or with another input.
    APPLIED = "applied"
    EDITED = "edited"
    # Somebody said why not.
    DISMISSED = "dismissed"
    # What it was about went away by itself.
    EXPIRED = "expired"
    # The action refused; it stays on the list with the reason.
    FAILED = "failed"


# Still to be decided. One proposal of a kind and subject is in one of these at a time.
LIVE = (State.OPEN, State.SNOOZED, State.FAILED)
# Decided by a person or a playbook; while its facts last, nobody is asked again without cause.
DECIDED = (State.APPLIED, State.EDITED, State.DISMISSED)

_DECISIONS = frozenset({State.SNOOZED, State.APPLIED, State.EDITED, State.DISMISSED, State.EXPIRED, State.FAILED})

MOVES: dict[State, frozenset[State]] = {
    State.OPEN: _DECISIONS,
    State.FAILED: (_DECISIONS - {State.FAILED}) | {State.OPEN},
    # A snoozed one wakes by itself, or is decided early.
    State.SNOOZED: (_DECISIONS - {State.SNOOZED}) | {State.OPEN},
    # Undone: the matter is open again, or ended where a newer proposal asks for the same already.
    State.APPLIED: frozenset({State.OPEN, State.EXPIRED}),
    State.EDITED: frozenset({State.OPEN, State.EXPIRED}),
    State.DISMISSED: frozenset({State.OPEN, State.EXPIRED}),
    State.EXPIRED: frozenset(),
}
