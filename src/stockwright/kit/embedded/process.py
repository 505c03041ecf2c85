"""Which operating-system processes belong to a data folder."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import psutil


def read_pid(data: Path) -> int | None:
    """Return the server's process id as its own pid file tells, or None."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def is_ready(data: Path) -> bool:
    """Tell whether the pid file says that the server accepts connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return bool(lines) and lines[-1].strip() == "ready"


def works_in(pid: int, data: Path) -> bool:
    """Tell whether the process lives and works in that folder: process ids are used again, folders are not."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()).samefile(data)
    except (psutil.Error, OSError):
        return False


def all_in(data: Path) -> list[psutil.Process]:
    """Return every PostgreSQL process that works in that folder, orphaned ones too."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name().startswith("postgres") and works_in(process.pid, data):
                found.append(process)
    return found


def end_orphans(data: Path, *, patience_seconds: float = 10.0) -> None:
    """Wait for backends whose server was killed; end those that do not notice by themselves."""
    deadline = time.monotonic() + patience_seconds
    while (left := all_in(data)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=10)


def wait_gone(pid: int, data: Path, *, patience_seconds: float) -> bool:
    """Wait until the process has ended; tell whether it has."""
    deadline = time.monotonic() + patience_seconds
    while works_in(pid, data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
