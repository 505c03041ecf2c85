"""What pages and commands ask of imports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from orjson import loads

from stockwright.channels.files.reading.rejects import HEAD, guarded
from stockwright.channels.imports.settling import Settlement, settlement
from stockwright.channels.models import Import
from stockwright.channels.states import ImportState
from stockwright.kit.errors import NotFound

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Report:
    """How an import stands."""

    run: Import
    settled: Settlement

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        return self.run.state in (ImportState.WAITING, ImportState.READING, ImportState.APPLYING)

    @property
    def clean(self) -> bool:
        """Whether everything went in."""
        failed = self.run.state in (ImportState.FAILED, ImportState.CANCELLED)
        return not (failed or self.run.rejected_records or self.settled.quarantined)

    def plain(self) -> dict[str, Any]:
        """As JSON-ready data."""
        run, settled = self.run, self.settled
        return {
            "import": run.pk, "file": run.name, "kind": run.kind, "state": run.state, "error": run.error,
            "rows": run.rows, "records": run.records, "new": run.new, "changed": run.changed,
            "unchanged": run.unchanged, "matched": run.absorbed, "rejected": run.rejected_records, "rejected_rows": run.rejected_rows,
            "messages": run.messages, "pending": settled.pending, "applied": settled.applied,
            "superseded": settled.superseded, "quarantined": settled.quarantined, "notes": run.notes,
            "created_at": run.created_at.isoformat(),
            "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        }  # fmt: skip


def report(import_id: int) -> Report:
    """One import. Raises: NotFound."""
    run = Import.objects.filter(pk=import_id).first()
    if run is None:
        raise NotFound(what="import", which=import_id)
    return Report(run, settlement(run))


def import_rows() -> QuerySet[Import, Any]:
    """Imports, for lists that go on where the last page ended."""
    return Import.objects.all()


def recent_imports(limit: int = 50) -> list[Import]:
    """The latest imports, newest first."""
    return list(Import.objects.order_by("-created_at", "-id")[:limit])


def reject_columns(run: Import) -> list[str]:
    """The head of a file of rejects: why, then the columns as they were, so that it can be mended and imported."""
    return [*HEAD, *run.columns]


def reject_rows(run: Import) -> Iterator[Sequence[Any]]:
    """Every row of every record that did not go in, once and in the order of the file."""
    for line, told in groupby(_told(run), key=itemgetter(0)):
        entries = [(of, column, value, reason, loads(cells)) for _line, of, column, value, reason, cells in told]
        # Rejects of the row itself come first; where there is none, it stands with the row that is to blame.
        own = [entry for entry in entries if entry[0] == line]
        of, column, value, reason, cells = entries[0]
        if not own:
            column, value, reason = "", "", f"with line {of}: {reason}"
        elif len(own) > 1:
            reason = "; ".join(f"{entry[1]}: {entry[3]}" for entry in own)
            # Each of them holds what it tells and no more.
            cells = [next(filter(None, of_cell), "") for of_cell in zip_longest(*(e[4] for e in own), fillvalue="")]
        padded = [*map(guarded, cells), *[""] * (len(run.columns) - len(cells))]
        yield [line, column, value, reason, *padded]


_ROWS = """
SELECT coalesce((pair->>0)::bigint, r.line) AS at, r.line, r."column", r.value, r.reason, coalesce(pair->1, '[]')
FROM channels_importreject r LEFT JOIN LATERAL jsonb_array_elements(r.rows) AS pair ON true
WHERE r.run_id = %s ORDER BY at, r.line <> coalesce((pair->>0)::bigint, r.line), r.id
"""


def _told(run: Import) -> Iterator[tuple[Any, ...]]:
    """Rows of rejects by their line of the file, those of the row itself before those that only hold it."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ROWS, (run.pk,))
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows
