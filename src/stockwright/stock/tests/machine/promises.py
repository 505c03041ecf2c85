"""Orders and carts: what is promised, kept for somebody, sent and brought back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from stockwright.kit.errors import Refused
from stockwright.stock.actions import (
    Returned,
    commit_demands,
    fulfil_demands,
    release_demands,
    requeue_demands,
    take_back,
)
from stockwright.stock.models import Portion, Reservation, Shortfall
from stockwright.stock.queries import line_states
from stockwright.stock.tests import make
from stockwright.stock.tests.machine.reference import Impossible
from stockwright.stock.tests.machine.shop import PARTS, PLACE, SOLD, UNITS, Shop


@dataclass
class Line:
    """What an order line asked for, and what became of it."""

    order: int
    sku: str
    asked: int
    due: datetime
    gone: int = 0
    released: int = 0
    # Of its parts: what has left, and what of that came back.
    sent: dict[str, int] = field(default_factory=dict)


class Promises(Shop):
    """Everything that orders and carts ask of stock."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[int, Line] = {}
        # Of each holder: which call reserved last, and what.
        self.holders: dict[str, tuple[Any, dict[str, int]]] = {}

    @rule(wishes=st.lists(st.tuples(SOLD, UNITS), min_size=1, max_size=3), due=st.integers(0, 3), strict=st.booleans())
    def order(self, wishes: list[tuple[str, int]], due: int, *, strict: bool) -> None:
        first = max(self.lines, default=0) + 1
        demands = [
            make.demand(self.variants[sku], units, line=first + n, order=first, due=due)
            for n, (sku, units) in enumerate(wishes)
        ]
        try:
            with transaction.atomic():
                commit_demands(make.call(at=self.tick()), demands, refuse_oversold=strict)
        except Refused:
            assert strict
            return
        for demand, (sku, units) in zip(demands, wishes, strict=True):
            self.lines[demand.line_id] = Line(first, sku, units, demand.due_at)
        if strict:
            denied = [self.variants[sku].pk for sku in ("CUP", "MILK")]
            assert not Shortfall.objects.filter(order_id=first, variant__in=denied).exclude(kind="backordered").exists()

    def open_lines(self) -> list[int]:
        return [id_ for id_, line in self.lines.items() if line.asked > line.gone + line.released]

    @precondition(lambda self: self.open_lines())
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        chosen = data.draw(st.lists(st.sampled_from(self.open_lines()), min_size=1, max_size=2, unique=True))
        units: dict[int, int | None] = {}
        for id_ in chosen:
            line = self.lines[id_]
            units[id_] = data.draw(st.integers(1, line.asked - line.gone - line.released))
            line.released += units[id_] or 0
        release_demands(make.call(at=self.tick()), units)

    @precondition(lambda self: self.open_lines())
    @rule(data=st.data(), due=st.integers(0, 3))
    def promise_for_another_day(self, data: st.DataObject, due: int) -> None:
        order = self.lines[data.draw(st.sampled_from(self.open_lines()))].order
        when = make.NOON + timedelta(days=due)
        requeue_demands(make.call(at=self.tick()), {order: when})
        for line in self.lines.values():
            line.due = when if line.order == order else line.due

    @rule(data=st.data(), everything=st.booleans())
    def fulfil(self, data: st.DataObject, *, everything: bool) -> None:
        states = line_states(lines=list(self.lines))
        ready = {id_: state.committed for id_, state in sorted(states.items()) if state.committed}
        if not ready:
            return
        chosen = list(ready)
        units = dict(ready)
        if not everything:
            chosen = data.draw(st.lists(st.sampled_from(chosen), min_size=1, max_size=3, unique=True))
            units = {id_: data.draw(st.integers(1, ready[id_])) for id_ in chosen}
        try:
            with transaction.atomic():
                pieces = fulfil_demands(make.call(at=self.tick()), units).pieces
        except Refused:
            # Nobody is sent what has expired.
            lots = Portion.objects.filter(lot__expires_on__lt=self.clock.date(), condition="sellable")
            assert lots.exists()
            assert any(self.lines[id_].sku == "MILK" for id_ in chosen)
            return
        left: dict[tuple[int, str], int] = {}
        for piece in pieces:
            sku, line = self.skus[piece.variant_id], self.lines[piece.line_id]
            place = self.place_ids[piece.location_id]
            self.books.send(self.clock, sku, piece.units, place, f"order {line.order}", sold=True)
            line.sent[sku] = line.sent.get(sku, 0) + piece.units
            left[piece.line_id, sku] = left.get((piece.line_id, sku), 0) + piece.units
        for id_ in chosen:
            line = self.lines[id_]
            line.gone += units[id_]
            for sku, each in PARTS.get(line.sku, {line.sku: 1}).items():
                assert left[id_, sku] == units[id_] * each

    @rule(data=st.data(), place=PLACE, condition=st.sampled_from(["sellable", "damaged"]))
    def come_back(self, data: st.DataObject, place: int, condition: str) -> None:
        out = [(id_, sku) for id_, line in self.lines.items() for sku, units in line.sent.items() if units]
        if not out:
            return
        id_, sku = data.draw(st.sampled_from(out))
        line = self.lines[id_]
        units = data.draw(st.integers(1, line.sent[sku]))
        at = self.place_of(sku, place)
        back = Returned(id_, line.order, at["variant_id"], units, at["location_id"], condition)
        take_back(make.call(at=self.tick()), [back])
        line.sent[sku] -= units
        self.books.send(self.clock, sku, units, f"order {line.order}", place, now=condition)

    @rule(holder=st.sampled_from("xyz"), sku=SOLD, units=UNITS, minutes=st.integers(1, 30))
    def reserve(self, holder: str, sku: str, units: int, minutes: int) -> None:
        wish = {"variant_id": self.variants[sku].pk, "units": units}
        outcome = self.attempt("reserve", holder=holder, lines=[wish], minutes=minutes)
        if not outcome:
            return
        kept = {part: units * each for part, each in PARTS.get(sku, {sku: 1}).items()}
        assert self.reserved_for(holder) == kept
        self.holders[holder] = (outcome.call_id, kept)

        def let_go() -> None:
            if self.holders.get(holder, (None, {}))[0] != outcome.call_id:
                raise Impossible
            del self.holders[holder]

        self.may_undo(outcome, let_go, sure=False)

    def reserved_for(self, holder: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in Reservation.objects.filter(holder=holder).select_related("level"):
            sku = self.skus[row.level.variant_id]
            found[sku] = found.get(sku, 0) + row.units
        return found

    @rule(holder=st.sampled_from("xyz"))
    def let_go(self, holder: str) -> None:
        had = self.reserved_for(holder)
        assert bool(self.attempt("release_reservation", holder=holder)) == bool(had)
        self.holders.pop(holder, None)
