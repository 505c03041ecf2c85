"""Bringing orders up to what a channel tells of them now: lines, prices, cancellations, payments, shipping, address."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from stockwright.kit import business
from stockwright.kit.actions import Call
from stockwright.kit.bulk import copy_rows, execute
from stockwright.orders.actions.change import settle
from stockwright.orders.actions.locked import NOTHING, Change, goods, kept_of, lock_orders, parts_of
from stockwright.orders.actions.new import PAYMENT_COLUMNS, Catalogue, Known, money_of, payment_rows
from stockwright.orders.actions.pairing import paired
from stockwright.orders.drafts import HoldDraft, LineDraft, OrderDraft, older, sent_already
from stockwright.orders.errors import LeftTwice, LeftUnmatched, WrongCurrency
from stockwright.orders.models import Hold, OrderLine, PaymentEntry
from stockwright.orders.rules import (
    ZERO,
    Kept,
    Parts,
    Promises,
    as_told,
    changed_totals,
    first_totals,
    fulfilment_state,
    line_total,
    nothing_kept,
)
from stockwright.orders.states import PAYMENT_MOVES, Fulfilment, Payment
from stockwright.stock.actions import requeue_demands


@dataclass(frozen=True, slots=True)
class Telling:
    """What a channel tells of an order: the draft, its digest, and who buys."""

    draft: OrderDraft
    digest: str
    customer: int | None


# Columns that follow the channel as soon as it tells something.
_FOLLOWING = ("risk", "country", "shipping_address", "billing_address", "shipping_method", "discounts", "taxes")
_TOUCHED = (
    "version", "content_hash", "external_id", "email", "customer_name", "customer_id", "rate", "tags", "note",
    "ship_by", "is_history", *_FOLLOWING,
)  # fmt: skip


def bring_up_to(
    call: Call, told: Mapping[int, Telling], *, also: Sequence[OrderDraft] = (), besides: Collection[int] = ()
) -> dict[int, int]:
    """Bring orders up to their drafts; where something newer was told meanwhile, they stay as they are.

    `also` are drafts that the same batch places anew, `besides` orders that it changes otherwise: they are locked
    together with these.

    Shape: the short units of each order that was brought up.
    Locks: levels, then orders, each in key order.
    Raises: WrongCurrency, LeftUnmatched, LeftTwice, and as `settle`.
    """
    catalogue = Catalogue([*(each.draft for each in told.values()), *also])
    changes = {
        id_: change for id_, change in lock_orders(list(told), also=catalogue.ids(), besides=besides).items()
        if not older(told[id_].draft.version, change.order.version)
    }  # fmt: skip
    payments = _Payments(call, list(changes))
    holds = _Holds(call, list(changes))
    hours = business.setting(business.Hours)
    promises = Promises(hours.calendar(), hours.handling_days)
    due: dict[int, datetime] = {}
    for id_, change in changes.items():
        draft = told[id_].draft
        if draft.currency != change.order.currency:
            raise WrongCurrency(number=change.order.number, currency=change.order.currency)
        change.told = True
        change.sent_at = draft.fulfilled_at
        was = _facts_of(change)
        _columns(change, told[id_])
        counted = _lines(change, draft, catalogue)
        if change.order.is_history and not draft.is_history and not _left_whole(change):
            # It was told as done, and is not.
            change.order.is_history, change.revived = False, True
            change.order.ship_by = draft.ship_by or promises.ship_by(change.order.placed_at)
        elif draft.ship_by and draft.ship_by != change.order.ship_by and not change.order.is_history:
            change.order.ship_by = due[id_] = draft.ship_by
        _money(call, change, draft, counted, follows=payments.follows(id_, draft))
        payments.add(id_, draft)
        change.order.holds = holds.follow(id_, () if change.done else draft.holds)
        change.touched.update(_TOUCHED)
        _journal(call, change, was, draft)
    payments.write()
    holds.write()
    short = settle(call, list(changes.values())).short
    requeue_demands(call, due)
    return {id_: short.get(id_, 0) for id_ in changes}


def _columns(change: Change, told: Telling) -> None:
    order, draft = change.order, told.draft
    order.content_hash = told.digest
    order.version = draft.version or order.version
    order.external_id = draft.external_id or order.external_id
    order.rate = draft.rate
    if told.customer is not None:
        order.customer_id = told.customer
    person = draft.customer
    order.email = draft.email or (person.email if person else "") or order.email
    order.customer_name = (person.name if person else "") or order.customer_name
    for name in _FOLLOWING:
        setattr(order, name, getattr(draft, name) or getattr(order, name))
    # People's own tags and note stay.
    order.tags = list(dict.fromkeys([*order.tags, *draft.tags]))
    order.note = order.note or draft.note
    by_people = order.cancelled_at is not None and any(line.cancelled_here for line in change.lines)
    if draft.cancelled_at is not None and not by_people:
        order.cancelled_at = draft.cancelled_at
        order.cancel_reason = draft.cancel_reason.value if draft.cancel_reason else "other"


def _lines(change: Change, draft: OrderDraft, catalogue: Catalogue) -> list[Kept]:
    """Pair lines by what they sell, in order; what the channel does not tell any more is cancelled.

    Shape: of each line of the order what the channel counts for the money.
    """
    counted: dict[int, Kept] = {}
    sent: Counter[Hashable] = Counter()
    found = [catalogue.find(told) for told in draft.lines]
    pairs = paired(change.lines, draft.lines, found)
    taken = {line.position for line in pairs if line}
    gone = [line for line in change.lines if line.position not in taken]
    _refuse_doubles(change, gone, [told for told, line in zip(draft.lines, pairs, strict=True) if line is None])
    for told, known, there in zip(draft.lines, found, pairs, strict=True):
        line = there or _line(told, known, draft)
        if there is None:
            change.add(line)
        else:
            _alter(there, told, known, draft)
        counted[line.position] = _told_kept(told, draft)
        sent[line.variant_id or line.sku or line.title] += 0 if told.kind == "fee" else sent_already(draft, told)
    _refuse_more_sent(change, sent)
    for line in gone:
        if line.kind == OrderLine.Kind.FEE:
            line.units, line.discount, line.tax = 0, ZERO, ZERO
        else:
            line.cancelled = line.units - line.fulfilled
    nothing = {True: Kept(0, 0, ZERO, ZERO, is_fee=True), False: Kept(0, 0, ZERO, ZERO)}
    return [counted.get(line.position, nothing[line.kind == OrderLine.Kind.FEE]) for line in change.lines]


def _refuse_doubles(change: Change, gone: Sequence[OrderLine], new: Sequence[LineDraft]) -> None:
    """What has left and is not told any more may be the same goods that are told anew.

    Raises: LeftUnmatched.
    """
    left = next((line for line in goods(gone) if line.fulfilled > line.returned), None)
    anew = next((told for told in new if told.kind == "goods" and told.units > told.cancelled), None)
    if left is not None and anew is not None:
        raise LeftUnmatched(number=change.order.number, left=left.sku or left.title, new=anew.sku or anew.title or "–")


def _refuse_more_sent(change: Change, told: Counter[Hashable]) -> None:
    """What left from one line must not leave once more from another of the same goods.

    Raises: LeftTwice.
    """
    was: Counter[Hashable] = Counter()
    now: Counter[Hashable] = Counter()
    for line in goods(change.lines):
        mark = line.variant_id or line.sku or line.title
        was[mark] += change.before.get(line.pk, NOTHING).parts.fulfilled
        now[mark] += line.fulfilled
    for line in goods(change.lines):
        mark = line.variant_id or line.sku or line.title
        if now[mark] > max(was[mark], told[mark]):
            raise LeftTwice(number=change.order.number, what=line.sku or line.title, here=was[mark], told=told[mark])


def _left_whole(change: Change) -> bool:
    return fulfilment_state(parts_of(line) for line in goods(change.lines)) is Fulfilment.FULFILLED


def _told_kept(told: LineDraft, draft: OrderDraft) -> Kept:
    is_fee = told.kind == "fee"
    # Of an order that is cancelled as a whole the channel tells what it came to.
    whole = is_fee or draft.cancelled_at is not None
    kept = told.units if whole else told.units - _told_parts(told, draft).cancelled
    return Kept(told.units, kept, line_total(told.units, told.unit_price, told.discount), told.tax, is_fee)


def _told_parts(told: LineDraft, draft: OrderDraft) -> Parts:
    sent = sent_already(draft, told)
    cancelled = told.units - sent if draft.cancelled_at is not None else told.cancelled
    return Parts(told.units, cancelled, sent, told.returned)


def _alter(line: OrderLine, told: LineDraft, known: Known | None, draft: OrderDraft) -> None:
    if line.kind == OrderLine.Kind.FEE:
        line.units = told.units
    else:
        parts = as_told(parts_of(line), _told_parts(told, draft), line.cancelled_here)
        line.units, line.cancelled, line.fulfilled, line.returned = (
            parts.units, parts.cancelled, parts.fulfilled, parts.returned,
        )  # fmt: skip
        if line.variant_id is None and known is not None:
            line.variant_id = known.id
            line.unit_cost = known.cost
    line.unit_price, line.discount, line.tax = told.unit_price, told.discount, told.tax
    line.title = told.title[:300] or line.title
    line.sku = line.sku or told.sku


def _line(told: LineDraft, known: Known | None, draft: OrderDraft) -> OrderLine:
    is_fee = told.kind == "fee"
    parts = Parts(told.units) if is_fee else _told_parts(told, draft)
    return OrderLine(
        kind=told.kind, variant_id=known.id if known else None, sku=told.sku or (known.sku if known else ""),
        title=(told.title or (known.title if known else ""))[:300], units=parts.units, cancelled=parts.cancelled,
        fulfilled=parts.fulfilled, returned=parts.returned, unit_price=told.unit_price, discount=told.discount,
        tax=told.tax, total=line_total(told.units, told.unit_price, told.discount),
        unit_cost=told.unit_cost if told.unit_cost is not None or known is None else known.cost,
        requires_shipping=not is_fee and (known is None or known.requires_shipping),
    )  # fmt: skip


def _money(call: Call, change: Change, draft: OrderDraft, counted: list[Kept], *, follows: bool) -> None:
    order = change.order
    for line in change.lines:
        line.total = line_total(line.units, line.unit_price, line.discount)
    kept = [kept_of(line) for line in change.lines]
    told = change.totals = first_totals(
        counted, discount=draft.discount, shipping=draft.shipping, fees=draft.fees, tax=draft.tax,
        taxes_included=draft.taxes_included, currency=order.currency,
    )  # fmt: skip
    if not nothing_kept(kept):
        # What people cancelled or sent here the channel does not know yet; of what is cancelled whole its word stays.
        change.totals = changed_totals(told, counted, kept, order.currency)
    if draft.total is not None:
        change.total = draft.total + change.totals.total - told.total
    paid, refunded, state = money_of(draft, change.totals.total if change.total is None else change.total)
    if follows:
        order.paid, order.refunded, change.said = paid, refunded, state
        return
    order.paid, order.refunded = max(order.paid, paid), max(order.refunded, refunded)
    said = draft.payment
    if said is not None and said.value != order.payment:
        if said in PAYMENT_MOVES[Payment(order.payment)]:
            change.said = said
        else:
            call.record("order.payment_contradicted", ("order", order.pk), here=order.payment, told=said.value)
            change.said = Payment(order.payment)
    elif said is not None:
        change.said = said


def _facts_of(change: Change) -> tuple[int, int, int, int]:
    rows = list(goods(change.lines))
    return (
        sum(line.units for line in rows),
        sum(line.cancelled for line in rows),
        sum(line.fulfilled for line in rows),
        sum(line.returned for line in rows),
    )


def _journal(call: Call, change: Change, was: tuple[int, int, int, int], draft: OrderDraft) -> None:
    order, now = change.order, _facts_of(change)
    itself = ("order", order.pk)
    call.record("order.updated", itself, version=draft.version, units=now[0])
    moved = [line.cancelled - change.before.get(line.pk, NOTHING).parts.cancelled for line in goods(change.lines)]
    if units := sum(more for more in moved if more > 0):
        everything = now[1] >= now[0]
        kind = "order.cancelled" if everything else "order.lines_cancelled"
        reason = order.cancel_reason or "other"
        call.record(kind, itself, at=draft.cancelled_at or call.at, units=units, reason=reason)
    if now[2] > was[2]:
        call.record("order.fulfilled", itself, at=draft.fulfilled_at or call.at, units=now[2] - was[2])
    if units := sum(_revived(line, change.before.get(line.pk, NOTHING).parts) for line in goods(change.lines)):
        call.record("order.lines_revived", itself, units=units)
    if now[3] > was[3]:
        # Where they lie nobody said: they are put on stock by whoever receives them.
        call.record("order.returned", itself, units=now[3] - was[3], restocked=False)


def _revived(line: OrderLine, before: Parts) -> int:
    """Units of a line that were given up and are to be sent again; what left in spite of it, or shrank away, is not."""
    return max(0, min(before.cancelled - line.cancelled, parts_of(line).open - before.open))


class _Payments:
    """Entries of drafts, for all orders at once.

    Some channels tell sums that grow, others each payment: what they add up to beyond what is written down is entered.
    Where nobody here entered anything, a channel that tells less than before is taken at its word.
    """

    def __init__(self, call: Call, ids: list[int]) -> None:
        self._call = call
        self._there: Counter[tuple[Any, ...]] = Counter()
        self._sums: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
        self._by_people: set[int] = set()
        found = PaymentEntry.objects.filter(order_id__in=ids)
        columns = ("order_id", "kind", "amount", "reference", "at", "told")
        for order_id, kind, amount, reference, at, told in found.values_list(*columns):
            self._there[order_id, kind, amount, reference or at] += 1
            self._sums[order_id, kind] += amount
            if not told:
                self._by_people.add(order_id)
        self._rows: list[tuple[Any, ...]] = []
        self._void: list[int] = []

    def follows(self, order_id: int, draft: OrderDraft) -> bool:
        """Whether the channel alone tells of this order's money, and does so now."""
        speaks = draft.payments or draft.paid is not None or draft.payment is not None
        return bool(speaks) and order_id not in self._by_people

    def add(self, order_id: int, draft: OrderDraft) -> None:
        rows = list(payment_rows(order_id, draft))
        left = {kind: -self._sums[order_id, kind] for kind in PaymentEntry.Kind.values}
        for row in rows:
            left[row[1]] += row[2]
        if self.follows(order_id, draft) and min(left.values()) < 0:
            self._void.append(order_id)
            self._rows += rows
            return
        for (_, kind, amount, currency, gateway, reference, at, _told), entry in zip(rows, draft.payments, strict=True):
            key = (order_id, kind, amount, reference or at)
            if self._there[key]:
                self._there[key] -= 1
            elif (more := min(amount, left[kind])) > 0:
                left[kind] -= more
                # Of no known day: since the last telling.
                moment = at if entry.at else self._call.at
                self._rows.append((order_id, kind, more, currency, gateway, reference, moment, True))

    def write(self) -> None:
        if self._void:
            execute("DELETE FROM orders_payment WHERE order_id = ANY(%s)", (self._void,))
        if self._rows:
            copy_rows("orders_payment", PAYMENT_COLUMNS, self._rows)


class _Holds:
    """A channel's holds follow the channel; people's own stay."""

    def __init__(self, call: Call, ids: list[int]) -> None:
        self._call = call
        self._live: defaultdict[int, dict[tuple[str, str], int]] = defaultdict(dict)
        live = Hold.objects.filter(order_id__in=ids, released_at=None)
        for pk, order_id, reason, handle in live.values_list("pk", "order_id", "reason", "handle"):
            self._live[order_id][reason, handle] = pk
        self._new: list[Hold] = []
        self._gone: list[int] = []

    def follow(self, order_id: int, holds: Sequence[HoldDraft]) -> int:
        """How many live holds the order has now."""
        told = {(hold.reason.value, hold.handle): hold for hold in holds}
        live, call = self._live[order_id], self._call
        new = [hold for key, hold in told.items() if key not in live]
        gone = [key for key in live if key[1] == "channel" and key not in told]
        for hold in new:
            self._new.append(
                Hold(
                    order_id=order_id, reason=hold.reason.value, handle=hold.handle, note=hold.note,
                    placed_at=call.at, placed_by=call.actor.code,
                )
            )  # fmt: skip
            call.record("order.held", ("order", order_id), reason=hold.reason.value, handle=hold.handle)
        for key in gone:
            self._gone.append(live[key])
            call.record("order.hold_released", ("order", order_id), reason=key[0], handle=key[1])
        return len(live) + len(new) - len(gone)

    def write(self) -> None:
        Hold.objects.bulk_create(self._new)
        if self._gone:
            execute(
                "UPDATE orders_hold SET released_at = %s, released_by = %s WHERE id = ANY(%s)",
                (self._call.at, self._call.actor.code, self._gone),
            )
