"""The pages people look at all day, at ten thousand orders and at a million: they must not grow slow with the shop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from http import HTTPStatus

from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from stockwright.bench.figures import Figure, Progress, percentile
from stockwright.bench.scratch import Scratch
from stockwright.bench.years import grow, open_old_shop
from stockwright.kit.bulk import fetch

SMALL, LARGE = 10_000, 1_000_000
MUST = 1.5
VISITS = 60
_WARM = 10


def run(scratch: Scratch, progress: Progress, size: float) -> list[Figure]:
    """The 95th percentile of a page's time on the server, as whoever is signed in sees it."""
    scratch.renew()
    large = max(2 * SMALL, round(LARGE * size))
    open_old_shop()
    grow(1, SMALL, progress)
    client = _client()
    small_times = _visit(client, SMALL, progress)
    grow(SMALL + 1, large, progress)
    large_times = _visit(client, large, progress)
    return [
        Figure(
            f"lists, {page}", "ms at p95", large_times[page], small_times[page], MUST, at_most=True,
            notes={"orders": large, "orders_floor": SMALL, "visits": VISITS},
        )
        for page in small_times
    ]  # fmt: skip


def _client() -> Client:
    person = get_user_model()._default_manager.create_user(  # noqa: SLF001 - Django's own word for it
        email="bench@example.com", password=None, name="Bench", roles=["lead"]
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _visit(client: Client, orders: int, progress: Progress) -> dict[str, float]:
    dice = random.Random(orders)  # noqa: S311 - which pages are looked at is no secret
    variants = [row[0] for row in fetch("SELECT id FROM catalog_variant ORDER BY id")]
    pages: dict[str, Callable[[], str]] = {
        "orders list": lambda: reverse("orders"),
        "order page": lambda: reverse("order", args=[dice.randint(1, orders)]),
        "variant page": lambda: reverse("variant", args=[dice.choice(variants)]),
        "today": lambda: reverse("today"),
    }
    times: dict[str, list[float]] = {page: [] for page in pages}
    for visit in range(_WARM + VISITS):
        progress(f"Visiting pages at {orders:,} orders", visit, _WARM + VISITS)
        # In turns, so that a busy moment of the machine falls on all of them alike.
        for page, address in pages.items():
            seconds = _time(client, address())
            if visit >= _WARM:
                times[page].append(seconds * 1000)
    return {page: percentile(values, 0.95) for page, values in times.items()}


def _time(client: Client, address: str) -> float:
    begun = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - begun
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return seconds
