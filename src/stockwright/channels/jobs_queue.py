"""Asks the queue for an import to be read; the job itself is in jobs.py, which knows how."""

from __future__ import annotations

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


def defer_import(import_id: int, *, seconds: int = 0) -> None:
    """Have a worker read the import, in so many seconds; once is enough however often it is asked."""
    try:
        app.configure_task(
            "import.run",
            queue="imports",
            lock=f"import:{import_id}",
            queueing_lock=f"import:{import_id}",
            schedule_in={"seconds": seconds} if seconds else None,
        ).defer(import_id=import_id)
    except AlreadyEnqueued:
        return
