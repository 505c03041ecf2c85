"""Keeping the garbage collector out of big batches."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# From so many objects on, looking through them again and again costs more than the work itself (measured: half).
MANY = 5_000


@contextmanager
def uncollected(count: int) -> Iterator[None]:
    """Work on so many objects without the collector walking over them; they are freed by their counts as ever."""
    if count < MANY or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
