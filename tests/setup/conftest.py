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

import psycopg
import pytest

from stockwright.kit.embedded import EmbeddedPostgres

# In the storage and in the database: named by it, as an import does.
STORED = """
import sys
from stockwright.channels.imports.storing import keep
from stockwright.kit.models import StoredFile
from django.utils import timezone
for name, content in (("ü 1.pdf", b"\\x00\\x01 invoice"), ("orders.csv", b"number,total\\n" * 1000)):
    kept = keep(name, [content])
    StoredFile.objects.create(name=kept.name, digest=kept.digest, bytes=kept.bytes, path=kept.path, created_at=timezone.now())
"""
# A person's name, a notification and rows that a dump through text could spoil.
PEOPLE = """
from stockwright.kit.models import Person, Notification
from django.utils import timezone
for number in range(50):
    person = Person.objects.create_user(f"p{number}@example.com", name="Ada \\t \\\\N \\u2028 O'Neil", roles=["picker"])
    Notification.objects.create(person=person, text="CREATE SCHEMA public;", created_at=timezone.now())
"""
ODD = """
CREATE TABLE odd (line text, raw bytea, amount numeric, facts jsonb, at timestamptz);
INSERT INTO odd VALUES
    (E'tab\\tback\\\\slash\\nline \\\\. end', '\\x00ff5c0a', 'NaN', '{"a": [1, null, "ü"]}', 'infinity'),
    ('', '', 12345678901234567890.000100, 'null', '2026-03-29 01:30:00.000001+00'),
    ('CREATE SCHEMA public;', NULL, NULL, NULL, NULL);
INSERT INTO procrastinate_workers DEFAULT VALUES;
"""

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
    return _environment(home)


def run_in(home: Path, *arguments: str) -> None:
    """Run `stockwright` in a home where it must succeed."""
    command = (sys.executable, "-m", "stockwright", *arguments)
    subprocess.run(command, check=True, capture_output=True, env=_environment(home), timeout=240)


def copy_home(template: Path, home: Path) -> None:
    """Copy a stopped home with all it holds."""
    # Not by shutil: the server's own user must go on owning its files.
    subprocess.run(("cp", "-a", f"{template}/.", f"{home}/"), check=True)


def _environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("STOCKWRIGHT_", "PYTEST_", "PORT"))}
    return kept | {"STOCKWRIGHT_HOME": str(home), "PYTHONWARNINGS": "ignore"}


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """A migrated home, made once: migrating takes longer than most tests."""
    made = Path(tempfile.mkdtemp(prefix="sw-home-"))
    run_in(made, "migrate")
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def migrated(home: Path, template: Path) -> Path:
    """That home with an empty, migrated database in it."""
    copy_home(template, home)
    return home


@pytest.fixture(scope="session")
def filled(template: Path) -> Iterator[Path]:
    """A home with people, odd rows and a stored file, and its backup `shop.backup` in it; made once."""
    made = Path(tempfile.mkdtemp(prefix="sw-home-"))
    copy_home(template, made)
    server = EmbeddedPostgres(made)
    with server.lease():
        run_in(made, "manage", "shell", "-c", PEOPLE)
        run_in(made, "manage", "shell", "-c", STORED)
        with psycopg.connect(server.url("stockwright")) as connection:
            connection.execute(ODD)
        run_in(made, "backup", str(made / "shop.backup"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


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
