"""An import from where it stands to its end: the same from the command line and from the worker."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError

from stockwright.channels.errors import CantGoOn
from stockwright.channels.imports.helper import helping
from stockwright.channels.imports.reading import Progress, quiet, read_into_inbox
from stockwright.channels.imports.settling import is_pending, settle
from stockwright.channels.imports.turn import turn
from stockwright.channels.models import Import
from stockwright.channels.states import UNFINISHED, ImportState
from stockwright.kit.actions import perform
from stockwright.kit.errors import Kind, StockwrightError
from stockwright.kit.people import SYSTEM

log = logging.getLogger(__name__)


def run_import(
    import_id: int, progress: Progress = quiet, *, wait: bool = True, helped: bool = False, patient: bool = True
) -> Import:
    """Read what is left to read and, with `wait`, help the inbox until everything is applied.

    Imports run one after the other: `patient` waits for another one, and what that left in the inbox is applied
    first. `helped` starts a second process that applies while this one reads; it pays for large files.

    Raises: what makes the file as a whole unreadable (the import has failed then), CantGoOn (likewise), NotReading,
    ImportsBusy.
    """
    with turn(progress, patient=patient):
        for earlier in unfinished():
            if earlier.pk != import_id and earlier.state == ImportState.APPLYING:
                settle(earlier, progress)
                finish_if_settled(earlier)
        run = Import.objects.select_related("file").get(pk=import_id)
        try:
            _read(run, progress, helped=helped and wait)
        except StockwrightError as error:
            if error.kind not in (Kind.UNAVAILABLE, Kind.CONFLICT):
                _fail(run, error.message)
            raise
        except (OperationalError, InterfaceError):
            # The database's trouble says nothing about the file: somebody goes on with it later.
            raise
        except Exception as error:
            log.exception("import %s can't go on", run.pk)
            failed = CantGoOn(name=run.name, row=run.rows + 1, what=f"{type(error).__name__}: {error}"[:1000])
            _fail(run, failed.message)
            raise failed from error
        run.refresh_from_db()
        if wait and run.state == ImportState.APPLYING:
            settle(run, progress)
        finish_if_settled(run)
        run.refresh_from_db()
        return run


def _read(run: Import, progress: Progress, *, helped: bool) -> None:
    if run.state not in (ImportState.WAITING, ImportState.READING):
        return
    perform("import.begin", {"import_id": run.pk}, actor=SYSTEM, door="job")
    run.refresh_from_db()
    if run.position:
        # Whoever read before may have been killed while what comes first was being applied.
        settle(run, progress)
    with helping(wanted=helped):
        read_into_inbox(run, progress)
    perform("import.all_read", {"import_id": run.pk}, actor=SYSTEM, door="job")


def _fail(run: Import, why: str) -> None:
    perform("import.fail", {"import_id": run.pk, "error": why[:5000]}, actor=SYSTEM, door="job")


def finish_if_settled(run: Import) -> None:
    """End an import whose messages are all settled."""
    if run.state == ImportState.APPLYING and not is_pending(run):
        perform("import.finish", {"import_id": run.pk}, actor=SYSTEM, door="job")


def unfinished() -> list[Import]:
    """Imports that are not at their end, the oldest first."""
    return list(Import.objects.filter(state__in=[s.value for s in UNFINISHED]).order_by("id"))
