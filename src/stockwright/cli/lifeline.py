"""Ends a child process when its parent is gone, however the parent ended."""

from __future__ import annotations

import os
import signal
import threading
import time

PARENT_VARIABLE = "STOCKWRIGHT_PARENT"
_POLL_SECONDS = 0.5
_GRACE_SECONDS = 12.0


def follow_parent() -> None:
    """End this process soon after the process that started it with our variable has ended."""
    parent = os.environ.pop(PARENT_VARIABLE, "")
    if parent.isdigit():
        end_with(int(parent))


def end_with(parent: int) -> None:
    """Watch, in a thread, that `parent` is still our parent; else end cleanly, and after a while without mercy."""
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="lifeline").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
