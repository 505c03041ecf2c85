"""The course of an import."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.channels.errors import NotCancellable
from stockwright.channels.models import Import
from stockwright.channels.states import IMPORT_MOVES, UNFINISHED, ImportState
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute
from stockwright.kit.errors import NotFound
from stockwright.kit.states import move


class ImportGiven(Given):
    """Which import."""

    import_id: int = Field(title=str(_("Import")))


class FailGiven(ImportGiven):
    """Why it can't go on."""

    error: str = Field(max_length=5000)


def _find(import_id: int) -> Import:
    run = Import.objects.filter(pk=import_id).first()
    if run is None:
        raise NotFound(what="import", which=import_id)
    return run


def _counts(run: Import) -> dict[str, Any]:
    return {
        "rows": run.rows, "records": run.records, "new": run.new, "changed": run.changed,
        "unchanged": run.unchanged, "rejected": run.rejected_records,
    }  # fmt: skip


@action("import.begin", title=str(_("Begin reading")), for_people=False)
def begin(call: Call, given: ImportGiven) -> dict[str, Any]:
    """Somebody reads it now: from the start, or from where it was left. Raises: NotFound, IllegalMove, LostRace."""
    run = _find(given.import_id)
    if run.state != ImportState.READING:
        move(call, run, "state", ImportState.READING, IMPORT_MOVES, type_="import", started_at=call.at, seen_at=call.at)
    return {"position": run.position}


@action("import.all_read", title=str(_("All is read")), for_people=False)
def all_read(call: Call, given: ImportGiven) -> dict[str, Any]:
    """The file is read to its end; the inbox has the rest. Raises: NotFound, IllegalMove, LostRace."""
    run = _find(given.import_id)
    move(
        call, run, "state", ImportState.APPLYING, IMPORT_MOVES, type_="import", seen_at=call.at, rows_expected=run.rows
    )
    call.record("import.read", ("import", run.pk), **_counts(run))
    return _counts(run)


@action("import.finish", title=str(_("End the import")), for_people=False)
def finish(call: Call, given: ImportGiven) -> dict[str, Any]:
    """Every message is settled. Asked twice it stays ended. Raises: NotFound, IllegalMove."""
    run = Import.objects.select_for_update().filter(pk=given.import_id).first()
    if run is None:
        raise NotFound(what="import", which=given.import_id)
    if run.state != ImportState.DONE:
        move(call, run, "state", ImportState.DONE, IMPORT_MOVES, type_="import", finished_at=call.at)
        call.record("import.finished", ("import", run.pk), **_counts(run))
    return _counts(run)


@action("import.fail", title=str(_("Give the import up")), for_people=False)
def fail(call: Call, given: FailGiven) -> dict[str, Any]:
    """The file can't be read to its end. Raises: NotFound."""
    run = _find(given.import_id)
    if run.state in (ImportState.WAITING, ImportState.READING):
        move(
            call, run, "state", ImportState.FAILED, IMPORT_MOVES, type_="import", error=given.error, finished_at=call.at
        )
    return {}


@action("import.cancel", title=str(_("Cancel import")), subject="import", subject_field="import_id", dangerous=True)
def cancel(call: Call, given: ImportGiven) -> dict[str, Any]:
    """Stop reading, and take back from the inbox what was not applied yet; what was applied stays.

    Raises: NotFound, NotCancellable.
    """
    run = Import.objects.select_for_update().filter(pk=given.import_id).first()
    if run is None:
        raise NotFound(what="import", which=given.import_id)
    if run.state not in UNFINISHED:
        raise NotCancellable(which=run.pk, state=run.state)
    move(call, run, "state", ImportState.CANCELLED, IMPORT_MOVES, type_="import", finished_at=call.at)
    dropped = execute(
        "UPDATE kit_inboxmessage SET state = 'superseded', settled_at = %s, reason = 'the import was cancelled'"
        " WHERE id IN (SELECT id FROM kit_inboxmessage WHERE source = %s AND state = 'pending' ORDER BY id"
        " FOR UPDATE SKIP LOCKED)",
        (call.at, run.source),
    )
    call.record("import.cancelled", ("import", run.pk), dropped=dropped, **_counts(run))
    return {"dropped": dropped}
