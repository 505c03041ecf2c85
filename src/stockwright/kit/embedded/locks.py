"""File locks between processes; the kernel releases them when a process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stockwright.kit.embedded.errors import SetupError


@contextmanager
def exclusive(path: Path, *, patience_seconds: float) -> Iterator[None]:
    """Hold the file alone. Raises: SetupError when others keep it for longer than the patience."""
    handle = _open(path)
    try:
        deadline = time.monotonic() + patience_seconds
        while not _take(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                message = f"Another process has been starting the database for too long (it holds {path}): end it and try again."
                raise SetupError(message)
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def hold_shared(path: Path) -> int | None:
    """Take a shared hold on the file; return the handle to close, or None where somebody holds it alone."""
    handle = _open(path)
    if _take(handle, fcntl.LOCK_SH):
        return handle
    os.close(handle)
    return None


def is_free(path: Path) -> bool:
    """Tell whether nobody holds the file, not even shared."""
    handle = _open(path)
    try:
        return _take(handle, fcntl.LOCK_EX)
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = (
            f"{path} cannot be opened ({error.strerror}): run Stockwright as the user who made this folder, "
            "or set STOCKWRIGHT_HOME to another."
        )
        raise SetupError(message) from error


def _take(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
