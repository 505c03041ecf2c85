"""Files that came in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from stockwright.api.auth import must_see
from stockwright.api.paging import Key, Page, PagingQuery, RowId, page
from stockwright.channels.queries import import_rows, report

router = Router(tags=["imports"])


class ImportInfo(Schema):
    """A file on its way in."""

    id: int
    kind: str
    name: str
    state: str
    error: str
    rows: int
    records: int
    new: int
    changed: int
    unchanged: int
    rejected_records: int
    rejected_rows: int
    messages: int
    actor: str
    created_at: datetime
    finished_at: datetime | None


class ImportWhole(ImportInfo):
    """An import with what became of its messages."""

    pending: int = Field(description="Messages still to be applied.")
    applied: int
    superseded: int
    quarantined: int
    notes: list[Any]


@router.get("/imports", response=Page[ImportInfo], summary="Imports")
def list_imports(request: HttpRequest, paging: PagingQuery) -> Any:
    """Imports, the latest first."""
    must_see(request, "view.channels")
    keys = [Key("created_at", datetime, True), Key("id", int, True)]
    return page(request, import_rows(), keys, paging, ImportInfo.from_orm)


@router.get("/imports/{int:import_id}", response=ImportWhole, summary="One import")
def read_import(request: HttpRequest, import_id: RowId) -> Any:
    """One import, and how far it is."""
    must_see(request, "view.channels")
    told = report(import_id)
    run: Any = told.run
    for name in ("pending", "applied", "superseded", "quarantined"):
        setattr(run, name, getattr(told.settled, name))
    return run
