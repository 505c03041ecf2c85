"""A second process that applies an import's messages, while the first reads and beside it afterwards."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event

from django.db import connections

_PAUSE_SECONDS = 0.1


@contextlib.contextmanager
def helping(*, wanted: bool = True) -> Iterator[None]:
    """Have the inbox drained beside the block, by a process that ends with it (or with this process, however it ends).

    Where a worker runs it shares the work with that one; without `wanted` the block is alone.
    """
    if not wanted:
        yield
        return
    # Connections must not be shared with a child; spawned, it makes its own.
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    child = context.Process(target=_help, args=(os.getpid(), stop), name="import helper", daemon=True)
    child.start()
    try:
        yield
    finally:
        stop.set()
        child.join(timeout=60)
        if child.is_alive():
            # What it holds goes back in line with its transaction.
            child.terminate()
            child.join()


def _help(parent: int, stop: Event) -> None:
    # A fresh process: Django is set up before anything that needs it is imported.
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockwright.kit.settings")
    django.setup()
    from stockwright.channels.imports.settling import TOPICS  # noqa: PLC0415
    from stockwright.kit.inbox import drain  # noqa: PLC0415
    from stockwright.kit.rooms import load_rooms  # noqa: PLC0415
    from stockwright.kit.worker import expect_batches  # noqa: PLC0415

    load_rooms()
    expect_batches()
    while not stop.is_set() and os.getppid() == parent:
        if not sum(drain(topic) for topic in TOPICS):
            time.sleep(_PAUSE_SECONDS)
    connections.close_all()
