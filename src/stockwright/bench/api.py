"""Orders through the API, fifty a call from four clients, beside plain INSERTs of the orders, lines and promises it wrote.

The floor decides nothing, locks nothing, and writes no journal: it is what the rows alone cost.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import psycopg
from django.contrib.auth import get_user_model
from psycopg import sql
from psycopg.types.string import TextLoader

from stockwright.bench import clients, shop
from stockwright.bench.contention import check
from stockwright.bench.figures import Figure, Progress, middle
from stockwright.bench.scratch import Scratch
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.people import actor_of

CLIENTS = 4
PER_CALL = 50
SKUS = 1_000
ROUNDS = 3
_START_SECONDS = 60
# Parents first, each with the column that names the order.
_TABLES = (("orders_order", "id"), ("orders_orderline", "order_id"), ("stock_commitment", "order_id"))

# Statement to rows: what one call wrote.
Call = list[tuple[bytes, list[tuple[Any, ...]]]]


def run(scratch: Scratch, progress: Progress, size: float) -> list[Figure]:
    """Orders per second, answered with what could be promised; medians of rounds that take turns."""
    count = max(CLIENTS * PER_CALL, round(8_000 * size / CLIENTS / PER_CALL) * CLIENTS * PER_CALL)
    ours: list[float] = []
    floors: list[float] = []
    wrong = ""
    for round_ in range(ROUNDS):
        progress("Placing orders", round_ * 2, ROUNDS * 2)
        shares = _fresh_shop(scratch, count)
        ours.append(count / _post(scratch, shares))
        wrong = wrong or check(count, sum(shop.units_asked(share) for share in shares))
        calls = _written(scratch)
        progress("Inserting the same rows", round_ * 2 + 1, ROUNDS * 2)
        _fresh_shop(scratch, count)
        floors.append(count / _insert(scratch, calls))
        ((inserted,),) = fetch("SELECT count(*) FROM orders_order")
        if inserted != count:
            wrong = wrong or f"the floor wrote {inserted} of {count} orders"
    progress("Placing orders", ROUNDS * 2, ROUNDS * 2)
    notes = {"clients": CLIENTS, "orders_per_call": PER_CALL, "runs": [round(v) for v in ours],
             "floor_runs": [round(v) for v in floors]}  # fmt: skip
    return [Figure("api", "orders/s", middle(ours), middle(floors), wrong=wrong, notes=notes)]


def _fresh_shop(scratch: Scratch, count: int) -> list[list[dict[str, Any]]]:
    scratch.renew()
    skus = [f"HOT-{n}" for n in range(1, SKUS + 1)]
    shop.open_shop(SKUS, 1_000_000)
    return [shop.orders(count // CLIENTS, skus, seed) for seed in range(CLIENTS)]


def _written(scratch: Scratch) -> list[Call]:
    """The rows that are there now, a call's worth of orders after the other."""
    columns = {table: _columns(table) for table, _ in _TABLES}
    with scratch.connect() as connection:
        # Read as text and written as that text.
        connection.adapters.register_loader("jsonb", TextLoader)
        orders = [row[0] for row in connection.execute("SELECT id FROM orders_order ORDER BY id").fetchall()]

        def rows(table: str, key: str, begin: int) -> tuple[bytes, list[tuple[Any, ...]]]:
            names = sql.SQL(", ").join(map(sql.Identifier, columns[table]))
            told = {"columns": names, "table": sql.Identifier(table), "key": sql.Identifier(key)}
            chosen = sql.SQL("SELECT {columns} FROM {table} WHERE {key} = ANY(%s) ORDER BY id").format(**told)
            found = connection.execute(chosen, [orders[begin : begin + PER_CALL]]).fetchall()
            values = sql.SQL(", ").join([sql.Placeholder()] * len(columns[table]))
            insert = sql.SQL("INSERT INTO {table} ({columns}) VALUES ({values})").format(**told, values=values)
            return insert.as_bytes(connection), found

        return [[rows(*table, begin) for table in _TABLES] for begin in range(0, len(orders), PER_CALL)]


def _columns(table: str) -> list[str]:
    rows = fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        (table,),
    )
    return [row[0] for row in rows]


def _insert(scratch: Scratch, calls: list[Call]) -> float:
    with clients.ready(_inserting, [(scratch.url, calls[client::CLIENTS]) for client in range(CLIENTS)]) as go:
        begun = time.perf_counter()
        go()
        return time.perf_counter() - begun


def _inserting(work: tuple[str, list[Call]], wait: Callable[[], None]) -> None:
    """A client of the floor: a transaction for each call's worth."""
    url, calls = work
    with psycopg.connect(url) as connection:
        wait()
        for call in calls:
            with connection.transaction(), connection.cursor() as cursor:
                for statement, rows in call:
                    cursor.executemany(statement, rows)


def _post(scratch: Scratch, shares: list[list[dict[str, Any]]]) -> float:
    secret = _key()
    with _web(scratch.url) as port, clients.ready(_client, [(port, secret, share) for share in shares]) as go:
        begun = time.perf_counter()
        go()
        return time.perf_counter() - begun


def _key() -> str:
    person = get_user_model()._default_manager.create_user(  # noqa: SLF001 - Django's own word for it
        email="bench@example.com", password=None, name="Bench", roles=["lead"]
    )
    made = perform("key.create_own", {"name": "bench", "scopes": ["*"]}, actor=actor_of(person)).result
    return str(made.secret.get_secret_value())


def _client(work: tuple[int, str, list[dict[str, Any]]], wait: Callable[[], None]) -> None:
    port, secret, drafts = work
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.connect()
    head = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    bodies = [json.dumps({"orders": drafts[i : i + PER_CALL]}) for i in range(0, len(drafts), PER_CALL)]
    wait()
    for body in bodies:
        connection.request("POST", "/api/v1/actions/orders.place", body, head)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"the API answered {answer.status}: {said[:300]!r}")


@contextmanager
def _web(url: str) -> Iterator[int]:
    """The web server as people run it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ, "STOCKWRIGHT_DATABASE_URL": url, "STOCKWRIGHT_API_BURST": "1000000", "STOCKWRIGHT_API_RATE": "1000000",
    }  # fmt: skip
    command = [sys.executable, "-m", "stockwright", "web", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/api/v1/openapi.json")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the web server of the bench did not start")
