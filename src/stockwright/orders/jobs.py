"""Jobs of orders, by schedule."""

from __future__ import annotations

from procrastinate.contrib.django import app

from stockwright.kit.actions import perform
from stockwright.kit.people import SYSTEM
from stockwright.orders.queries.unmapped import skus_known_by_now


@app.periodic(cron="*/5 * * * *")
@app.task(name="orders.map_known", queue="orders", queueing_lock="orders.map_known")
def map_known(timestamp: int) -> None:
    """Map lines whose SKU the catalogue got to know in the moment their order came."""
    if skus := skus_known_by_now():
        perform("orders.map_known", {"skus": skus}, actor=SYSTEM, door="job", key=f"map known {timestamp}")
