"""The database Stockwright uses: the embedded one, or any PostgreSQL whose address is given."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stockwright.kit.embedded.errors import SetupError
from stockwright.kit.embedded.server import EmbeddedPostgres
from stockwright.kit.home import home

DATABASE_NAME = "stockwright"
OLDEST_MAJOR = 16
_CONNECT_SECONDS = 10
_NO_ADDRESS = "STOCKWRIGHT_DATABASE_URL is no database address: it reads postgresql://user:password@host:5432/name."


def _quiet(_text: str) -> None:
    """Say nothing."""


def outside_url() -> str | None:
    """Return the address of an outside database where STOCKWRIGHT_DATABASE_URL gives one."""
    return os.environ.get("STOCKWRIGHT_DATABASE_URL", "").strip() or None


def database_url() -> str:
    """Return the address of the database; nothing is started or asked."""
    return outside_url() or EmbeddedPostgres(home()).url(DATABASE_NAME)


def connection_settings() -> dict[str, Any]:
    """Return Django's settings of the database connection; what Django has no name for becomes an option."""
    try:
        parts = conninfo_to_dict(database_url())
    except psycopg.ProgrammingError as error:
        raise SetupError(_NO_ADDRESS) from error
    named = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    found = {django: str(parts.pop(libpq, None) or "") for django, libpq in named.items()}
    return {"ENGINE": "django.db.backends.postgresql", **found, "OPTIONS": parts}


def ensure_database(progress: Callable[[str], None] = _quiet) -> None:
    """Make the database reachable: start and create the embedded one, check an outside one.

    Who uses the embedded one takes a `lease` as well, which does this too. Raises: SetupError.
    """
    url = outside_url()
    if url is not None:
        check_outside(url)
        return
    server = EmbeddedPostgres(home(), progress=progress)
    server.ensure_running()
    create_database(server)


@contextlib.contextmanager
def lease(progress: Callable[[str], None] = _quiet) -> Iterator[None]:
    """Have the database ready within the block; the last process to leave stops the embedded server.

    Raises: SetupError.
    """
    url = outside_url()
    if url is not None:
        check_outside(url)
        yield
        return
    server = EmbeddedPostgres(home(), progress=progress)
    with server.lease():
        create_database(server)
        yield


def check_outside(url: str) -> None:
    """Refuse an address that is no address, does not answer, or answers with too old a PostgreSQL.

    Raises: SetupError with the cure.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise SetupError(_NO_ADDRESS) from error
    patience = parts.get("connect_timeout") or _CONNECT_SECONDS
    try:
        with psycopg.connect(make_conninfo(url, connect_timeout=patience)) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        raise SetupError(_unreachable(parts, error)) from error
    if version < OLDEST_MAJOR * 10_000:
        message = (
            f"The database server is PostgreSQL {version // 10_000}, Stockwright needs {OLDEST_MAJOR} or newer: "
            "upgrade it, or point STOCKWRIGHT_DATABASE_URL to a newer one."
        )
        raise SetupError(message)


def _unreachable(parts: dict[str, str | int | None], error: psycopg.OperationalError) -> str:
    where = f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}"
    name = parts.get("dbname") or parts.get("user") or ""
    said = " ".join(str(error).split())
    if f'database "{name}" does not exist' in said:
        return f"The server at {where} has no database '{name}': create it, or correct STOCKWRIGHT_DATABASE_URL."
    if "password authentication failed" in said or "no password supplied" in said:
        return f"The server at {where} refuses the user or password: correct them in STOCKWRIGHT_DATABASE_URL."
    reason = said.rsplit("failed: ", 1)[-1]
    return f"The database at {where} does not answer ({reason}): start it, or correct STOCKWRIGHT_DATABASE_URL."


def create_database(server: EmbeddedPostgres) -> None:
    """Create our database on the running server if it is missing. Raises: SetupError."""
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True, connect_timeout=_CONNECT_SECONDS) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME]).fetchone()
            if found is None:
                # Of several starters one wins; the others find it made.
                with contextlib.suppress(errors.DuplicateDatabase, errors.UniqueViolation):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE_NAME)))
    except psycopg.OperationalError as error:
        message = f"The embedded database does not answer ({' '.join(str(error).split())}): look into {server.log}."
        raise SetupError(message) from error
