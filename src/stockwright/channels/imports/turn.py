"""One import at a time, from its first row to its last message: what a file says is compared with what is there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from django.db import Error

from stockwright.channels.errors import ImportsBusy
from stockwright.kit.bulk import fetch
from stockwright.kit.locks import advisory_key

_TURN = advisory_key("imports")
_PAUSE_SECONDS = 0.5
_HELD = """
SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32 | objid::bigint) = %s)
"""


def is_anybodys_turn() -> bool:
    """Whether somebody is at work on an import now, in whichever process or machine."""
    return bool(fetch(_HELD, (_TURN,))[0][0])


@contextlib.contextmanager
def turn(progress: Callable[[str, int | None, int | None], None], *, patient: bool) -> Iterator[None]:
    """Hold the imports' lock for the block, whichever process or machine the others are in.

    Locks: an advisory lock of the connection; it ends with it.
    Raises: ImportsBusy where somebody else has it and we are not `patient`.
    """
    while not fetch("SELECT pg_try_advisory_lock(%s)", (_TURN,))[0][0]:
        if not patient:
            raise ImportsBusy
        progress("Waiting for another import", None, None)
        time.sleep(_PAUSE_SECONDS)
    try:
        yield
    finally:
        # A lost connection has let go of it by itself.
        with contextlib.suppress(Error):
            fetch("SELECT pg_advisory_unlock(%s)", (_TURN,))
