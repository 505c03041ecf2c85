"""Jobs of the ground floor, by schedule."""

from __future__ import annotations

from procrastinate.contrib.django import app

from stockwright.kit.clock import now
from stockwright.kit.outbox import revive
from stockwright.kit.partitions import ensure_ahead


@app.periodic(cron="17 2 * * *")
@app.task(name="kit.partitions", queue="upkeep", queueing_lock="kit.partitions")
def make_partitions(timestamp: int) -> None:  # noqa: ARG001 - procrastinate hands it over
    """Make the coming months' partitions."""
    ensure_ahead(now())


@app.periodic(cron="* * * * *")
@app.task(name="kit.revive", queue="upkeep", queueing_lock="kit.revive")
def revive_jobs(timestamp: int) -> None:  # noqa: ARG001 - procrastinate hands it over
    """Put back in line what a killed worker left lying."""
    revive()
