"""Restoring a backup: all of it or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from django.db import connections
from psycopg import sql

from stockwright.cli import migrations
from stockwright.cli.backups import archive, postgres
from stockwright.cli.backups.make import count_rows
from stockwright.kit.embedded import database_url
from stockwright.kit.embedded.errors import SetupError
from stockwright.kit.errors import Refused
from stockwright.kit.home import files_folder, home

# A shop lives once people or facts are in it; what migrations put into tables is no life.
_SIGNS_OF_LIFE = ("kit_person", "kit_journalevent")


class ShopIsLive(Refused):
    """There is a shop here already ({rows} rows of people and journal): --force replaces it by the backup."""


class ShopIsRunning(Refused):
    """Stockwright is at work on this database ({connections} connections): stop it first."""


def restore(file: Path, tell: Callable[[str], None], *, force: bool) -> archive.Manifest:
    """Replace the shop by the backup: database in one transaction, then stored files and secret.

    Raises: BadBackup, ShopIsLive, ShopIsRunning, RestoreFailed; the shop is then as it was. SetupError.
    """
    manifest = archive.read_manifest(file)
    migrations.refuse_newer(migrations.unknown(manifest.migrations))
    connections.close_all()
    major = _refuse_unready(force=force)
    place = home()
    place.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=place) as scratch:
            folder = Path(scratch)
            tell("Checking the backup")
            archive.extract(file, manifest, lambda name: folder / name)
            tell("Restoring the database")
            dump = folder / archive.DUMP
            finish = _same_rows(manifest) + _forget_workers(manifest)
            postgres.restore(database_url(), dump, server_major=major, finish=finish)
            _put_files(folder)
    except OSError as error:
        free = shutil.disk_usage(place).free // 1_000_000
        raise SetupError(
            f"{place} cannot be written ({error.strerror}, {free} MB free): make room and try again."
        ) from error
    if migrations.migrate():
        tell("Brought the restored database up to this version")
    return manifest


def _refuse_unready(*, force: bool) -> int:
    """Refuse a shop in use or, without force, one with life in it; return the server's major version."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        others = connection.execute(
            """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
               AND pid <> pg_backend_pid() AND backend_type = 'client backend'""",
        ).fetchone()
        if others and others[0]:
            raise ShopIsRunning(connections=others[0])
        rows = count_rows(connection)
        life = sum(rows.get(name, 0) for name in _SIGNS_OF_LIFE)
        if life and not force:
            raise ShopIsLive(rows=life)
        return connection.info.server_version // 10_000


def _same_rows(manifest: archive.Manifest) -> str:
    """A statement that fails, and so takes the restore back, where a table has other rows than the backup says."""
    checks = sql.SQL("\n").join(
        sql.SQL("IF (SELECT count(*) FROM public.{table}) <> {rows} THEN RAISE EXCEPTION '%', {words}; END IF;").format(
            table=sql.Identifier(name),
            rows=sql.Literal(rows),
            words=sql.Literal(f"{name} has other rows than the backup says"),
        )
        for name, rows in manifest.rows.items()
    )
    return sql.SQL("DO $check$ BEGIN\n{}\nEND $check$;\n").format(checks).as_string()


def _forget_workers(manifest: archive.Manifest) -> str:
    """Those that were at work when the backup was made: nobody is now."""
    return "DELETE FROM public.procrastinate_workers;\n" if "procrastinate_workers" in manifest.rows else ""


def _put_files(folder: Path) -> None:
    """Put the stored files and the secret in their places; the old files go only when the new ones stand."""
    place, new, old = files_folder(), folder / "files", folder / "files.before"
    if place.exists():
        place.rename(old)
    if new.exists():
        new.rename(place)
    secret = folder / archive.SECRET
    if secret.exists() and not os.environ.get("STOCKWRIGHT_SECRET_KEY"):
        secret.replace(home() / "secret")
