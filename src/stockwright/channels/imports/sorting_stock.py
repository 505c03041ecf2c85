"""Stock rows and write-offs sorted: checked one by one, told new from changed and unchanged, made messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from stockwright.channels.files.port import Record
from stockwright.channels.files.stock_rows import AVAILABLE
from stockwright.channels.imports import known, remarks
from stockwright.channels.imports.batch import CHUNK, STOCK, WRITE_OFF, Batch, Outgoing
from stockwright.kit.bulk import as_json
from stockwright.kit.clock import now
from stockwright.orders.drafts import MOST_UNITS
from stockwright.stock.actions.set_on_hand import FEWEST, MOST

_LONGEST_REFERENCE = 80


@dataclass(slots=True)
class StockSorter:
    """Sorts the stock rows of one import."""

    # The file and how it is read, if it may not tell the same twice: what happened since would be undone.
    telling: str = ""
    # Whoever imports may set stock.
    allowed: bool = True
    # A look ahead: products of the same file count as there, though they are not.
    dry: bool = False
    _places: dict[str, int] | None = None
    _told_last: dict[int, str] = field(default_factory=dict)

    def sort(self, records: Sequence[Record], coming: Collection[str], batch: Batch) -> None:
        """Take the stock rows of a batch."""
        if not records:
            return
        if not self.allowed:
            batch.unchanged += len(records)
            batch.remarks[remarks.LEFT_OUT] += len(records)
            return
        if self._places is None:
            self._places = known.locations_known()
            self._told_last = known.tellings() if self.telling else {}
        rows = self._countable(records, coming, batch)
        levels = known.levels_known((row["variant_id"], row["location_id"]) for row in rows)
        different = []
        for row in rows:
            level = levels.get((row["variant_id"], row["location_id"]))
            batch.places.add(row["location_id"])
            if level is not None and self.telling and self._told_last.get(row["location_id"]) == self.telling:
                batch.remarks[remarks.SKIPPED] += 1
                batch.unchanged += 1
                continue
            if row["meaning"] == AVAILABLE:
                batch.remarks[remarks.AVAILABLE] += 1
                batch.remarks[remarks.BACKORDERED] += row["units"] < 0
            if level is not None and level.says(row["units"], row["meaning"]):
                batch.unchanged += 1
                continue
            batch.changed += level is not None
            batch.new += level is None
            different.append(row)
        for start in range(0, len(different), CHUNK):
            payload = {"at": now(), "rows": different[start : start + CHUNK]}
            # All stock of an import under one name: it is applied in order.
            batch.messages.append(Outgoing(STOCK, "stock", as_json(payload)))

    def _countable(self, records: Sequence[Record], coming: Collection[str], batch: Batch) -> list[dict[str, Any]]:
        """The rows whose SKU and location are known; the others are rejected, each by itself."""
        skus = {record.payload["sku"] for record in records}
        variants, hollow = known.variants_known(skus), known.hollow_variants(skus)
        places = self._places or {}
        rows = []
        for record in records:
            told = record.payload
            place = places.get(told["location"].casefold())
            if place is None:
                why = _("no location is called so: add it, or rename it in the file")
                batch.reject(record, why, "location", told["location"])
            elif not FEWEST <= told["units"] <= MOST:
                batch.reject(record, _("more than any level can have"), "units", str(told["units"]))
            elif told["sku"] in hollow:
                why = _("this has no stock of its own: it is a kit, or not counted")
                batch.reject(record, why, "sku", told["sku"])
            elif told["sku"] in variants:
                rows.append({
                    "variant_id": variants[told["sku"]], "location_id": place, "units": told["units"],
                    "meaning": told["meaning"],
                })  # fmt: skip
            elif self.dry and told["sku"] in coming:
                batch.new += 1
            else:
                batch.reject(record, _("no product has this SKU: import the products first"), "sku", told["sku"])
        return rows


def sort_write_offs(
    records: Sequence[Record], source: str, coming: Collection[str], batch: Batch, *, dry: bool = False
) -> None:
    """Take the write-offs of a batch."""
    if not records:
        return
    variants = known.variants_known({record.payload["sku"] for record in records})
    there = known.write_offs_known(source, [write_off_key(record.payload) for record in records])
    rows = []
    for record in records:
        told = record.payload
        if told["sku"] not in variants and not (dry and told["sku"] in coming):
            batch.reject(record, _("no product has this SKU: import the products first"), "sku", told["sku"])
        elif told["units"] > MOST_UNITS:
            batch.reject(record, _("too large"), "units", str(told["units"]))
        elif len(told["reference"]) > _LONGEST_REFERENCE:
            why = _("longer than %(n)s characters") % {"n": _LONGEST_REFERENCE}
            batch.reject(record, why, "number", told["reference"])
        elif write_off_key(told) in there:
            batch.unchanged += 1
        else:
            batch.new += 1
            rows.append(told)
    for start in range(0, len(rows), CHUNK):
        payload = {"source": source, "rows": rows[start : start + CHUNK]}
        batch.messages.append(Outgoing(WRITE_OFF, "", as_json(payload)))


def write_off_key(told: dict[str, Any]) -> str:
    """What tells a write-off from all others of its source: an invoice may write the same SKU off twice."""
    return f"{told['reference']}/{told['position']} {told['sku']}"
