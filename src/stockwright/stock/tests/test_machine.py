"""Anything that may happen to stock, in any order: the books must always agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from stockwright.catalog.models import Variant
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.errors import Refused
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import Returned, commit_demands, fulfil_demands, release_demands, take_back
from stockwright.stock.models import Level, Location, Transfer
from stockwright.stock.queries import differing_levels, line_states
from stockwright.stock.queries.derived import waiting_beside_stock
from stockwright.stock.tests import make

UNITS = st.integers(1, 6)
# Two plain variants, and a kit of both.
GOODS = st.sampled_from(["CUP", "TRAY"])
SOLD = st.sampled_from(["CUP", "TRAY", "SET"])
PLACE = st.integers(0, 2)


class StockMachine(RuleBasedStateMachine):
    """A small shop: two shipping locations, a store that does not ship, two variants and a kit of two cups and a tray."""

    @initialize()
    def open_shop(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.clock = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
        self.places: list[Location] = [
            make.location("a", priority=1),
            make.location("b", priority=2),
            make.location("store", ships_orders=False),
        ]
        kit = make.kit("SET", CUP=2, TRAY=1)
        self.variants: dict[str, Variant] = {v.sku: v for v in Variant.objects.filter(sku__in=["CUP", "TRAY"])}
        self.variants["SET"] = kit
        # Line to (SKU, demanded, fulfilled, released).
        self.lines: dict[int, list[Any]] = {}
        self.sent: dict[str, int] = {"CUP": 0, "TRAY": 0}

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def do(self, name: str, /, **given: Any) -> Any:
        self.clock += timedelta(seconds=1)
        try:
            return perform(f"stock.{name}", given, actor=SYSTEM, at=self.clock).result
        except Refused:
            # Refusals are answers too: the invariants say that nothing changed by them.
            return None

    def place_of(self, sku: str, place: int) -> dict[str, int]:
        return {"variant_id": self.variants[sku].pk, "location_id": self.places[place].pk}

    @rule(sku=GOODS, place=PLACE, units=UNITS)
    def receive(self, sku: str, place: int, units: int) -> None:
        self.do("receive", **self.place_of(sku, place), units=units)

    @rule(sku=GOODS, place=PLACE, change=st.integers(-6, 6).filter(bool), keep=st.booleans())
    def adjust(self, sku: str, place: int, change: int, keep: bool) -> None:
        self.do("adjust", **self.place_of(sku, place), change=change, keep_promises=keep)

    @rule(sku=GOODS, place=PLACE, units=st.integers(0, 8))
    def count(self, sku: str, place: int, units: int) -> None:
        at = self.place_of(sku, place)
        self.do("count", location_id=at["location_id"], lines=[{"variant_id": at["variant_id"], "units": units}])

    @rule(sku=GOODS, place=PLACE, units=UNITS, verb=st.sampled_from(["quarantine", "release", "mark_damaged", "scrap"]))
    def inspect(self, sku: str, place: int, units: int, verb: str) -> None:
        self.do(verb, **self.place_of(sku, place), units=units)

    @rule(sku=GOODS, place=PLACE, units=st.integers(0, 3))
    def keep_back(self, sku: str, place: int, units: int) -> None:
        self.do("set_policy", lines=[{**self.place_of(sku, place), "safety_stock": units}])

    @rule(wishes=st.lists(st.tuples(SOLD, UNITS), min_size=1, max_size=3), due=st.integers(0, 3))
    def order(self, wishes: list[tuple[str, int]], due: int) -> None:
        self.clock += timedelta(seconds=1)
        first = len(self.lines) + 1
        demands = []
        for number, (sku, units) in enumerate(wishes):
            demands.append(make.demand(self.variants[sku], units, line=first + number, order=first, due=due))
            self.lines[first + number] = [sku, units, 0, 0]
        commit_demands(make.call(at=self.clock), demands)

    def waiting(self) -> list[int]:
        return [line for line, (_, asked, gone, back) in self.lines.items() if asked > gone + back]

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from(self.waiting()))
        _, asked, gone, back = self.lines[line]
        units = data.draw(st.integers(1, asked - gone - back))
        self.clock += timedelta(seconds=1)
        release_demands(make.call(at=self.clock), {line: units})
        self.lines[line][3] += units

    @rule(data=st.data())
    def fulfil(self, data: st.DataObject) -> None:
        ready = {line: s.committed for line, s in line_states(lines=list(self.lines)).items() if s.committed}
        if not ready:
            return
        line = data.draw(st.sampled_from(sorted(ready)))
        units = data.draw(st.integers(1, ready[line]))
        self.clock += timedelta(seconds=1)
        for piece in fulfil_demands(make.call(at=self.clock), {line: units}).pieces:
            sku = next(s for s, v in self.variants.items() if v.pk == piece.variant_id)
            self.sent[sku] += piece.units
        self.lines[line][2] += units

    @rule(sku=GOODS, place=PLACE, units=UNITS, condition=st.sampled_from(["sellable", "damaged"]))
    def come_back(self, sku: str, place: int, units: int, condition: str) -> None:
        units = min(units, self.sent[sku])
        at = self.place_of(sku, place)
        self.sent[sku] -= units
        self.clock += timedelta(seconds=1)
        back = Returned(1, 1, at["variant_id"], units, at["location_id"], condition)
        take_back(make.call(at=self.clock), [back])

    @rule(holder=st.integers(1, 3), sku=SOLD, units=UNITS, minutes=st.integers(1, 30))
    def reserve(self, holder: int, sku: str, units: int, minutes: int) -> None:
        wish = {"variant_id": self.variants[sku].pk, "units": units}
        self.do("reserve", holder=f"cart:{holder}", lines=[wish], minutes=minutes)

    @rule(holder=st.integers(1, 3))
    def let_go(self, holder: int) -> None:
        self.do("release_reservation", holder=f"cart:{holder}")

    @rule(minutes=st.integers(1, 20), sweep=st.booleans())
    def wait(self, minutes: int, sweep: bool) -> None:
        self.clock += timedelta(minutes=minutes)
        if sweep:
            self.do("expire_reservations")

    @rule(sku=GOODS, origin=PLACE, to=PLACE, units=UNITS)
    def send(self, sku: str, origin: int, to: int, units: int) -> None:
        if origin == to:
            return
        made = self.do(
            "create_transfer",
            origin_id=self.places[origin].pk,
            destination_id=self.places[to].pk,
            lines=[{"variant_id": self.variants[sku].pk, "units": units}],
        )
        self.do("ship_transfer", transfer_id=made.transfer_id)

    @rule(data=st.data(), verb=st.sampled_from(["receive", "part", "lost", "cancel"]))
    def arrive(self, data: st.DataObject, verb: str) -> None:
        coming = list(Transfer.objects.filter(state="in_transit").order_by("pk"))
        if not coming:
            return
        transfer = data.draw(st.sampled_from(coming))
        line = transfer.lines.get()
        some = [{"variant_id": line.variant_id, "units": 1}]
        if verb == "cancel":
            self.do("cancel_transfer", transfer_id=transfer.pk)
        else:
            lines = some if verb != "receive" else []
            self.do("receive_transfer", transfer_id=transfer.pk, lines=lines, close=verb == "lost")

    @rule(sku=GOODS, place=PLACE, units=UNITS, day=st.integers(1, 20))
    def expect(self, sku: str, place: int, units: int, day: int) -> None:
        self.do("expect", **self.place_of(sku, place), units=units, expected_on=f"2026-12-{day:02}")

    @invariant()
    def levels_are_what_they_are_made_of(self) -> None:
        if self.is_open():
            assert differing_levels() == []

    @invariant()
    def nothing_is_oversold(self) -> None:
        if self.is_open():
            for level in Level.objects.all():
                promised = level.damaged + level.quality_control + level.committed + level.reserved
                assert 0 <= promised <= level.on_hand

    @invariant()
    def every_unit_asked_for_is_somewhere(self) -> None:
        if not self.is_open():
            return
        states = line_states(lines=list(self.lines))
        for line, (_, asked, gone, back) in self.lines.items():
            state = states.get(line)
            here = state.committed + state.short if state else 0
            assert here + gone + back == asked
        parts = fetch(
            "SELECT line_id, variant_id, sum(units)::int, max(per_kit) FROM ("
            " SELECT c.line_id, l.variant_id, c.units, c.per_kit FROM stock_commitment c"
            " JOIN stock_level l ON l.id = c.level_id"
            " UNION ALL SELECT line_id, variant_id, units, per_kit FROM stock_shortfall) x GROUP BY 1, 2"
        )
        for line, _variant, units, per_kit in parts:
            _, asked, gone, back = self.lines[line]
            assert units == (asked - gone - back) * per_kit

    @invariant()
    def nobody_waits_beside_stock(self) -> None:
        if self.is_open():
            assert waiting_beside_stock() == []

    @invariant()
    def the_books_balance(self) -> None:
        """What our locations have is what came from outside less what went there."""
        if not self.is_open():
            return
        outside = fetch(
            "SELECT coalesce(sum(CASE WHEN f.kind IN ('warehouse', 'store') THEN 0 ELSE m.units END), 0)::int"
            " - coalesce(sum(CASE WHEN t.kind IN ('warehouse', 'store') THEN 0 ELSE m.units END), 0)::int"
            " FROM stock_movement m JOIN stock_location f ON f.id = m.from_location_id"
            " JOIN stock_location t ON t.id = m.to_location_id"
        )[0][0]
        assert outside == sum(Level.objects.values_list("on_hand", flat=True))

    def is_open(self) -> bool:
        return hasattr(self, "atomic")


@pytest.mark.django_db
def test_whatever_happens_the_books_agree():
    run_state_machine_as_test(StockMachine, settings=settings(max_examples=25, stateful_step_count=30))
