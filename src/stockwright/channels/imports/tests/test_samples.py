from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stockwright.channels.files.tests.make import read, records, rejects
from stockwright.channels.imports.samples import sample
from stockwright.kit.clock import now


def test_orders_of_the_samples_came_in_the_week_before_today(tmp_path: Path) -> None:
    orders = records(read(tmp_path, sample("shopify_orders.csv")))
    days = [order["placed_at"].date() for order in orders]
    yesterday = now().date() - timedelta(days=1)
    assert (min(days), max(days)) == (yesterday - timedelta(days=6), yesterday)
    assert all(order["placed_at"] <= at for order in orders if (at := order["fulfilled_at"] or order["cancelled_at"]))
    assert any(not order["is_history"] for order in orders)


def test_mistakes_in_the_samples_stay_mistakes(tmp_path: Path) -> None:
    wrong = {value for _, _, value in rejects(read(tmp_path, sample("bad_rows.csv")))}
    assert "2026-13-45 10:00:00 +0000" in wrong
    assert "two" in wrong


def test_a_sample_without_days_is_as_it_is(tmp_path: Path) -> None:
    assert len(records(read(tmp_path, sample("shopify_inventory.csv")))) > 0
    with pytest.raises(OSError, match="nothing"):
        sample("nothing.csv")
