"""Orders seen for the first time: laid out in memory, promised at once, written by COPY, one statement per table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from stockwright.kit import business
from stockwright.kit.actions import Call, Fact
from stockwright.kit.bulk import as_array, as_json, copy_rows, copy_text, fetch, reserve_ids
from stockwright.kit.bulk import copy_word as word
from stockwright.orders.drafts import HoldDraft, LineDraft, OrderDraft, sent_already
from stockwright.orders.rules import (
    ZERO,
    Kept,
    Parts,
    Promises,
    changed_totals,
    first_totals,
    fulfilment_state,
    in_shop_money,
    line_total,
    payment_state,
    return_state,
)
from stockwright.orders.states import Fulfilment, Payment
from stockwright.stock.actions import Demand, commit_demands

ORDER_COLUMNS = (
    "id", "channel_id", "number", "external_id", "version", "content_hash", "customer_id", "email", "customer_name",
    "placed_at", "ship_by", "currency", "rate", "subtotal", "discount", "shipping", "fees", "taxes_included", "tax",
    "total", "total_shop", "paid", "refunded", "payment", "fulfilment", "returned", "holds", "unmapped_lines",
    "cancelled_at", "cancel_reason", "fulfilled_at", "is_history", "is_test", "risk", "tags", "note",
    "shipping_method", "country", "shipping_address", "billing_address", "discounts", "taxes", "created_at",
    "updated_at", "short_units",
)  # fmt: skip
LINE_COLUMNS = (
    "id", "order_id", "position", "kind", "variant_id", "sku", "title", "units", "cancelled", "fulfilled", "returned",
    "unit_price", "discount", "tax", "total", "unit_cost", "requires_shipping", "fulfilled_at",
)  # fmt: skip
NULL = "\\N"
_DONE = (Fulfilment.FULFILLED, Fulfilment.CANCELLED)


@dataclass(frozen=True, slots=True)
class Known:
    """What a line needs of a variant."""

    id: int
    sku: str
    title: str
    cost: Decimal | None
    requires_shipping: bool


class Catalogue:
    """The variants that a batch of drafts names, read in one statement."""

    def __init__(self, drafts: Iterable[OrderDraft]) -> None:
        skus: set[str] = set()
        ids: set[int] = set()
        for draft in drafts:
            for line in draft.lines:
                if line.variant_id is not None:
                    ids.add(line.variant_id)
                elif line.sku:
                    skus.add(line.sku)
        rows = fetch(
            "SELECT v.id, v.sku, v.title, v.cost, v.requires_shipping FROM catalog_variant v"
            " WHERE v.sku = ANY(%s::text[]) OR v.id = ANY(%s::bigint[])",
            (as_array(skus), as_array(ids)),
        )
        self._by_id = {row[0]: Known(*row) for row in rows}
        self._by_sku = {known.sku: known for known in self._by_id.values()}

    def ids(self) -> set[int]:
        """All variants it found."""
        return set(self._by_id)

    def find(self, line: LineDraft) -> Known | None:
        """The variant of a goods line, if the catalogue knows it."""
        if line.kind == "fee":
            return None
        if line.variant_id is not None:
            return self._by_id.get(line.variant_id)
        return self._by_sku.get(line.sku)


@dataclass(slots=True)
class Batch:
    """Rows on their way into the tables."""

    # All columns but short_units, which is known last.
    orders: list[tuple[int, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    holds: list[tuple[Any, ...]] = field(default_factory=list)
    payments: list[tuple[Any, ...]] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    # Of orders whose units were reserved before: by order, for whom.
    holders: dict[int, str] = field(default_factory=dict)


def write_new(
    call: Call,
    drafts: Sequence[OrderDraft],
    hashes: Sequence[str],
    channels: dict[str, int],
    customers: Sequence[int | None],
) -> tuple[list[int], dict[int, int]]:
    """Place orders that are not there yet.

    Shape: their ids in the order of the drafts, and the units of each order that could not be promised.
    Locks: the levels of what they ask for, from the decision to the end of the transaction.
    """
    layout = Layout(call, drafts, channels)
    ids = reserve_ids("orders_order", len(drafts))
    for id_, draft, digest, customer in zip(ids, drafts, hashes, customers, strict=True):
        layout.add(id_, draft, digest, customer)
    batch = layout.batch
    # Lines need no decision, and foreign keys are checked at the end: they go before anything is locked.
    copy_text("orders_orderline", LINE_COLUMNS, batch.lines)
    # Promised as late as possible: hot levels are locked only while the rows are written.
    decided = commit_demands(call, batch.demands, holders=batch.holders)
    order_of = {demand.line_id: demand.order_id for demand in batch.demands} if decided.short else {}
    short: dict[int, int] = {}
    for line_id, units in decided.short.items():
        order_id = order_of[line_id]
        short[order_id] = short.get(order_id, 0) + units
    _write(batch, short)
    call.record_many(batch.facts)
    return ids, short


def _write(batch: Batch, short: dict[int, int]) -> None:
    get = short.get
    copy_text("orders_order", ORDER_COLUMNS, [f"{row}{get(id_, 0)}\n" for id_, row in batch.orders])
    if batch.holds:
        columns = ("order_id", "reason", "handle", "note", "placed_at", "placed_by", "released_by")
        copy_rows("orders_hold", columns, batch.holds)
    if batch.payments:
        copy_rows("orders_payment", PAYMENT_COLUMNS, batch.payments)


PAYMENT_COLUMNS = ("order_id", "kind", "amount", "currency", "gateway", "reference", "at", "told")


class Layout:
    """Turns drafts into rows; what is the same for a whole batch is looked up once."""

    def __init__(self, call: Call, drafts: Sequence[OrderDraft], channels: dict[str, int]) -> None:
        self.batch = Batch()
        self._call = call
        self._now = str(call.at)
        self._channels = channels
        self._catalogue = Catalogue(drafts)
        hours = business.setting(business.Hours)
        self._promises = Promises(hours.calendar(), hours.handling_days)
        self._shop_currency = business.setting(business.Shop).currency
        self._line_ids: Iterator[int] = iter(reserve_ids("orders_orderline", sum(len(d.lines) for d in drafts)))

    def add(self, id_: int, draft: OrderDraft, digest: str, customer: int | None) -> None:
        """Lay out one order."""
        batch, call = self.batch, self._call
        ship_by = None
        cancelled_at, fulfilled_at = draft.cancelled_at, draft.fulfilled_at
        if not draft.is_history:
            ship_by = draft.ship_by or self._promises.ship_by(draft.placed_at)
        kept, parts, unmapped = self._lines(id_, draft, ship_by)
        totals = first_totals(
            kept, discount=draft.discount, shipping=draft.shipping, fees=draft.fees, tax=draft.tax,
            taxes_included=draft.taxes_included, currency=draft.currency,
        )  # fmt: skip
        total = totals.total if draft.total is None else draft.total
        fulfilment = fulfilment_state(parts)
        if cancelled_at is not None and fulfilment is not Fulfilment.CANCELLED:
            # Some had left: the others are taken out, as from any order.
            told, totals = totals, changed_totals(totals, kept, _sent_of(kept, parts), draft.currency)
            total += totals.total - told.total
        paid, refunded, payment = money_of(draft, total)
        # What is done waits for nothing.
        live = draft.holds if fulfilment not in _DONE else ()
        holds = {(hold.reason, hold.handle): hold for hold in live} if live else {}
        if fulfilment is Fulfilment.CANCELLED and cancelled_at is None:
            cancelled_at = draft.placed_at if draft.is_history else call.at
        elif fulfilment is Fulfilment.FULFILLED and fulfilled_at is None:
            fulfilled_at = draft.placed_at if draft.is_history else call.at
        person = draft.customer
        units = sum(part.units for part in parts)
        email = draft.email or (person.email if person else "")
        # One line of text instead of a tuple of forty values, each of which the driver would look at by itself.
        row = (
            f"{id_}\t{self._channels[draft.channel]}\t{word(draft.number)}\t{word(draft.external_id)}\t"
            f"{word(draft.version)}\t{digest}\t{_or_null(customer)}\t{word(email)}\t"
            f"{word(person.name) if person else ''}\t{draft.placed_at!s}\t{_or_null(ship_by)!s}\t{draft.currency}\t"
            f"{draft.rate!s}\t{totals.subtotal!s}\t{totals.discount!s}\t{totals.shipping!s}\t{totals.fees!s}\t"
            f"{draft.taxes_included!s}\t{totals.tax!s}\t{total!s}\t"
            f"{in_shop_money(total, draft.rate, draft.currency, self._shop_currency)!s}\t{paid!s}\t{refunded!s}\t"
            f"{payment.value}\t{fulfilment.value}\t{return_state(parts).value}\t{len(holds)}\t{unmapped}\t"
            f"{_or_null(cancelled_at)!s}\t{draft.cancel_reason.value if draft.cancel_reason else ''}\t"
            f"{_or_null(fulfilled_at)!s}\t{draft.is_history!s}\t{draft.is_test!s}\t{word(draft.risk)}\t"
            f"{word(as_array(draft.tags)) if draft.tags else '{}'}\t{word(draft.note)}\t"
            f"{word(draft.shipping_method)}\t{word(_country(draft))}\t{_json(draft.shipping_address, '{}')}\t"
            f"{_json(draft.billing_address, '{}')}\t{_json(draft.discounts, '[]')}\t{_json(draft.taxes, '[]')}\t"
            f"{self._now}\t{self._now}\t"
        )
        batch.orders.append((id_, row))
        if draft.holder:
            batch.holders[id_] = draft.holder
        self._holds(id_, holds.values())
        batch.payments.extend(payment_rows(id_, draft))
        self._placed(id_, draft, customer, units, total)
        self._done(id_, draft, cancelled_at, fulfilled_at)

    def _lines(self, order_id: int, draft: OrderDraft, ship_by: datetime | None) -> tuple[list[Kept], list[Parts], int]:
        kept: list[Kept] = []
        parts: list[Parts] = []
        unmapped = 0
        commits = ship_by is not None and not draft.is_test
        add_line = self.batch.lines.append
        for position, line in enumerate(draft.lines, 1):
            id_ = next(self._line_ids)
            known = self._catalogue.find(line)
            is_fee = line.kind == "fee"
            units, cancelled, sent = line.units, line.cancelled, 0
            total = line_total(units, line.unit_price, line.discount)
            if is_fee:
                cancelled = 0
            else:
                if draft.cancelled_at is not None:
                    sent = line.fulfilled or 0
                    cancelled = units - sent
                else:
                    sent = sent_already(draft, line)
                parts.append(Parts(units, cancelled, sent, line.returned))
                # A custom item has no SKU that could become known: it leaves without stock.
                unmapped += known is None and line.sku != ""
            # A cancelled order keeps what it came to: lists show what was lost.
            left = units if draft.cancelled_at is not None else units - cancelled
            kept.append(Kept(units, left, total, line.tax, is_fee))
            still = units - cancelled - sent
            if known is not None and commits and still > 0 and ship_by is not None:
                self.batch.demands.append(Demand(id_, order_id, known.id, still, ship_by, draft.placed_at))
            sku = line.sku or (known.sku if known else "")
            title = line.title or (known.title if known else "")
            cost = line.unit_cost if line.unit_cost is not None or known is None else known.cost
            add_line(
                f"{id_}\t{order_id}\t{position}\t{line.kind}\t{known.id if known else NULL}\t{word(sku)}\t"
                f"{word(title[:300])}\t{units}\t{cancelled}\t{sent}\t{0 if is_fee else line.returned}\t"
                f"{line.unit_price!s}\t{line.discount!s}\t{line.tax!s}\t{total!s}\t{_or_null(cost)!s}\t"
                f"{_needs_shipping(line, known)}\t{_or_null(_sent_at(draft, sent))!s}\n"
            )
        return kept, parts, unmapped

    def _holds(self, order_id: int, holds: Iterable[HoldDraft]) -> None:
        by = self._call.actor.code
        for hold in holds:
            self.batch.holds.append((order_id, hold.reason.value, hold.handle, hold.note, self._call.at, by, ""))
            data = {"reason": hold.reason.value, "handle": hold.handle}
            self.batch.facts.append(Fact("order.held", (("order", order_id, "subject"),), data, self._call.at))

    def _placed(self, id_: int, draft: OrderDraft, customer: int | None, units: int, total: Decimal) -> None:
        itself = ("order", id_, "subject")
        objects = (itself,) if customer is None else (itself, ("customer", customer, "buyer"))
        said = {
            "number": draft.number, "channel": draft.channel, "units": units, "total": str(total),
            "currency": draft.currency,
        }  # fmt: skip
        self.batch.facts.append(Fact("order.placed", objects, said, draft.placed_at))

    def _done(self, id_: int, draft: OrderDraft, cancelled_at: datetime | None, fulfilled_at: datetime | None) -> None:
        add, itself = self.batch.facts.append, (("order", id_, "subject"),)
        if cancelled_at is not None:
            add(Fact("order.cancelled", itself, {"reason": draft.cancel_reason or "other"}, cancelled_at))
        # Of history nobody knows when it left unless the source says so.
        if fulfilled_at is not None and (draft.fulfilled_at is not None or not draft.is_history):
            add(Fact("order.fulfilled", itself, {"before_us": True}, fulfilled_at))


def money_of(draft: OrderDraft, total: Decimal) -> tuple[Decimal, Decimal, Payment]:
    """What was paid and given back by the draft's sums, its entries or its word, and the state they make."""
    paid, refunded, said = draft.paid, draft.refunded, draft.payment
    if paid is None:
        paid = sum((p.amount for p in draft.payments if p.kind == "payment"), ZERO)
        if not draft.payments and said in (Payment.PAID, Payment.PARTIALLY_REFUNDED, Payment.REFUNDED):
            paid = max(total, ZERO)
    if refunded is None:
        refunded = sum((p.amount for p in draft.payments if p.kind == "refund"), ZERO)
        if not draft.payments and said is Payment.REFUNDED:
            refunded = paid
    return paid, refunded, said or payment_state(total, paid, refunded)


def payment_rows(order_id: int, draft: OrderDraft) -> Iterator[tuple[Any, ...]]:
    """The rows of a draft's entries."""
    for entry in draft.payments:
        at = entry.at or draft.placed_at
        yield (order_id, entry.kind, entry.amount, draft.currency, entry.gateway, entry.reference, at, True)


def _json(value: Any, empty: str) -> str:
    return word(as_json(value)) if value else empty


def _sent_of(kept: Sequence[Kept], parts: Sequence[Parts]) -> list[Kept]:
    """Lines of which nothing counts but what was sent."""
    sent = (part.fulfilled for part in parts)
    return [line if line.is_fee else replace(line, kept=next(sent)) for line in kept]


def _or_null(value: Any) -> Any:
    return NULL if value is None else value


def _country(draft: OrderDraft) -> str:
    return draft.country or str(draft.shipping_address.get("country") or "")[:40]


def _needs_shipping(line: LineDraft, known: Known | None) -> bool:
    if line.requires_shipping is not None:
        return line.requires_shipping
    return line.kind != "fee" and (known is None or known.requires_shipping)


def _sent_at(draft: OrderDraft, sent: int) -> datetime | None:
    if not sent:
        return None
    return draft.fulfilled_at or (draft.placed_at if draft.is_history else None)
