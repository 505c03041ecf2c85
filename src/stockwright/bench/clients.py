"""Client processes that begin together."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from django.db import connections

CLIENTS = 8
# Forked: they inherit the prepared payloads and a Django that is set up; the parent has no threads of its own.
_FORK = multiprocessing.get_context("fork")


@contextmanager
def ready(work: Callable[[Any, Callable[[], None]], None], shares: Sequence[Any]) -> Iterator[Callable[[], None]]:
    """Have one process per share, each connected and waiting; calling what is yielded lets them go and waits for all.

    `work(share, wait)` connects, calls `wait()`, and then works.
    Raises: RuntimeError where one failed.
    """
    connections.close_all()
    barrier = _FORK.Barrier(len(shares) + 1)
    processes = [_FORK.Process(target=work, args=(share, barrier.wait), daemon=True) for share in shares]
    for process in processes:
        process.start()

    def go() -> None:
        barrier.wait(timeout=60)
        join(processes)

    try:
        yield go
    finally:
        end(processes)


@contextmanager
def beside(work: Callable[..., None], *arguments: Any) -> Iterator[BaseProcess]:
    """A process that works until the block ends."""
    connections.close_all()
    process = _FORK.Process(target=work, args=arguments, daemon=True)
    process.start()
    try:
        yield process
    finally:
        end([process])


def join(processes: Sequence[BaseProcess]) -> None:
    """Wait for processes that must end well.

    Raises: RuntimeError.
    """
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"a client of the bench failed with {process.exitcode}")


def end(processes: Sequence[BaseProcess]) -> None:
    """End what still runs, politely first."""
    for process in processes:
        if process.is_alive():
            process.terminate()
    deadline = time.monotonic() + 5
    for process in processes:
        process.join(max(0.1, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
