"""What `stockwright doctor` looks at; each check says what it found and, where something is wrong, the cure."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from stockwright import __version__
from stockwright.cli import migrations
from stockwright.kit.clock import now
from stockwright.kit.embedded import database_url, outside_url
from stockwright.kit.home import home
from stockwright.kit.partitions import PARTITIONED, month_of, next_month, partition_name

_GB = 1_000_000_000
# A worker gives a sign of life every ten seconds.
_BEATS_MISSED = timedelta(seconds=25)
_WORKER_SILENT = timedelta(minutes=2)
_JOB_LATE = timedelta(minutes=10)
_CLOCK_OFF = timedelta(seconds=5)
_KEY_LENGTH = 32


class State(StrEnum):
    """How well something is."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: State
    words: str
    cure: str = ""


def examine() -> list[Finding]:
    """Run every check, in order; one that the database refuses is itself a finding."""
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("version", _version),
        ("database", _database),
        ("migrations", _migrations),
        ("queue", _queue),
        ("worker", _worker),
        ("disk", _disk),
        ("clock", _clock),
        ("settings", _settings),
        ("partitions", _partitions),
    )
    found: list[Finding] = []
    for name, check in checks:
        try:
            found += check()
        except DatabaseError as error:
            said = str(error).strip().splitlines()[0]
            found.append(
                Finding(name, State.WRONG, f"the database refuses to tell: {said}", "run 'stockwright migrate'")
            )
    return found


def _version() -> Iterator[Finding]:
    yield Finding("version", State.OK, f"Stockwright {__version__}, Python {platform.python_version()}")


def _database() -> Iterator[Finding]:
    kind = "outside" if outside_url() else "embedded"
    version = str(_one("SHOW server_version")).split()[0]
    size = int(str(_one("SELECT pg_database_size(current_database())"))) / _GB
    yield Finding("database", State.OK, f"{kind} PostgreSQL {version}, {size:,.2f} GB")
    used, most = _row("SELECT (SELECT count(*) FROM pg_stat_activity), current_setting('max_connections')::int")
    if used > 0.8 * most:
        yield Finding(
            "database",
            State.NOTE,
            f"{used} of {most} connections are in use",
            "raise max_connections or run fewer processes",
        )


def _migrations() -> Iterator[Finding]:
    if newer := migrations.unknown():
        words = f"the database knows {newer[-1]}, this version does not"
        yield Finding(
            "migrations", State.WRONG, words, "install the newer version, or restore a backup made with this one"
        )
    elif waiting := migrations.pending():
        yield Finding("migrations", State.WRONG, f"{len(waiting)} have not been run", "run 'stockwright migrate'")
    else:
        yield Finding("migrations", State.OK, "all have been run")


def _queue() -> Iterator[Finding]:
    waiting, oldest = _row(
        """SELECT count(*), min(greatest(job.scheduled_at, event.at)) FROM procrastinate_jobs job
           LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = job.id) event ON true
           WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())""",
    )
    age = now() - oldest if oldest else timedelta()
    if age > _JOB_LATE:
        words = f"{waiting:,} jobs wait, the oldest for {_span(age)}"
        yield Finding("queue", State.WRONG, words, "start a worker with 'stockwright worker', or more of them")
    else:
        yield Finding("queue", State.OK, f"{waiting:,} jobs wait")
    failed = _one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
    if failed:
        yield Finding(
            "queue",
            State.NOTE,
            f"{failed:,} jobs failed for good",
            "look into the outbox and the inbox for the reasons",
        )


def _worker() -> Iterator[Finding]:
    beat = _one("SELECT max(last_heartbeat) FROM procrastinate_workers")
    cure = "start it with 'stockwright serve' or 'stockwright worker'"
    if not isinstance(beat, datetime):
        yield Finding("worker", State.NOTE, "none is running", cure)
    elif (age := now() - beat) > _BEATS_MISSED:
        state = State.WRONG if age > _WORKER_SILENT else State.NOTE
        yield Finding("worker", state, f"the last sign of life is {_span(age)} old", cure)
    else:
        yield Finding("worker", State.OK, f"last sign of life {_span(age)} ago")


def _disk() -> Iterator[Finding]:
    place = home()
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    words = f"{usage.free / _GB:,.1f} GB free at {place}"
    if usage.free < _GB // 2:
        yield Finding("disk", State.WRONG, words, "free some space before the database stops")
    elif usage.free < 5 * _GB:
        yield Finding("disk", State.NOTE, words, "free some space soon")
    else:
        yield Finding("disk", State.OK, words)


def _clock() -> Iterator[Finding]:
    before = now()
    theirs = _one("SELECT clock_timestamp()")
    off = abs(theirs - before) if isinstance(theirs, datetime) else timedelta()
    if off > _CLOCK_OFF:
        words = f"this machine and the database differ by {off.total_seconds():,.0f} s"
        yield Finding("clock", State.WRONG, words, "set both by NTP")
    else:
        yield Finding("clock", State.OK, f"agrees with the database to {off.total_seconds():.2f} s")


def _settings() -> Iterator[Finding]:
    # Words for the reader stand here; nothing of the values themselves is printed.
    problems = []
    if len(settings.SECRET_KEY) < _KEY_LENGTH:
        problems.append(
            ("the secret key is short", f"set STOCKWRIGHT_SECRET_KEY to {_KEY_LENGTH} characters or more, or unset it")
        )
    if settings.DEBUG:
        problems.append(("debug is on: error pages show the program's inside", "unset STOCKWRIGHT_DEBUG"))
    for words, cure in problems:
        yield Finding("settings", State.WRONG, words, cure)
    if "*" in settings.ALLOWED_HOSTS:
        words = "any host name is answered"
        yield Finding(
            "settings", State.NOTE, words, "on a public network set STOCKWRIGHT_HOSTS to the shop's own names"
        )
    elif os.environ.get("STOCKWRIGHT_HOSTS") and not os.environ.get("STOCKWRIGHT_URL"):
        words = f"links in mails lead to {settings.PUBLIC_URL}"
        yield Finding("settings", State.NOTE, words, "set STOCKWRIGHT_URL to where people reach the shop")
    elif not problems:
        yield Finding("settings", State.OK, "in order")
    secret = home() / "secret"
    if secret.exists() and secret.stat().st_mode & 0o077:
        yield Finding("settings", State.WRONG, f"{secret} can be read by others", f"chmod 600 {secret}")
    if "password=" in database_url():
        yield Finding(
            "settings",
            State.NOTE,
            "the database's password stands in the address as a parameter",
            "put it before the @",
        )


def _partitions() -> Iterator[Finding]:
    coming = next_month(month_of(now()))
    lacking, missing = [], []
    for table in PARTITIONED:
        there, ahead = _row("SELECT to_regclass(%s), to_regclass(%s)", table, partition_name(table, coming))
        if there is None:
            missing.append(table)
        elif ahead is None:
            lacking.append(table)
    if missing:
        yield Finding("partitions", State.WRONG, f"no table {', '.join(missing)}", "run 'stockwright migrate'")
    elif lacking:
        words = f"none for {coming:%B %Y} yet: {', '.join(lacking)}"
        yield Finding("partitions", State.NOTE, words, "keep a worker running: it makes them ahead")
    else:
        yield Finding("partitions", State.OK, f"made ahead, {coming:%B %Y} included")


def _one(query: str) -> Any:
    return _row(query)[0]


def _row(query: str, *values: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row: tuple[Any, ...] = cursor.fetchone() or (None,)
    return row


def _span(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    for size, word in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}"
    return f"{seconds} s"
