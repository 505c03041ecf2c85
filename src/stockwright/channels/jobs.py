"""Imports in the background, and those that somebody left half done."""

from __future__ import annotations

import logging
from datetime import timedelta

from procrastinate.contrib.django import app

from stockwright.channels.errors import ImportsBusy
from stockwright.channels.imports.running import finish_if_settled, run_import, unfinished
from stockwright.channels.jobs_queue import defer_import
from stockwright.channels.states import ImportState
from stockwright.kit.clock import now
from stockwright.kit.errors import StockwrightError

log = logging.getLogger(__name__)
# Without a sign of life for so long, whoever read it is gone.
_SILENT = timedelta(minutes=2)
_NEXT_LOOK_SECONDS = 3


@app.task(name="import.run", queue="imports")
def run(import_id: int) -> None:
    """Read an import and see it applied; what stops it stands in the import itself.

    While another one is at work it goes back in line: a worker does other things as well.
    """
    try:
        run_import(import_id, patient=False)
    except ImportsBusy:
        defer_import(import_id, seconds=_NEXT_LOOK_SECONDS)
    except StockwrightError as error:
        log.warning("import %s stopped: %s", import_id, error)


@app.periodic(cron="* * * * *")
@app.task(name="import.resume", queue="imports", queueing_lock="import.resume")
def resume(timestamp: int) -> None:  # noqa: ARG001 - the scheduler gives it
    """Go on with imports that nobody works on any more, and end those whose last message is settled."""
    for each in unfinished():
        if each.state == ImportState.APPLYING:
            finish_if_settled(each)
        elif (each.seen_at or each.created_at) < now() - _SILENT:
            defer_import(each.pk)
