from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction
from psycopg.conninfo import make_conninfo

from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.inbox import Incoming, drain, drain_all, receive
from stockwright.kit.models import InboxMessage
from stockwright.kit.people import SYSTEM
from stockwright.kit.tests.make import until_waiting
from stockwright.orders.models import Order
from stockwright.orders.tests import make

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 60
TOPIC = "order.place"
# Takes a batch, and is not given the time to commit it.
_KILLED = """
import time, django
django.setup()
from django.db import transaction
from stockwright.kit.inbox import drain
drain("order.place", limit=10)
with transaction.atomic():
    print(drain("order.place", limit=10), flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _shop() -> None:
    make.channel()
    make.variant("HOT", COUNT // 2)
    make.variant("MUG", COUNT)


def send(count: int = COUNT) -> None:
    drafts = [make.draft(str(n), {"HOT": 1, "MUG": 1}) for n in range(count)]
    receive("test", [Incoming(TOPIC, d["number"], d, external_id=d["number"]) for d in drafts])


def together(*works: Callable[[], object]) -> None:
    troubles: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as trouble:  # noqa: BLE001 - whatever it is, the test must hear of it
            troubles.append(trouble)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == []


def everything_is_placed_once(count: int = COUNT) -> None:
    assert set(InboxMessage.objects.values_list("state", flat=True)) == {"applied"}
    assert Order.objects.count() == count
    assert fetch("SELECT sum(units) FROM orders_orderline")[0][0] == 2 * count
    assert fetch("SELECT sum(units) FROM stock_commitment")[0][0] == count + COUNT // 2
    assert fetch("SELECT sum(units) FROM stock_shortfall")[0][0] == count - COUNT // 2
    assert fetch("SELECT sum(short_units) FROM orders_order")[0][0] == count - COUNT // 2
    placed = "SELECT count(*), count(DISTINCT object_id) FROM kit_journalobject o JOIN kit_journalevent e"
    joined = " ON e.id = o.event_id WHERE e.kind = 'order.placed' AND o.type = 'order'"
    assert fetch(placed + joined)[0] == (count, count)


def drain_in_bits() -> None:
    while drain(TOPIC, limit=7):
        pass


def test_two_drainers_share_the_work_and_sell_the_last_unit_once():
    send()
    together(drain_in_bits, drain_in_bits)
    drain_all(only=[TOPIC])
    everything_is_placed_once()


def test_the_same_order_at_two_doors_at_once_is_one_order():
    drafts = [make.draft(str(n), {"HOT": 1, "MUG": 1}) for n in range(COUNT)]
    send()
    together(drain_in_bits, lambda: [make.place(draft) for draft in drafts])
    drain_all(only=[TOPIC])
    assert Order.objects.count() == COUNT
    assert fetch("SELECT sum(units) FROM stock_commitment")[0][0] == COUNT + COUNT // 2


def test_a_drainer_killed_in_the_middle_loses_and_doubles_nothing():
    send()
    at = connection.settings_dict
    url = make_conninfo(dbname=at["NAME"], host=at["HOST"], user=at["USER"], port=at["PORT"], password=at["PASSWORD"])
    environment = {**os.environ, "STOCKWRIGHT_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "stockwright.kit.settings"}
    command = [sys.executable, "-W", "ignore", "-c", _KILLED]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "10\n"
        child.send_signal(signal.SIGKILL)
    assert InboxMessage.objects.filter(state="pending").count() == COUNT - 10
    drain_all(only=[TOPIC])
    everything_is_placed_once()


def test_an_older_telling_that_waited_for_a_newer_one_is_superseded():
    make.order("1", {"MUG": 1}, version="2026-01-01")
    newer, older = (make.draft("1", {"MUG": n}, version=f"2026-01-0{n}") for n in (3, 2))
    what = []

    def hold_both() -> None:
        with transaction.atomic():
            fetch("SELECT id FROM stock_level FOR UPDATE")
            threads = [threading.Thread(target=tell, args=(each,)) for each in (newer, older)]
            for waiting, thread in enumerate(threads, 1):
                thread.start()
                until_waiting(waiting)
        for thread in threads:
            thread.join(60)

    def tell(draft: dict[str, Any]) -> None:
        what.append(str(make.place(draft)[0].what))
        connections.close_all()

    together(hold_both)
    order = Order.objects.get()
    assert (order.version, order.lines.get().units, sorted(what)) == ("2026-01-03", 3, ["superseded", "updated"])


def test_the_newest_telling_counts_though_it_says_what_was_there_before_an_older_one_came_between():
    make.order("1", {"MUG": 1}, version="2026-01-01")
    again = make.draft("1", {"MUG": 1}, version="2026-01-03")
    what = []

    def between() -> None:
        with transaction.atomic():
            make.place(make.draft("1", {"MUG": 2}, version="2026-01-02"))
            thread = threading.Thread(target=tell)
            thread.start()
            until_waiting(1)
        thread.join(60)

    def tell() -> None:
        what.append(str(make.place(again)[0].what))
        connections.close_all()

    together(between)
    order = Order.objects.get()
    assert (order.version, order.lines.get().units, what) == ("2026-01-03", 1, ["updated"])


def test_a_cancellation_locks_whom_it_serves_in_one_order_with_everybody_else():
    first, waiting = (make.order(str(n), {"HOT": COUNT // 2}) for n in (0, 1))
    holder = make.order("2", {"HOT": COUNT // 2}, ship_by="2026-03-02T12:00:00Z")
    perform("orders.cancel", {"order_ids": [first.pk]}, actor=SYSTEM)
    assert fetch("SELECT DISTINCT order_id FROM stock_commitment") == [(holder.pk,)]

    def tag_both_meanwhile() -> None:
        cancel = threading.Thread(target=together, args=(cancel_holder,))
        with transaction.atomic():
            fetch("SELECT 1 FROM orders_order WHERE id = %s FOR UPDATE", (waiting.pk,))
            cancel.start()
            until_waiting(1)
            fetch("SELECT 1 FROM orders_order WHERE id = %s FOR UPDATE", (holder.pk,))
        cancel.join(60)

    def cancel_holder() -> None:
        perform("orders.cancel", {"order_ids": [holder.pk]}, actor=SYSTEM)

    together(tag_both_meanwhile)
    assert Order.objects.get(pk=holder.pk).fulfilment == "cancelled"
    assert Order.objects.get(pk=waiting.pk).short_units == 0
