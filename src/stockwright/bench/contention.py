"""Eight clients, ten hot SKUs with too little stock: the inbox and one decider against row locks per order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from stockwright.bench import clients, shop
from stockwright.bench.figures import Figure, Progress, middle_round
from stockwright.bench.floor_contention import place_with_row_locks
from stockwright.bench.scratch import Scratch
from stockwright.kit.bulk import fetch
from stockwright.kit.inbox import Incoming, receive
from stockwright.kit.worker import start_drainers

SKUS = 10
ROUNDS = 5
# (orders per call, must be so many times the floor)
CALLS = ((1, 2.0), (50, 4.0))
# Of all units asked for, so much is there.
SCARCE = 0.6


def run(scratch: Scratch, progress: Progress, size: float) -> list[Figure]:
    """Orders per second until the last one is decided; of the round with the median ratio."""
    floors: list[float] = []
    ours: dict[int, list[float]] = {per_call: [] for per_call, _ in CALLS}
    wrong: dict[int, str] = {}
    counts = {0: _count(4_000, size), 1: _count(8_000, size), 50: _count(24_000, size)}
    total = ROUNDS * (1 + len(CALLS))
    for round_ in range(ROUNDS):
        for turn, per_call in enumerate((0, *ours)):
            progress("Placing orders", round_ * (1 + len(CALLS)) + turn, total)
            speed, problem = _one(scratch, counts[per_call], per_call)
            (ours[per_call] if per_call else floors).append(speed)
            if problem:
                wrong[per_call] = problem
    progress("Placing orders", total, total)
    return [
        Figure(
            f"contention, {per_call} order{'s' if per_call > 1 else ''} per call", "orders/s",
            *middle_round(ours[per_call], floors), must,
            wrong="; ".join(filter(None, (wrong.get(0), wrong.get(per_call)))),
            notes={"clients": clients.CLIENTS, "skus": SKUS, "runs": [round(v) for v in ours[per_call]],
                   "floor_runs": [round(v) for v in floors]},
        )
        for per_call, must in CALLS
    ]  # fmt: skip


def _count(orders: int, size: float) -> int:
    return max(clients.CLIENTS, round(orders * size / clients.CLIENTS) * clients.CLIENTS)


def _one(scratch: Scratch, count: int, per_call: int) -> tuple[float, str]:
    """One run on a fresh database: orders per second, and what was found wrong afterwards."""
    scratch.renew()
    skus = [f"HOT-{n}" for n in range(1, SKUS + 1)]
    shares = [shop.orders(count // clients.CLIENTS, skus, seed) for seed in range(clients.CLIENTS)]
    asked = sum(shop.units_asked(share) for share in shares)
    shop.open_shop(SKUS, round(asked * SCARCE / SKUS))
    seconds = _through_the_inbox(shares, per_call) if per_call else _with_row_locks(scratch.url, shares)
    return count / seconds, check(count, asked)


def _with_row_locks(url: str, shares: Sequence[Any]) -> float:
    variants = shop.variant_ids()
    work = [(url, share, variants) for share in shares]
    with clients.ready(place_with_row_locks, work) as go:
        begun = time.perf_counter()
        go()
        return time.perf_counter() - begun


def _through_the_inbox(shares: Sequence[Any], per_call: int) -> float:
    with clients.beside(_drain), clients.ready(_send, [(share, per_call) for share in shares]) as go:
        # The drainer connects meanwhile, as a worker that is there already.
        time.sleep(1.0)
        begun = time.perf_counter()
        go()
        while fetch("SELECT EXISTS (SELECT 1 FROM kit_inboxmessage WHERE topic = 'order.place' AND state = 'pending')")[
            0
        ][0]:
            time.sleep(0.02)
        return time.perf_counter() - begun


def _send(share: tuple[list[dict[str, Any]], int], wait: Callable[[], None]) -> None:
    """A client: calls with so many orders each, every call its own commit."""
    drafts, per_call = share
    # Connected before the clock starts, like the floor's clients.
    fetch("SELECT 1")
    calls = [
        [Incoming("order.place", d["number"], d, external_id=d["external_id"], version=d["version"]) for d in part]
        for part in (drafts[i : i + per_call] for i in range(0, len(drafts), per_call))
    ]
    wait()
    for messages in calls:
        receive("bench", messages)


def _drain() -> None:
    """The worker's own drainers, in a process of their own."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    for drainer in start_drainers(stop):
        drainer.join()


def check(count: int, asked: int) -> str:
    """What does not add up afterwards, in words; empty when every order and every unit is accounted for."""
    problems = []
    (placed,) = fetch("SELECT count(*) FROM orders_order")[0]
    (units, taken) = fetch(
        "SELECT coalesce(sum(units), 0), coalesce(sum(cancelled + fulfilled), 0) FROM orders_orderline"
    )[0]
    (promised,) = fetch("SELECT coalesce(sum(units), 0) FROM stock_commitment")[0]
    (short,) = fetch("SELECT coalesce(sum(units), 0) FROM stock_shortfall")[0]
    (oversold,) = fetch(
        "SELECT count(*) FROM stock_level l LEFT JOIN (SELECT level_id, sum(units) AS units FROM stock_commitment"
        " GROUP BY level_id) c ON c.level_id = l.id"
        " WHERE l.committed <> coalesce(c.units, 0) OR coalesce(c.units, 0) > l.on_hand"
    )[0]
    (free,) = fetch("SELECT coalesce(sum(available), 0) FROM stock_level")[0]
    if placed != count:
        problems.append(f"{placed} of {count} orders were placed")
    if units != asked or promised + short + taken != asked:
        problems.append(f"of {asked} units {promised} are promised and {short} short")
    if oversold:
        problems.append(f"{oversold} levels have promised what they do not have")
    if free and short:
        problems.append(f"{free} units lie free while {short} are short")
    return "; ".join(problems)
