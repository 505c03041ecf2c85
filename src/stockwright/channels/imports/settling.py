"""Stage 2: the inbox applies an import's messages; here somebody helps and waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from stockwright.channels.imports.batch import ORDER, PRODUCT, STOCK, WRITE_OFF
from stockwright.channels.models import Import
from stockwright.channels.states import ImportState
from stockwright.kit.bulk import fetch
from stockwright.kit.inbox import drain

TOPICS = (PRODUCT, ORDER, STOCK, WRITE_OFF)
_PAUSE_SECONDS = 0.2
_TELL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Settlement:
    """How many of an import's messages came to what."""

    pending: int = 0
    applied: int = 0
    superseded: int = 0
    quarantined: int = 0

    @property
    def all(self) -> int:
        """All of them."""
        return self.pending + self.applied + self.superseded + self.quarantined


def settlement(run: Import) -> Settlement:
    """What became of an import's messages so far."""
    rows = fetch("SELECT state, count(*) FROM kit_inboxmessage WHERE source = %s GROUP BY state", (run.source,))
    return Settlement(**dict(rows))


def is_pending(run: Import) -> bool:
    """Whether a message of an import waits; cheaper than counting them."""
    rows = fetch(
        "SELECT EXISTS (SELECT 1 FROM kit_inboxmessage WHERE topic = ANY(%s) AND state = 'pending' AND source = %s)",
        (list(TOPICS), run.source),
    )
    return bool(rows[0][0])


def settle(run: Import, progress: Callable[[str, int | None, int | None], None]) -> None:
    """Help the inbox until none of the import's messages waits; what a worker holds is waited for."""
    told = 0.0
    while is_pending(run):
        if time.monotonic() - told > _TELL_SECONDS:
            found = settlement(run)
            progress(f"Applying {run.name}", found.all - found.pending, found.all)
            told = time.monotonic()
        if Import.objects.filter(pk=run.pk, state=ImportState.CANCELLED).exists():
            return
        if not sum(drain(topic) for topic in TOPICS):
            time.sleep(_PAUSE_SECONDS)
