"""Stock that a journal of invoices wrote off before our ledger began."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from stockwright.channels.imports.known import write_offs_known
from stockwright.channels.imports.sorting_stock import write_off_key
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.errors import NotFound
from stockwright.stock.actions import Move, post_movements


class WrittenOff(Given):
    """Units of one SKU."""

    sku: str = Field(max_length=100)
    units: int = Field(gt=0)
    at: AwareDatetime
    note: str = ""
    # The source's own number for it, and the row in it, counted from 1.
    reference: str = Field("", max_length=80)
    position: int = 0


class WriteOffGiven(Given):
    """Rows of one source."""

    source: str = Field(max_length=80)
    rows: tuple[WrittenOff, ...] = Field(min_length=1)


@action("import.write_off", title=str(_("Write off history")), for_people=False)
def write_off(call: Call, given: WriteOffGiven) -> dict[str, Any]:
    """Post movements from before the ledger to scrap; a reference, row and SKU told before is left alone.

    Raises: NotFound for a SKU that no product has.
    """
    variants = dict(fetch("SELECT sku, id FROM catalog_variant WHERE sku = ANY(%s)", ([r.sku for r in given.rows],)))
    if (missing := next((row.sku for row in given.rows if row.sku not in variants), None)) is not None:
        raise NotFound(what="product with the SKU", which=missing)
    new = _new(given, call.at)
    places = dict(fetch("SELECT kind, id FROM stock_location WHERE kind IN ('before', 'scrap')"))
    moves = [
        Move(
            variants[row.sku], row.units, places["before"], places["scrap"], "written_off",
            reference=("invoice", int(row.reference) if row.reference.isdecimal() else None),
            note=row.note if row.reference.isdecimal() else f"{row.reference} {row.note}".strip(),
            occurred_at=row.at,
        )
        for row in new
    ]  # fmt: skip
    post_movements(call, moves)
    for row in new:
        call.record("stock.written_off", ("variant", variants[row.sku]), at=row.at, units=row.units, note=row.note)
    return {"written_off": len(new), "known": len(given.rows) - len(new)}


def _new(given: WriteOffGiven, moment: datetime) -> list[WrittenOff]:
    """Those rows that were not told before; noted as told."""
    keys = [write_off_key(row.model_dump()) for row in given.rows]
    there = write_offs_known(given.source, keys)
    execute(
        "INSERT INTO kit_externalref (source, type, external_id, object_id, seen_at)"
        " SELECT %s, 'write_off', k, 0, %s FROM unnest(%s::text[]) AS u(k) ON CONFLICT DO NOTHING",
        (given.source, moment, sorted(set(keys) - there)),
    )
    return [row for row, key in zip(given.rows, keys, strict=True) if key not in there]
