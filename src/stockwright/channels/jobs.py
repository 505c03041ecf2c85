"""Imports in the background, and those that somebody left half done."""

from __future__ import annotations

import logging
from datetime import timedelta

from procrastinate.contrib.django import app

from stockwright.channels.imports.running import finish_if_settled, run_import, unfinished
from stockwright.channels.jobs_queue import defer_import
from stockwright.channels.states import ImportState
from stockwright.kit.clock import now
from stockwright.kit.errors import StockwrightError

log = logging.getLogger(__name__)
# Without a sign of life for so long, whoever read it is gone.
_SILENT = timedelta(minutes=2)


@app.task(name="import.run", queue="imports")
def run(import_id: int) -> None:
    """Read an import and see it applied; what stops it stands in the import itself."""
    try:
        run_import(import_id)
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
