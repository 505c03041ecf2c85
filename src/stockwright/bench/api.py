"""Orders through the API, fifty a call from four clients, beside a plain INSERT of the same rows."""

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

from django.contrib.auth import get_user_model

from stockwright.bench import clients, shop
from stockwright.bench.contention import check
from stockwright.bench.figures import Figure, Progress, middle
from stockwright.bench.floor_contention import place_with_row_locks
from stockwright.bench.scratch import Scratch
from stockwright.kit.actions import perform
from stockwright.kit.people import actor_of

CLIENTS = 4
PER_CALL = 50
SKUS = 1_000
ROUNDS = 3
_START_SECONDS = 60


def run(scratch: Scratch, progress: Progress, size: float) -> list[Figure]:
    """Orders per second, answered with what could be promised; medians of rounds that take turns."""
    count = max(CLIENTS * PER_CALL, round(8_000 * size / CLIENTS / PER_CALL) * CLIENTS * PER_CALL)
    ours: list[float] = []
    floors: list[float] = []
    wrong = ""
    for round_ in range(ROUNDS):
        for turn, work in enumerate((_insert, _post)):
            progress("Placing orders", round_ * 2 + turn, ROUNDS * 2)
            shares = _fresh_shop(scratch, count)
            seconds = work(scratch, shares)
            (floors if work is _insert else ours).append(count / seconds)
            asked = sum(shop.units_asked(share) for share in shares)
            wrong = wrong or check(count, asked)
    progress("Placing orders", ROUNDS * 2, ROUNDS * 2)
    notes = {"clients": CLIENTS, "orders_per_call": PER_CALL, "runs": [round(v) for v in ours],
             "floor_runs": [round(v) for v in floors]}  # fmt: skip
    return [Figure("api", "orders/s", middle(ours), middle(floors), wrong=wrong, notes=notes)]


def _fresh_shop(scratch: Scratch, count: int) -> list[list[dict[str, Any]]]:
    scratch.renew()
    skus = [f"HOT-{n}" for n in range(1, SKUS + 1)]
    shop.open_shop(SKUS, 1_000_000)
    return [shop.orders(count // CLIENTS, skus, seed) for seed in range(CLIENTS)]


def _insert(scratch: Scratch, shares: list[list[dict[str, Any]]]) -> float:
    """The same rows with psycopg, a transaction for each call's worth."""
    variants = shop.variant_ids()
    with clients.ready(place_with_row_locks, [(scratch.url, share, variants, PER_CALL) for share in shares]) as go:
        begun = time.perf_counter()
        go()
        return time.perf_counter() - begun


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
    made = perform("key.create_own", {"name": "bench"}, actor=actor_of(person)).result
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
