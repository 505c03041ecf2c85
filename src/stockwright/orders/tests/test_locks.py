"""Taking back keeps the house's order of locks: levels that are to come, levels, orders in key order."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections, transaction

from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.people import SYSTEM
from stockwright.kit.tests.make import until_waiting
from stockwright.orders.models import Order
from stockwright.orders.tests import make

pytestmark = pytest.mark.django_db(transaction=True)


class Beside:
    """A thread whose work is part of a larger transaction, so that no deadlock is put right by trying again."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.trouble: Exception | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run)

    def start(self, waiting: int) -> None:
        """Start it, and return once so many wait for a lock."""
        self._thread.start()
        until_waiting(waiting)

    def end(self) -> Exception | None:
        """Wait for its end; what it raised."""
        self._thread.join(60)
        return self.trouble

    def _run(self) -> None:
        try:
            with transaction.atomic():
                self._work()
        except Exception as trouble:  # noqa: BLE001 - handed to the test
            self.trouble = trouble
        finally:
            connections.close_all()


def take_back(order: Order, location: int) -> Beside:
    line = order.lines.get()
    lines = [{"line_id": line.pk, "units": line.units}]
    given = {"order_id": order.pk, "location_id": location, "lines": lines}
    return Beside(lambda: perform("orders.take_back", given, actor=SYSTEM))


def lock(order: Order) -> None:
    fetch("SELECT 1 FROM orders_order WHERE id = %s FOR UPDATE", (order.pk,))


def main() -> int:
    return int(fetch("SELECT id FROM stock_location WHERE code = 'main'")[0][0])


def test_the_level_where_units_come_back_is_made_before_others_are_held():
    make.channel()
    mug = make.variant("MUG", 5)
    given = {"code": "till", "name": "Till", "kind": "store", "ships_orders": False}
    till = perform("stock.add_location", given, actor=SYSTEM).result.id
    order = make.order("1", {"MUG": 1})
    perform("orders.fulfil", {"order_id": order.pk}, actor=SYSTEM)
    arriving = {"variant_id": mug.pk, "location_id": till, "units": 1}
    back, receive = take_back(order, till), Beside(lambda: perform("stock.receive", arriving, actor=SYSTEM))
    with transaction.atomic():
        lock(order)
        back.start(waiting=1)
        receive.start(waiting=2)
    assert (back.end(), receive.end()) == (None, None)
    assert fetch("SELECT on_hand FROM stock_level WHERE location_id = %s", (till,)) == [(2,)]


def test_taking_back_locks_whom_it_serves_in_one_order_with_everybody_else():
    make.channel()
    make.variant("HOT", 1)
    first, waiting = (make.order(str(n), {"HOT": 1}) for n in (0, 1))
    sent = make.order("2", {"HOT": 1}, ship_by="2026-03-02T12:00:00Z")
    perform("orders.cancel", {"order_ids": [first.pk]}, actor=SYSTEM)
    perform("orders.fulfil", {"order_id": sent.pk}, actor=SYSTEM)
    back = take_back(sent, main())
    with transaction.atomic():
        lock(waiting)
        back.start(waiting=1)
        lock(sent)
    assert back.end() is None
    assert Order.objects.get(pk=waiting.pk).short_units == 0
