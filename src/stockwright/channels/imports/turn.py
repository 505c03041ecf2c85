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
