"""The worker process: drains the inbox and runs jobs, until told to stop."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from django.db import close_old_connections, connection
from procrastinate.contrib.django import app

from stockwright.kit.bulk import fetch
from stockwright.kit.clock import now
from stockwright.kit.inbox import AWAKE, drain_round, topics
from stockwright.kit.partitions import ensure_ahead

log = logging.getLogger(__name__)

# Without a word from PostgreSQL the inbox is looked at this often, in seconds.
PATIENCE = 2.0
# After fewer messages than this it waits so many seconds for more before it goes on.
FULL = 500
GATHER = 0.1
# They share the work by locks on rows; more of them would wait for Python's own lock.
HELPERS = 1


def run(stop: threading.Event, *, on_ready: Callable[[], None] | None = None) -> None:
    """Work until `stop` is set: threads drain the inbox, the calling thread runs jobs."""
    ensure_ahead(now())
    drainers = start_drainers(stop)
    if on_ready:
        on_ready()
    run_jobs(stop)
    for drainer in drainers:
        drainer.join(timeout=10)


def start_drainers(stop: threading.Event) -> list[threading.Thread]:
    """Drain the inbox beside the calling thread: while PostgreSQL writes one batch, the next one is prepared."""
    expect_batches()
    plenty = threading.Event()
    drainers = [threading.Thread(target=drain_for_ever, args=(stop, plenty), name="inbox", daemon=True)]
    drainers += [
        threading.Thread(target=help_for_ever, args=(stop, plenty), name=f"inbox-{n}", daemon=True)
        for n in range(HELPERS)
    ]
    for drainer in drainers:
        drainer.start()
    return drainers


def expect_batches() -> None:
    """Set this process up for batches.

    One makes a hundred thousand objects that live as long as it; looking through them every 700 costs a fifth.
    """
    gc.freeze()
    # At the end Python looks through them after all: a library that counts its own would call them leaked.
    atexit.register(gc.unfreeze)
    gc.set_threshold(200_000, 20, 100)


def run_jobs(stop: threading.Event) -> None:
    """Run deferred and scheduled jobs until told to stop; the running ones get ten seconds to finish."""
    asyncio.run(_run_jobs(stop))


async def _run_jobs(stop: threading.Event) -> None:
    # An app beside the first, not its connector replaced: what runs in this process goes on deferring through Django,
    # in the same transaction as its rows.
    connector: Any = app.connector
    async with app.with_connector(connector.get_worker_connector()).open_async() as jobs:
        work = asyncio.create_task(
            jobs.run_worker_async(
                concurrency=2, install_signal_handlers=False, shutdown_graceful_timeout=10, delete_jobs="successful"
            )
        )
        while not stop.is_set() and not work.done():  # noqa: ASYNC110 - the event is a thread's, not asyncio's
            await asyncio.sleep(0.2)
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


def drain_for_ever(stop: threading.Event, plenty: threading.Event) -> None:
    """Drain the inbox, sleep until PostgreSQL says that something came in, and again; `plenty` calls the helpers."""
    _patiently(stop, lambda: listen(stop, plenty))


def help_for_ever(stop: threading.Event, plenty: threading.Event) -> None:
    """Drain along as long as there is plenty; small batches are better left together."""

    def help_out() -> None:
        while not stop.is_set():
            if plenty.wait(PATIENCE):
                plenty.clear()
                _drain(stop, plenty, helping=True)

    _patiently(stop, help_out)


def _patiently(stop: threading.Event, work: Callable[[], None]) -> None:
    while not stop.is_set():
        try:
            work()
        except Exception:
            # The database may be restarting: nothing is lost, the messages wait in it.
            log.exception("the inbox could not be drained; trying again")
            close_old_connections()
            stop.wait(1.0)
    connection.close()


def listen(stop: threading.Event, plenty: threading.Event) -> None:
    """Drain, then wait for a notification or for PATIENCE to run out."""
    with connection.cursor() as cursor:
        cursor.execute("LISTEN stockwright_inbox")
    while not stop.is_set():
        with awake():
            _drain(stop, plenty)
        # Who sent until now has not notified.
        stop.wait(GATHER)
        _drain(stop, plenty)
        if stop.is_set():
            break
        raw = connection.connection
        for _ in raw.notifies(timeout=PATIENCE, stop_after=1):
            break
        # The others say the same.
        for _ in raw.notifies(timeout=0):
            pass


@contextlib.contextmanager
def awake() -> Iterator[None]:
    """Let senders know that nobody need be woken; a sender who is about to wake somebody is not waited for."""
    held = fetch("SELECT pg_try_advisory_lock_shared(%s)", (AWAKE,))[0][0]
    try:
        yield
    finally:
        # A lost connection has let go of it by itself.
        if held and connection.connection is not None and not connection.connection.broken:
            fetch("SELECT pg_advisory_unlock_shared(%s)", (AWAKE,))


def _drain(stop: threading.Event, plenty: threading.Event, *, helping: bool = False) -> None:
    """Drain until nothing waits."""
    names = set(topics())
    trouble: Exception | None = None
    moved = 1
    while moved and not stop.is_set():
        moved, failed = drain_round(names)
        # Trouble with one topic does not hold up the others.
        names -= failed.keys()
        trouble = trouble or next(iter(failed.values()), None)
        if moved >= FULL:
            plenty.set()
        elif helping:
            break
        elif moved:
            # Half of a small batch's time is the same for a big one: let some more come together.
            stop.wait(GATHER)
    if trouble is not None:
        raise trouble
