from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from stockwright.kit.embedded import database_url

pytestmark = pytest.mark.django_db


def bench(*arguments: str) -> tuple[int, Any]:
    """The command as people run it, on the server of this test run."""
    command = [sys.executable, "-m", "stockwright", "bench", *arguments, "--json"]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stderr


def scratch_databases() -> int:
    with psycopg.connect(database_url()) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'stockwright_bench_')")
        return len(rows.fetchall())


def test_contention_accounts_for_every_unit_and_leaves_no_database():
    code, figures = bench("contention", "--size", "0.01")
    assert code in {0, 1}, figures
    assert [figure["name"] for figure in figures] == ["contention, 1 order per call", "contention, 50 orders per call"]
    assert not any("wrong" in figure for figure in figures)
    assert {"name", "unit", "ours", "floor", "ratio", "must", "ok", "machine"} <= figures[0].keys()
    assert scratch_databases() == 0


def test_the_api_is_measured_beside_inserts_of_the_rows_it_wrote():
    # A single figure is printed as one object.
    code, figures = bench("api", "--size", "0.01")
    assert code == 0, figures
    assert "wrong" not in figures
    assert figures["ours"] > 0
    assert len(figures["floor_runs"]) == 3


def test_an_unknown_bench_is_bad_usage():
    code, _ = bench("speed")
    assert code == 2
