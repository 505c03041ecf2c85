"""Installations of their own for tests of set-up: homes, and the program run as a person runs it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stockwright.kit.embedded import EmbeddedPostgres

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def new_home() -> Iterator[Callable[[], Path]]:
    """Make homes that are stopped and removed at the end, with paths short enough for a socket."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="sw-home-")))
        return made[-1]

    yield make
    for home in made:
        EmbeddedPostgres(home).stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def home(new_home: Callable[[], Path]) -> Path:
    """A home with nothing in it."""
    return new_home()


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """What a person's terminal has, with that home and no outside database."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("STOCKWRIGHT_", "PYTEST_", "PORT"))}
    return kept | {"STOCKWRIGHT_HOME": str(home), "PYTHONWARNINGS": "ignore"}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Run `stockwright` with arguments to its end."""

    def call(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "stockwright", *arguments)
        env = environment | variables
        return subprocess.run(command, check=False, capture_output=True, text=True, env=env, timeout=240)

    return call


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    """Start a Python program that goes on; what still runs at the end is killed with its group."""
    begun: list[subprocess.Popen[str]] = []

    def call(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            (sys.executable, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment | variables,
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield call
    for process in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
