"""A measured figure, and the benches there are."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Protocol

from django.db import connection

if TYPE_CHECKING:
    from stockwright.bench.scratch import Scratch

# Name on the command line to module; each has `run(scratch, progress, size) -> list[Figure]`.
BENCHES = {
    "import": "stockwright.bench.file_import",
    "commit": "stockwright.bench.stock_commit",
    "contention": "stockwright.bench.contention",
    "lists": "stockwright.bench.lists",
    "api": "stockwright.bench.api",
}


class Progress(Protocol):
    """Whoever is told how far the work is."""

    def __call__(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Say it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured: our figure, the floor's in the same run, and what the ratio must be."""

    name: str
    unit: str
    ours: float
    floor: float
    # Ours to the floor's; None where a figure is only reported.
    must: float | None = None
    # Less is better: times and their growth.
    at_most: bool = False
    # What else was seen to hold, in words; empty when all did.
    wrong: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the floor's."""
        return self.ours / self.floor if self.floor else float("inf")

    @property
    def ok(self) -> bool:
        """Whether it reached what it must."""
        if self.wrong:
            return False
        if self.must is None:
            return True
        return self.ratio <= self.must if self.at_most else self.ratio >= self.must

    def plain(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "name": self.name, "unit": self.unit, "ours": round(self.ours, 3), "floor": round(self.floor, 3),
            "ratio": round(self.ratio, 3), "must": self.must, "ok": self.ok, "machine": machine(),
            **({"wrong": self.wrong} if self.wrong else {}), **self.notes,
        }  # fmt: skip


def run(name: str, scratch: Scratch, progress: Progress, size: float) -> list[Figure]:
    """Run a bench by name; `size` scales its amount of work, 1 being the one that counts."""
    figures: list[Figure] = import_module(BENCHES[name]).run(scratch, progress, size)
    return figures


def machine() -> dict[str, Any]:
    """What it was measured on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        version, fsync = cursor.fetchone() or ("", "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _cpu(), "cores": os.cpu_count(), "memory_gb": round(memory / 2**30, 1),
        "postgres": version.split(" ")[0], "fsync": fsync, "python": platform.python_version(),
    }  # fmt: skip


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """The seconds since the block began."""
    begun = time.perf_counter()
    yield lambda: time.perf_counter() - begun


def middle(values: Sequence[float]) -> float:
    """The median of several runs."""
    return float(median(values))


def middle_round(ours: Sequence[float], floors: Sequence[float]) -> tuple[float, float]:
    """Our figure and the floor's of the round with the median ratio.

    A round's two ran one after the other; by the next round the machine may be busier.
    """
    rounds = sorted(zip(ours, floors, strict=True), key=lambda pair: pair[0] / pair[1])
    return rounds[len(rounds) // 2]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, round(share * len(ranked)) - 1))]
