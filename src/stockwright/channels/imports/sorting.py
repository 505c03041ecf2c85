"""Records of a batch sorted: checked against the rooms' drafts, told new from changed and unchanged, made messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from pydantic import ValidationError

from stockwright.catalog.drafts import ProductDraft
from stockwright.channels.files.port import Record, Rejected
from stockwright.channels.imports import known, remarks
from stockwright.channels.imports.batch import ORDER, PRODUCT, Batch, Outgoing, line_of
from stockwright.channels.imports.sorting_stock import StockSorter, sort_write_offs
from stockwright.channels.words import refusal
from stockwright.kit.bulk import as_json
from stockwright.kit.business import Shop, read_setting
from stockwright.kit.clock import now
from stockwright.orders.drafts import OrderDraft, content_hash, problem, sent_already

# Clocks of others may run ahead.
_AHEAD = timedelta(days=2)


class Sorter:
    """Sorts the records of one import. It reads the database and writes nothing.

    `dry` is for a look ahead: products of the same file count as there, though they are not. `telling` and `stock`: as
    in StockSorter.
    """

    def __init__(self, source: str, *, dry: bool = False, telling: str = "", stock: bool = True) -> None:
        # Who tells: the channel of orders, or files in general.
        self._source = source
        self._dry = dry
        self._stock = StockSorter(telling, allowed=stock, dry=dry)
        self._coming: set[str] = set()
        self._money: _Money | None = None

    def sort(self, records: Sequence[Record]) -> Batch:
        """Messages, rejects and counts of a batch."""
        batch = Batch()
        by_type: dict[str, list[Record]] = {}
        for record in records:
            by_type.setdefault(record.type, []).append(record)
        self._orders(by_type.get("order", ()), batch)
        self._products(by_type.get("product", ()), batch)
        self._missing_products(by_type.get("product_if_new", ()), batch)
        self._stock.sort(by_type.get("stock", ()), self._coming, batch)
        sort_write_offs(by_type.get("write_off", ()), self._source, self._coming, batch, dry=self._dry)
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
                batch.reject(record, wrong)
                continue
            good.append((record, draft))
        there = known.orders_known(self._source, [draft.number for _, draft in good])
        self._money = self._money or _Money()
        new = []
        for record, draft in good:
            before = there.get(draft.number)
            if wrong := _another(draft, before):
                batch.reject(record, wrong, "number", draft.number)
                continue
            if wrong := self._money.rate(draft, before, batch):
                batch.reject(record, wrong, "currency", draft.currency)
                continue
            if before is not None and before.content_hash == content_hash(draft):
                batch.unchanged += 1
                continue
            if before is None:
                new.append(draft)
            batch.changed += before is not None
            batch.new += before is None
            # All that was said, a price of 0.00 too: left out, it would come back as 0, and differ the next time.
            said = draft.__pydantic_serializer__.to_json(draft, exclude_unset=True)
            batch.messages.append(Outgoing(ORDER, record.key[:200], said.decode()))
        batch.remarks[remarks.SENT] += _sent_since(new)

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
        """Products made of what orders name: those that are there already stay as they are, and are not counted.

        A price that no product can have is left out; a SKU that none can have is refused with the order that names it.
        """
        there = known.variants_known([record.key for record in records]) if records else {}
        for record in records:
            if record.key in there or not (_fits(record) or _fits(_without_price(record))):
                continue
            self._coming.add(record.key)
            payload = {"source": self._source, "key": record.key, "hash": "", "product": record.payload}
            batch.messages.append(Outgoing(PRODUCT, record.key[:200], as_json(payload)))


class _Money:
    """What the shop counts in, and what other money is worth in it."""

    def __init__(self) -> None:
        self._shop = known.shop_currency()
        self._rates: dict[str, Decimal] = read_setting("rates").model_dump()["rates"]

    def rate(self, draft: OrderDraft, before: known.KnownOrder | None, batch: Batch) -> str:
        """Give an order of other money its rate; why not, where none is known."""
        if not self._shop:
            # Nobody said what the shop counts in, and it has no order yet: it is the money of the first.
            self._shop = draft.currency
            if draft.currency != Shop.model_fields["currency"].default:
                batch.currency = draft.currency
                batch.remarks[remarks.ADOPTED] += 1
        if draft.currency == self._shop or "rate" in draft.model_fields_set:
            return ""
        if before is not None and before.currency == draft.currency:
            # Told again, it is worth what it was worth when it came.
            draft.rate = _plain(before.rate)
        elif draft.currency in self._rates:
            draft.rate = _plain(self._rates[draft.currency])
        else:
            return _(
                "no rate is known: say in the settings (group rates) what one %(currency)s is worth in %(shop)s, or"
                " give the file a column for the rate"
            ) % {"currency": draft.currency, "shop": self._shop}
        return ""


def _plain(rate: Decimal) -> Decimal:
    """The same number, always written the same: digests compare texts."""
    return Decimal(format(rate.normalize(), "f"))


def _another(draft: OrderDraft, before: known.KnownOrder | None) -> str:
    """Why an order can't be the one that has its number here: the platform calls that one otherwise."""
    if before is None or not (before.external_id and draft.external_id) or before.external_id == draft.external_id:
        return ""
    return _(
        "another order of this channel has this number (%(id)s): if this is another shop, name its channel with --channel"
    ) % {"id": before.external_id}


def _sent_since(drafts: Sequence[OrderDraft]) -> int:
    """Units that had left when their order was told, though stock was told before they left."""
    if not drafts or (since := known.stock_told_since()) is None:
        return 0
    sent = [
        (line.sku, draft.fulfilled_at, units)
        for draft in drafts if draft.fulfilled_at is not None and draft.fulfilled_at > since
        for line in draft.lines if line.kind == "goods" and (units := sent_already(draft, line))
    ]  # fmt: skip
    told = known.stock_told_at({sku for sku, _, _ in sent}) if sent else {}
    return sum(units for sku, left, units in sent if sku in told and left > told[sku])


def _fits(record: Record) -> bool:
    try:
        ProductDraft.model_validate(record.payload)
    except ValidationError:
        return False
    return True


def _without_price(record: Record) -> Record:
    for variant in record.payload["variants"]:
        variant["price"] = None
    return record


def _unfit(record: Record, error: ValidationError) -> Rejected:
    """The first thing that a draft refuses; of a line or variant, with the line of the file it came from."""
    first = error.errors(include_url=False)[0]
    where = first["loc"]
    line = line_of(record)
    if (
        len(where) > 1
        and where[0] in ("lines", "variants")
        and isinstance(where[1], int)
        and where[1] < len(record.rows)
    ):
        line = record.rows[where[1]].line
    column = ".".join(str(part) for part in where if not isinstance(part, int)) or record.type
    return Rejected(record.rows, refusal(first), line, column, str(first.get("input", ""))[:200], record.key)
