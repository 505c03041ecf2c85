"""What pages and commands ask of imports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from stockwright.channels.imports.settling import Settlement, settlement
from stockwright.channels.models import Import, ImportReject
from stockwright.channels.states import ImportState
from stockwright.kit.errors import NotFound


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
    return ["Line", "Column", "Value", "Reason", *run.columns]


def reject_rows(run: Import) -> Iterator[Sequence[Any]]:
    """Every row of every record that did not go in, in the order of the file."""
    for reject in ImportReject.objects.filter(run=run).order_by("line", "id").iterator(chunk_size=500):
        for line, cells in reject.rows or [[reject.line, []]]:
            here = line == reject.line
            why = reject.reason if here else f"with line {reject.line}: {reject.reason}"
            padded = [*cells, *[""] * (len(run.columns) - len(cells))]
            yield [line, reject.column if here else "", reject.value if here else "", why, *padded]
