"""Jobs of the ground floor, by schedule."""

from __future__ import annotations

from procrastinate.contrib.django import app

from stockwright.kit.clock import now
from stockwright.kit.partitions import ensure_ahead


@app.periodic(cron="17 2 * * *")
@app.task(name="kit.partitions", queue="upkeep", queueing_lock="kit.partitions")
def make_partitions(timestamp: int) -> None:
    """Make the coming months' partitions."""
    ensure_ahead(now())
