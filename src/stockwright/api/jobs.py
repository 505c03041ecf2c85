"""Jobs of the API, by schedule."""

from __future__ import annotations

from procrastinate.contrib.django import app

from stockwright.api.limits import forget_idle


@app.periodic(cron="41 3 * * *")
@app.task(name="api.forget_idle", queue="upkeep", queueing_lock="api.forget_idle")
def forget_idle_buckets(timestamp: int) -> None:  # noqa: ARG001 - procrastinate hands it over
    """Remove the rate buckets of callers not seen for a day."""
    forget_idle()
