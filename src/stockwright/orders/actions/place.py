"""Placing orders: new ones are written, known ones are brought up to what is told, in one call for a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import Field, PrivateAttr

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import as_array, fetch
from stockwright.kit.errors import Conflict
from stockwright.orders.actions.customers import resolve_customers
from stockwright.orders.actions.new import write_new
from stockwright.orders.actions.told import Telling, bring_up_to
from stockwright.orders.drafts import OrderDraft, content_hash, older, problem
from stockwright.orders.errors import BadOrders
from stockwright.orders.models import Channel

# A shop's clock may be ahead of ours, and time zones are mistaken at times.
AHEAD = timedelta(days=2)


# The constraint that stops a second order of the same channel and number.
_ONCE = "order_number_once"
_TRIES = 3


class OvertakenError(Exception):
    """Another telling of the same order was applied between reading and locking."""


class What(StrEnum):
    """What became of a draft."""

    PLACED = "placed"
    UPDATED = "updated"
    # The same was told before.
    UNCHANGED = "unchanged"
    # Something newer was told before, or in the same batch.
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """One draft's outcome."""

    number: str
    order_id: int
    what: What
    short_units: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """The outcome of each draft, in the order they were given."""

    orders: list[PlacedOrder]

    def count(self, what: What) -> int:
        """How many drafts came to this."""
        return sum(order.what is what for order in self.orders)


class PlaceGiven(Given):
    """Orders from one channel or several."""

    # Set by who has looked for problems already, to set aside what has them.
    _checked: bool = PrivateAttr(default=False)
    orders: Annotated[list[OrderDraft], Field(title="Orders", min_length=1, max_length=5000)]


def checked_input(drafts: list[OrderDraft]) -> PlaceGiven:
    """Input of drafts that were validated and looked through by `problems_of` already."""
    given = PlaceGiven.model_construct(orders=drafts)
    given._checked = True  # noqa: SLF001 - its own mark
    return given


@action("orders.place", title=str(_("Place orders")), for_people=False)
def place(call: Call, given: PlaceGiven) -> Placed:
    """Place orders, or bring those that are there already up to what is told of them.

    Raises: BadOrders.
    """
    return place_orders(call, given.orders, checked=given._checked)  # noqa: SLF001 - its own input


def place_orders(call: Call, drafts: Sequence[OrderDraft], *, checked: bool = False) -> Placed:
    """Place a batch: one decision about stock, one statement per table.

    Raises: BadOrders, naming the first draft that can't be stored; see `problems_of` to find all beforehand.
        Conflict where others place the same orders again and again.
    """
    channels = channel_ids(drafts)
    for draft, wrong in zip(drafts, () if checked else problems_of(call.at, drafts, channels), strict=not checked):
        if wrong:
            raise BadOrders(number=draft.number, problem=wrong)
    facts, effects = len(call.facts), len(call.effects)
    for _attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return _place(call, drafts, channels)
        except OvertakenError:
            pass
        except IntegrityError as error:
            if _ONCE not in str(error):
                raise
        # Somebody else placed or told one of them in this moment, and has committed: all are sorted again.
        del call.facts[facts:], call.effects[effects:]
    raise Conflict


def _place(call: Call, drafts: Sequence[OrderDraft], channels: dict[str, int]) -> Placed:
    sorted_ = _sort(drafts, _there(drafts, channels))
    outcome, hashes = sorted_.outcome, sorted_.hashes
    changed, fresh = sorted_.changed, sorted_.fresh
    applied = [*(index for index, _ in changed), *fresh]
    # All customers before any level or order is locked: every batch does it in this order.
    customers = resolve_customers(call, [drafts[i] for i in applied])
    if changed:
        told = {
            id_: Telling(drafts[index], hashes[index], customer)
            for (index, id_), customer in zip(changed, customers, strict=False)
        }
        also = [drafts[i] for i in fresh]
        short = bring_up_to(call, told, also=also, besides=[id_ for id_, _, _ in sorted_.seen])
        for index, id_ in changed:
            what = What.UPDATED if id_ in short else What.SUPERSEDED
            outcome[index] = PlacedOrder(drafts[index].number, id_, what, short.get(id_, 0))
    if fresh:
        news = [drafts[i] for i in fresh]
        ids, short = write_new(call, news, [hashes[i] for i in fresh], channels, customers[len(changed) :])
        for index, id_ in zip(fresh, ids, strict=True):
            outcome[index] = PlacedOrder(drafts[index].number, id_, What.PLACED, short.get(id_, 0))
    _note_versions(sorted_.seen)
    return Placed([_settled(drafts, sorted_, index) for index in range(len(drafts))])


@dataclass(slots=True)
class Sorted:
    """What is to be done with each draft, by its place in the batch."""

    # Of each order the draft that counts.
    latest: dict[tuple[str, str], int]
    outcome: list[PlacedOrder | None]
    hashes: list[str]
    fresh: list[int] = field(default_factory=list)
    changed: list[tuple[int, int]] = field(default_factory=list)
    # (order, version, digest): told anew without a change.
    seen: list[tuple[int, str, str]] = field(default_factory=list)


def _sort(drafts: Sequence[OrderDraft], there: dict[tuple[str, str], There]) -> Sorted:
    found = Sorted(_latest(drafts), [None] * len(drafts), [""] * len(drafts))
    for (code, number), index in found.latest.items():
        draft, old = drafts[index], there.get((code, number))
        if old is not None and older(draft.version, old.version):
            found.outcome[index] = PlacedOrder(number, old.id, What.SUPERSEDED, old.short_units)
            continue
        digest = found.hashes[index] = content_hash(draft)
        if old is None:
            found.fresh.append(index)
        elif digest != old.content_hash:
            found.changed.append((index, old.id))
        else:
            found.outcome[index] = PlacedOrder(number, old.id, What.UNCHANGED, old.short_units)
            if draft.version > old.version:
                found.seen.append((old.id, draft.version, digest))
    return found


def _settled(drafts: Sequence[OrderDraft], found: Sorted, index: int) -> PlacedOrder:
    """A draft that another one of the same batch outdated is superseded by it."""
    mine = found.outcome[index]
    if mine is not None:
        return mine
    draft = drafts[index]
    winner = found.outcome[found.latest[draft.channel, draft.number]]
    return PlacedOrder(draft.number, winner.order_id if winner else 0, What.SUPERSEDED)


def channel_ids(drafts: Sequence[OrderDraft]) -> dict[str, int]:
    """The ids of the channels that drafts name; those that do not exist are left out."""
    codes = {draft.channel for draft in drafts}
    return dict(Channel.objects.filter(code__in=codes).values_list("code", "id"))


def problems_of(at: datetime, drafts: Sequence[OrderDraft], channels: dict[str, int]) -> list[str]:
    """What is wrong with each draft, in words; empty for a good one."""
    last = at + AHEAD
    return [
        problem(draft, last) if draft.channel in channels else f"there is no channel {draft.channel}"
        for draft in drafts
    ]


@dataclass(frozen=True, slots=True)
class There:
    """An order that is known already."""

    id: int
    version: str
    content_hash: str
    short_units: int


def _there(drafts: Sequence[OrderDraft], channels: dict[str, int]) -> dict[tuple[str, str], There]:
    codes = {id_: code for code, id_ in channels.items()}
    rows = fetch(
        "SELECT o.channel_id, o.number, o.id, o.version, o.content_hash, o.short_units FROM orders_order o"
        " JOIN unnest(%s::bigint[], %s::text[]) AS u(channel_id, number)"
        " ON o.channel_id = u.channel_id AND o.number = u.number",
        (as_array([channels[d.channel] for d in drafts]), as_array([d.number for d in drafts])),
    )
    return {(codes[row[0]], row[1]): There(*row[2:]) for row in rows}


def _latest(drafts: Sequence[OrderDraft]) -> dict[tuple[str, str], int]:
    """Of each order told more than once, the draft with the highest version, the last one of equals."""
    latest: dict[tuple[str, str], int] = {}
    for index, draft in enumerate(drafts):
        key = (draft.channel, draft.number)
        before = latest.get(key)
        if before is None or not older(draft.version, drafts[before].version):
            latest[key] = index
    return latest


def _note_versions(seen: Sequence[tuple[int, str, str]]) -> None:
    """Write down that what is there was told anew. Raises: OvertakenError, where it is not there any more."""
    if not seen:
        return
    ids = [row[0] for row in seen]
    fetch("SELECT id FROM orders_order WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (ids,))
    rows = fetch(
        'UPDATE orders_order o SET version = greatest(o.version, u.v COLLATE "C")'
        " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS u(id, v, hash)"
        " WHERE o.id = u.id AND o.content_hash = u.hash RETURNING 1",
        (ids, [row[1] for row in seen], [row[2] for row in seen]),
    )
    if len(rows) < len(seen):
        raise OvertakenError
