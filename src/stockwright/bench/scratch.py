"""A database of the bench's own, on the server the shop uses, gone at the end whatever happens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from stockwright.kit.embedded import database_url

# What an earlier run that was killed left behind is recognised by it.
_PREFIX = "stockwright_bench_"


class Scratch:
    """The bench's database: migrated once, made anew from that template as often as asked."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.name = f"{_PREFIX}{os.getpid()}"
        self._template = f"{self.name}_template"
        self.url = make_conninfo(server, dbname=self.name)

    def create(self) -> None:
        """Make it, empty."""
        self._sweep()
        self._run(sql.SQL("CREATE DATABASE {}"), self.name)

    def migrate(self) -> None:
        """Bring it up to the code, and keep that as the template. Django must be set up."""
        # Django's settings are read from the environment, which must name the scratch database first.
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", interactive=False, verbosity=0)
        self._leave()
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), self._template, self.name)

    def renew(self) -> None:
        """Make it anew from the template."""
        self._leave()
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)"), self.name)
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), self.name, self._template)

    def drop(self) -> None:
        """Remove it and its template."""
        for name in (self.name, self._template):
            self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection beside Django's."""
        return psycopg.connect(self.url)

    def _leave(self) -> None:
        from django.core.cache import cache  # noqa: PLC0415
        from django.db import connections  # noqa: PLC0415

        from stockwright.kit.partitions import forget_partitions  # noqa: PLC0415

        connections.close_all()
        cache.clear()
        forget_partitions()

    def _sweep(self) -> None:
        with self._admin() as connection:
            rows = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX])
            names = [str(row[0]) for row in rows]
        for name in names:
            pid = name.removeprefix(_PREFIX).split("_")[0]
            if not _lives(pid):
                with suppress(psycopg.Error):
                    self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._server, autocommit=True)

    def _run(self, statement: sql.SQL, *names: str) -> None:
        with self._admin() as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def scratch_database() -> Iterator[Scratch]:
    """Have a scratch database and point the settings to it; Django must not be set up yet.

    The server of `database_url()` must be there (leased), and its user may make databases.
    """
    made = Scratch(database_url())
    made.create()
    before = os.environ.get("STOCKWRIGHT_DATABASE_URL")
    os.environ["STOCKWRIGHT_DATABASE_URL"] = made.url
    try:
        yield made
    finally:
        if before is None:
            del os.environ["STOCKWRIGHT_DATABASE_URL"]
        else:
            os.environ["STOCKWRIGHT_DATABASE_URL"] = before
        made.drop()
