"""Jobs of stock, by schedule."""

from __future__ import annotations

from procrastinate.contrib.django import app

from stockwright.kit import business
from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock.queries import any_expired, variants_overdue


@app.periodic(cron="*/2 * * * *")
@app.task(name="stock.expire_reservations", queue="stock", queueing_lock="stock.expire_reservations")
def expire_reservations(timestamp: int) -> None:
    """Free what was held too long, where nothing was decided about it meanwhile."""
    if any_expired(now()):
        perform("stock.expire_reservations", {}, actor=SYSTEM, door="job", key=f"expire {timestamp}")


@app.periodic(cron="7 * * * *")
@app.task(name="stock.forget_passed_days", queue="stock", queueing_lock="stock.forget_passed_days")
def forget_passed_days(timestamp: int) -> None:
    """Take back days on which goods did not come; every hour, as a shop's midnight may be at any."""
    if variants_overdue(business.calendar().day(now()), most=1):
        perform("stock.forget_passed_days", {}, actor=SYSTEM, door="job", key=f"passed {timestamp}")


@app.periodic(cron="41 2 * * *")
@app.task(name="stock.reconcile", queue="upkeep", queueing_lock="stock.reconcile")
def reconcile(timestamp: int) -> None:
    """Compare every level with what it is made of, once a night."""
    perform("stock.reconcile", {}, actor=SYSTEM, door="job", reason="nightly", key=f"nightly {timestamp}")
