"""Making a backup of the whole shop."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from stockwright import __version__
from stockwright.cli import migrations
from stockwright.cli.backups import archive, postgres
from stockwright.kit.embedded import database_url
from stockwright.kit.embedded.errors import SetupError
from stockwright.kit.errors import Refused
from stockwright.kit.home import files_folder, home


class BackupExists(Refused):
    """{file} exists already: choose another name, or remove it first."""


def backup(to: Path, tell: Callable[[str], None]) -> archive.Manifest:
    """Write database, stored files and the shop's secret into one file.

    The database is as of one moment; the files are those that it names then, however many are on their way in.
    Raises: BackupExists, SetupError.
    """
    if to.exists():
        raise BackupExists(file=to)
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=to.parent) as scratch:
            dumped = Path(scratch) / archive.DUMP
            tell("Dumping the database")
            manifest, stored = _dump(dumped)
            tell("Writing the file")
            return archive.write(to, manifest, {archive.DUMP: dumped, **_secret()}, files_folder(), stored)
    except OSError as error:
        free = shutil.disk_usage(to.parent).free // 1_000_000 if to.parent.is_dir() else 0
        message = (
            f"The backup could not be written to {to.parent} ({error.strerror}, {free} MB free): choose another place."
        )
        raise SetupError(message) from error


def count_rows(connection: psycopg.Connection) -> dict[str, int]:
    """Return the number of rows of every table of ours. Shape: partitions are counted with their parent."""
    found = connection.execute(
        """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
           AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname""",
    ).fetchall()
    counts = {}
    for (name,) in found:
        row = connection.execute(sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(name))).fetchone()
        counts[name] = row[0] if row else 0
    return counts


def _dump(to: Path) -> tuple[archive.Manifest, list[archive.Stored]]:
    url = database_url()
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        rows = count_rows(connection)
        named = connection.execute(
            "SELECT DISTINCT ON (path) name, path, bytes, digest FROM kit_storedfile ORDER BY path, id"
        ).fetchall()
        version = connection.info.server_version
        postgres.dump(url, to, snapshot=row[0] if row else "", server_major=version // 10_000)
    manifest = archive.Manifest(
        version=__version__,
        made_at=datetime.now(tz=UTC).isoformat(timespec="seconds"),
        postgres=f"{version // 10_000}.{version % 10_000}",
        migrations=migrations.applied(),
        rows=rows,
    )
    return manifest, [archive.Stored(*row) for row in named]


def _secret() -> dict[str, Path]:
    # What is encrypted in the database can be read only with it.
    secret = home() / "secret"
    return {archive.SECRET: secret} if secret.is_file() else {}
