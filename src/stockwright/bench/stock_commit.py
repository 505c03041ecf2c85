"""A hundred thousand order lines over five thousand SKUs: the kernel against one hand-written SQL statement."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction

from stockwright.bench.figures import Figure, Progress, middle
from stockwright.bench.scratch import Scratch
from stockwright.bench.shop import open_shop
from stockwright.kit.actions import Call
from stockwright.kit.bulk import copy_rows, execute, fetch
from stockwright.kit.ids import new_id
from stockwright.kit.journal import write_facts
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import Demand, commit_demands
from stockwright.stock.queries import differing_levels

LINES = 100_000
SKUS = 5_000
ROUNDS = 3
MUST = 0.33
# How much of what is asked for of a usual SKU is there: all, even of the best liked; and far too little.
SUPPLIES = (("plenty", 100.0), ("scarce", 0.4))

# Same queue, same tables, one location: what a careful programmer writes by hand. It keeps no journal.
_FLOOR = """
WITH locked AS MATERIALIZED (
    SELECT l.id, l.variant_id, greatest(l.available, 0) AS free FROM stock_level l
    WHERE l.variant_id IN (SELECT variant_id FROM bench_demand) ORDER BY l.id FOR UPDATE
), queue AS (
    SELECT d.*, l.id AS level_id, l.free, v.backorder,
           sum(d.units) OVER (PARTITION BY d.variant_id ORDER BY d.due_at, d.placed_at, d.line_id) - d.units AS ahead
    FROM bench_demand d JOIN locked l ON l.variant_id = d.variant_id JOIN catalog_variant v ON v.id = d.variant_id
), decided AS (
    SELECT q.*, least(q.units, greatest(q.free - q.ahead, 0))::int AS given FROM queue q
), committed AS (
    INSERT INTO stock_commitment (line_id, order_id, level_id, units, per_kit, due_at, placed_at, created_at)
    SELECT line_id, order_id, level_id, given, 1, due_at, placed_at, now() FROM decided WHERE given > 0
), short AS (
    INSERT INTO stock_shortfall (line_id, order_id, variant_id, units, per_kit, kind, due_at, placed_at, since)
    SELECT line_id, order_id, variant_id, units - given, 1,
           CASE backorder WHEN 'continue' THEN 'backordered' WHEN 'preorder' THEN 'preordered' ELSE 'oversold' END,
           due_at, placed_at, now()
    FROM decided WHERE given < units
)
UPDATE stock_level l SET committed = l.committed + s.units
FROM (SELECT level_id, sum(given)::int AS units FROM decided GROUP BY level_id) s WHERE l.id = s.level_id
"""
_PROMISED = "SELECT line_id, sum(units)::int FROM stock_commitment GROUP BY line_id ORDER BY line_id"


def run(scratch: Scratch, progress: Progress, size: float) -> list[Figure]:
    """Lines decided per second, from the lock to the commit; medians of rounds that take turns."""
    lines, skus = max(100, round(LINES * size)), max(10, round(SKUS * size))
    figures = []
    total = len(SUPPLIES) * ROUNDS * 2
    done = 0
    for name, supply in SUPPLIES:
        ours: list[float] = []
        floors: list[float] = []
        wrong = ""
        for _ in range(ROUNDS):
            progress("Promising stock", done, total)
            demands = _fresh_shop(scratch, lines, skus, supply)
            floors.append(lines / _by_statement(demands))
            expected = fetch(_PROMISED)
            done += 1
            progress("Promising stock", done, total)
            demands = _fresh_shop(scratch, lines, skus, supply)
            ours.append(lines / _by_kernel(demands))
            wrong = wrong or _problem(expected)
            done += 1
        figures.append(
            Figure(
                f"commit, {name}", "lines/s", middle(ours), middle(floors), MUST, wrong=wrong,
                notes={"lines": lines, "skus": skus, "runs": [round(v) for v in ours],
                       "floor_runs": [round(v) for v in floors]},
            )
        )  # fmt: skip
    progress("Promising stock", total, total)
    return figures


def _fresh_shop(scratch: Scratch, lines: int, skus: int, supply: float) -> list[Demand]:
    """A shop with so much stock, and orders of three lines whose SKUs are as unevenly liked as in life."""
    scratch.renew()
    dice = random.Random(7)  # noqa: S311 - no secret: the same work in every run
    open_shop(skus, max(1, round(lines * 1.6 * supply / skus)))
    variants = [row[0] for row in fetch("SELECT id FROM catalog_variant ORDER BY id")]
    weights = [1 / (rank + 20) for rank in range(len(variants))]
    liked = dice.choices(variants, weights, k=lines)
    begun = datetime.now(UTC) - timedelta(days=1)
    demands = []
    for number, variant in enumerate(liked):
        placed = begun + timedelta(milliseconds=number // 3)
        units = dice.choice((1, 1, 1, 2, 3))
        demands.append(Demand(number + 1, number // 3 + 1, variant, units, placed + timedelta(days=1), placed))
    return demands


def _by_kernel(demands: Sequence[Demand]) -> float:
    """Seconds that our own code takes, its journal included."""
    begun = time.perf_counter()
    call = Call(id=new_id(), action="bench.commit", actor=SYSTEM, reason="", at=datetime.now(UTC))
    with transaction.atomic():
        commit_demands(call, demands)
        write_facts(call)
    return time.perf_counter() - begun


def _by_statement(demands: Sequence[Demand]) -> float:
    """Seconds that the statement takes, its demands lying in a table already."""
    execute(
        "CREATE TABLE bench_demand (line_id bigint, order_id bigint, variant_id bigint, units int,"
        " due_at timestamptz, placed_at timestamptz)"
    )
    copy_rows(
        "bench_demand",
        ("line_id", "order_id", "variant_id", "units", "due_at", "placed_at"),
        ((d.line_id, d.order_id, d.variant_id, d.units, d.due_at, d.placed_at) for d in demands),
    )
    execute("ANALYZE bench_demand")
    begun = time.perf_counter()
    execute(_FLOOR)
    seconds = time.perf_counter() - begun
    execute("DROP TABLE bench_demand")
    return seconds


def _problem(expected: list[tuple[int, int]]) -> str:
    """What is wrong afterwards: another decision than the statement's, or levels that do not add up."""
    if fetch(_PROMISED) != expected:
        return "the kernel promised other units than the statement"
    # The bench's shop opens with levels that no movement made: all but on_hand must agree.
    if any(part != "on_hand" for level in differing_levels() for part, _stored, _derived in level.parts()):
        return "levels do not agree with the promises"
    return ""
