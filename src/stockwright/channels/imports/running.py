"""An import from where it stands to its end: the same from the command line and from the worker."""

from __future__ import annotations

from stockwright.channels.imports.helper import helping
from stockwright.channels.imports.reading import Progress, quiet, read_into_inbox
from stockwright.channels.imports.settling import settle, settlement
from stockwright.channels.models import Import
from stockwright.channels.states import UNFINISHED, ImportState
from stockwright.kit.actions import perform
from stockwright.kit.errors import Kind, StockwrightError
from stockwright.kit.people import SYSTEM


def run_import(import_id: int, progress: Progress = quiet, *, wait: bool = True, helped: bool = False) -> Import:
    """Read what is left to read and, with `wait`, help the inbox until everything is applied.

    `helped` starts a second process that applies too; it pays for large files.

    Raises: what makes the file as a whole unreadable (the import has failed then), NotReading.
    """
    run = Import.objects.select_related("file").get(pk=import_id)
    try:
        if run.state in (ImportState.WAITING, ImportState.READING):
            perform("import.begin", {"import_id": run.pk}, actor=SYSTEM, door="job")
            run.refresh_from_db()
            if run.position:
                # Whoever read before may have been killed while what comes first was being applied.
                settle(run, progress)
            with helping(wanted=helped and wait):
                read_into_inbox(run, progress)
                perform("import.all_read", {"import_id": run.pk}, actor=SYSTEM, door="job")
                run.refresh_from_db()
                if wait and run.state == ImportState.APPLYING:
                    settle(run, progress)
    except StockwrightError as error:
        if error.kind not in (Kind.UNAVAILABLE, Kind.CONFLICT):
            perform("import.fail", {"import_id": run.pk, "error": error.message}, actor=SYSTEM, door="job")
        raise
    run.refresh_from_db()
    if wait and run.state == ImportState.APPLYING:
        settle(run, progress)
    finish_if_settled(run)
    run.refresh_from_db()
    return run


def finish_if_settled(run: Import) -> None:
    """End an import whose messages are all settled."""
    if run.state == ImportState.APPLYING and not settlement(run).pending:
        perform("import.finish", {"import_id": run.pk}, actor=SYSTEM, door="job")


def unfinished() -> list[Import]:
    """Imports that are not at their end, the oldest first."""
    return list(Import.objects.filter(state__in=[s.value for s in UNFINISHED]).order_by("id"))
