"""Records of a batch sorted: checked against the rooms' drafts, told new from changed and unchanged, made messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from stockwright.catalog.drafts import ProductDraft
from stockwright.channels.files.port import Record, Rejected
from stockwright.channels.imports import known
from stockwright.channels.words import refusal
from stockwright.kit.bulk import as_json
from stockwright.kit.clock import now
from stockwright.orders.drafts import OrderDraft, content_hash, problem

ORDER, PRODUCT, STOCK, WRITE_OFF = "order.place", "file.product", "file.stock", "file.write_off"
# Rows of stock in one message: each is small, and they are applied as a set.
CHUNK = 500
# Clocks of others may run ahead.
_AHEAD = timedelta(days=2)


@dataclass(slots=True)
class Outgoing:
    """A message for the inbox."""

    topic: str
    external_id: str
    # As JSON text.
    payload: str


@dataclass(slots=True)
class Batch:
    """What came of some records."""

    messages: list[Outgoing] = field(default_factory=list)
    rejects: list[Rejected] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0


class Sorter:
    """Sorts the records of one import. It reads the database and writes nothing.

    `dry` is for a look ahead: products of the same file count as there, though they are not.
    """

    def __init__(self, source: str, *, dry: bool = False, skip_stock: bool = False) -> None:
        # Who tells: the channel of orders, or files in general.
        self._source = source
        self._dry = dry
        # The very same stock file was imported before: saying it again would undo what happened since.
        self._skip_stock = skip_stock
        self._coming: set[str] = set()
        self._places: dict[str, int] | None = None

    def sort(self, records: Sequence[Record]) -> Batch:
        """Messages, rejects and counts of a batch."""
        batch = Batch()
        by_type: dict[str, list[Record]] = {}
        for record in records:
            by_type.setdefault(record.type, []).append(record)
        self._orders(by_type.get("order", ()), batch)
        self._products(by_type.get("product", ()), batch)
        self._missing_products(by_type.get("product_if_new", ()), batch)
        self._stock(by_type.get("stock", ()), batch)
        self._write_offs(by_type.get("write_off", ()), batch)
        return batch

    def _orders(self, records: Sequence[Record], batch: Batch) -> None:
        if not records:
            return
        latest = now() + _AHEAD
        good: list[tuple[Record, OrderDraft]] = []
        for record in records:
            try:
                draft = OrderDraft.model_validate(record.payload)
            except ValidationError as error:
                batch.rejects.append(_unfit(record, error))
                continue
            if wrong := problem(draft, latest):
                batch.rejects.append(Rejected(record.rows, wrong, _line(record), key=record.key))
                continue
            good.append((record, draft))
        there = known.orders_known(self._source, [draft.number for _, draft in good])
        for record, draft in good:
            before = there.get(draft.number)
            if before is not None and before == content_hash(draft):
                batch.unchanged += 1
                continue
            batch.changed += before is not None
            batch.new += before is None
            # All that was said, a price of 0.00 too: left out, it would come back as 0, and differ the next time.
            said = draft.__pydantic_serializer__.to_json(draft, exclude_unset=True)
            batch.messages.append(Outgoing(ORDER, record.key[:200], said.decode()))

    def _products(self, records: Sequence[Record], batch: Batch) -> None:
        there = known.products_known(self._source, [record.key for record in records]) if records else {}
        for record in records:
            try:
                ProductDraft.model_validate(record.payload)
            except ValidationError as error:
                batch.rejects.append(_unfit(record, error))
                continue
            self._coming.update(variant["sku"] for variant in record.payload["variants"])
            digest = known.content_hash(record.payload)
            before = there.get(record.key)
            if before == digest:
                batch.unchanged += 1
                continue
            batch.changed += before is not None
            batch.new += before is None
            payload = {"source": self._source, "key": record.key, "hash": digest, "product": record.payload}
            batch.messages.append(Outgoing(PRODUCT, record.key[:200], as_json(payload)))

    def _missing_products(self, records: Sequence[Record], batch: Batch) -> None:
        """Products made of what orders name: those that are there already stay as they are, and are not counted."""
        there = known.variants_known([record.key for record in records]) if records else {}
        for record in records:
            self._coming.add(record.key)
            if record.key not in there:
                payload = {"source": self._source, "key": record.key, "hash": "", "product": record.payload}
                batch.messages.append(Outgoing(PRODUCT, record.key[:200], as_json(payload)))

    def _stock(self, records: Sequence[Record], batch: Batch) -> None:  # noqa: C901
        if not records:
            return
        if self._places is None:
            self._places = known.locations_known()
        skus = {record.payload["sku"] for record in records}
        variants, hollow = known.variants_known(skus), known.hollow_variants(skus)
        rows: list[dict[str, Any]] = []
        for record in records:
            told = record.payload
            place = self._places.get(told["location"].casefold())
            if place is None:
                why = _("no location is called so: add it, or rename it in the file")
                batch.rejects.append(
                    Rejected(record.rows, why, _line(record), "location", told["location"], record.key)
                )
            elif told["sku"] in hollow:
                why = _("this has no stock of its own: it is a kit, or not counted")
                batch.rejects.append(Rejected(record.rows, why, _line(record), "sku", told["sku"], record.key))
            elif told["sku"] in variants:
                rows.append({"variant_id": variants[told["sku"]], "location_id": place, **told})
            elif self._dry and told["sku"] in self._coming:
                batch.new += 1
            else:
                why = _("no product has this SKU: import the products first")
                batch.rejects.append(Rejected(record.rows, why, _line(record), "sku", told["sku"], record.key))
        levels = known.levels_known((row["variant_id"], row["location_id"]) for row in rows)
        different = []
        for row in rows:
            before = levels.get((row["variant_id"], row["location_id"]))
            if before == row["on_hand"] or (self._skip_stock and before is not None):
                batch.unchanged += 1
                continue
            batch.changed += before is not None
            batch.new += before is None
            different.append(row)
        for start in range(0, len(different), CHUNK):
            batch.messages.append(Outgoing(STOCK, "", as_json({"rows": different[start : start + CHUNK]})))

    def _write_offs(self, records: Sequence[Record], batch: Batch) -> None:
        there = known.write_offs_known(self._source, [record.key for record in records]) if records else set()
        rows = []
        for record in records:
            if (record.key, record.payload["sku"]) in there:
                batch.unchanged += 1
            else:
                batch.new += 1
                rows.append(record.payload)
        for start in range(0, len(rows), CHUNK):
            payload = {"source": self._source, "rows": rows[start : start + CHUNK]}
            batch.messages.append(Outgoing(WRITE_OFF, "", as_json(payload)))


def _line(record: Record) -> int:
    return record.rows[0].line if record.rows else 0


def _unfit(record: Record, error: ValidationError) -> Rejected:
    """The first thing that a draft refuses; of a line or variant, with the line of the file it came from."""
    first = error.errors(include_url=False)[0]
    where = first["loc"]
    line = _line(record)
    if (
        len(where) > 1
        and where[0] in ("lines", "variants")
        and isinstance(where[1], int)
        and where[1] < len(record.rows)
    ):
        line = record.rows[where[1]].line
    column = ".".join(str(part) for part in where if not isinstance(part, int)) or record.type
    return Rejected(record.rows, refusal(first, column), line, column, str(first.get("input", ""))[:200], record.key)
