"""Whether the database's schema is the one this code was written for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from stockwright.kit.embedded import SetupError

# Of several starts at once one migrates and the others wait for it.
_LOCK = 0x53746F63


def pending() -> list[str]:
    """Return the migrations that the database still lacks, in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def unknown(names: Iterable[str] | None = None) -> list[str]:
    """Return those of the migrations (of the database, unless others are given) that this code does not know."""
    known = {f"{app}.{name}" for app, name in on_disk()}
    apps = {name.split(".", 1)[0] for name in known}
    given = applied() if names is None else names
    return [name for name in given if name not in known and name.split(".", 1)[0] in apps]


def applied() -> list[str]:
    """Return every migration that the database has had."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def on_disk() -> set[tuple[str, str]]:
    """Return every migration this code knows, as app and name, the replaced ones too."""
    loader = MigrationLoader(None)
    return set(loader.disk_migrations) | {name for one in loader.disk_migrations.values() for name in one.replaces}


def make_ready(tell: Callable[[str], None]) -> None:
    """Make the tables of an empty database; refuse one that is older or newer than the code. Raises: SetupError."""
    refuse_newer(unknown())
    if not pending():
        return
    # Somebody else may be making them just now.
    with _alone():
        waiting = pending()
        if waiting and connection.introspection.table_names():
            raise SetupError(
                f"The database is older than this Stockwright ({len(waiting)} migrations): run 'stockwright migrate'."
            )
        if waiting:
            tell("Making the tables (once)")
            call_command("migrate", interactive=False, verbosity=0)


def refuse_newer(names: list[str]) -> None:
    """Refuse migrations that this code does not know. Raises: SetupError."""
    if names:
        message = (
            f"The database was written by a newer Stockwright (it has {names[-1]}): install that version, "
            "or restore a backup made with this one."
        )
        raise SetupError(message)


def migrate(*, verbosity: int = 0) -> list[str]:
    """Bring the schema up to the code; return the migrations that were run. Raises: SetupError for a newer database."""
    with _alone():
        refuse_newer(unknown())
        waiting = pending()
        if waiting:
            call_command("migrate", interactive=False, verbosity=verbosity)
    return waiting


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        # Others' migrations may take longer than an ordinary lock may be waited for.
        cursor.execute("SET lock_timeout = '10min'")
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        cursor.execute("RESET lock_timeout")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
