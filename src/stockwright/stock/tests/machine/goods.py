"""Goods that come in, go out, change condition, and are counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from stockwright.kit.bulk import fetch
from stockwright.stock.models import Level, Shortfall
from stockwright.stock.tests.machine.reference import Impossible, Went
from stockwright.stock.tests.machine.shop import CONDITION, GOODS, LOT, PLACE, UNITS, Shop


@dataclass
class Look:
    """A count that is being done: what was found, and when; None where nobody has looked yet."""

    place: int
    found: dict[str, tuple[int, datetime] | None]


class Goods(Shop):
    """Receiving, adjusting, inspecting, counting, and channels that tell numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.looks: dict[int, Look] = {}

    @rule(sku=GOODS, place=PLACE, units=UNITS, lot=LOT, condition=CONDITION)
    def receive(self, sku: str, place: int, units: int, lot: str, condition: str) -> None:
        given = self.lot_of(sku, lot)
        self.act(
            "receive",
            lambda: self.books.send(
                self.clock, sku, units, "outside", place, now=condition, lot=given.get("lot", "")
            ),
            **self.place_of(sku, place), units=units, condition=condition, **given,
        )  # fmt: skip

    @rule(sku=GOODS, place=PLACE, change=st.integers(-6, 6).filter(bool), condition=CONDITION, keep=st.booleans())
    def adjust(self, sku: str, place: int, change: int, condition: str, *, keep: bool) -> None:
        ends: tuple[Any, Any] = ("outside", place) if change > 0 else (place, "outside")
        self.act(
            "adjust",
            lambda: self.books.send(self.clock, sku, abs(change), *ends, was=condition, now=condition, puts_right=True),
            sure=not keep, **self.place_of(sku, place), change=change, condition=condition, keep_promises=keep,
        )  # fmt: skip

    @rule(sku=GOODS, place=PLACE, units=UNITS, was=CONDITION, now=CONDITION, named=st.booleans(), lot=LOT)
    def inspect(self, sku: str, place: int, units: int, was: str, now: str, *, named: bool, lot: str) -> None:
        """Another condition, or scrap where it is the same one."""
        if named and (sku != "MILK" or not fetch("SELECT 1 FROM stock_lot WHERE code = %s", (lot,))):
            return
        of = lot if named else ""
        given: dict[str, Any] = {**self.place_of(sku, place), "units": units, "lot": of}
        if was == now:
            self.act(
                "scrap", lambda: self.books.send(self.clock, sku, units, place, "outside", was=was, lot=of),
                **given, condition=was,
            )  # fmt: skip
        else:
            self.act(
                "move", lambda: self.books.send(self.clock, sku, units, place, place, was=was, now=now, lot=of),
                **given, from_condition=was, to_condition=now,
            )  # fmt: skip

    @rule(sku=GOODS, place=PLACE, units=st.integers(-2, 8), ago=st.none() | st.integers(0, 20), available=st.booleans())
    def tell(self, sku: str, place: int, units: int, ago: int | None, *, available: bool) -> None:
        """A channel says how many there are, as of some moment."""
        as_of = None if ago is None else self.clock - timedelta(minutes=ago)
        told = {**self.place_of(sku, place), "units": units, "as_of": as_of}
        target = max(0, units)
        if available:
            level = Level.objects.filter(**self.place_of(sku, place)).first()
            promised = level.committed + level.reserved if level else 0
            waits = Shortfall.objects.filter(variant=self.variants[sku]).values_list("units", flat=True)
            unfit = self.books.number(sku, place, "damaged", "quality_control")
            target = max(0, units + sum(waits) + promised + unfit + self.safety.get((sku, place), 0))

        def tell_books() -> list[Went]:
            if as_of is not None and self.books.moved_since(sku, place, as_of):
                return []
            return self.books.put_right(self.clock, sku, place, target - self.books.number(sku, place))

        self.act("set_on_hand", tell_books, lines=[told], meaning="available" if available else "on_hand")

    # Counts.

    @rule(found=st.dictionaries(GOODS, st.integers(0, 8), min_size=1), place=PLACE, keep=st.booleans())
    def count(self, found: dict[str, int], place: int, *, keep: bool) -> None:
        lines = [{"variant_id": self.variants[sku].pk, "units": units} for sku, units in found.items()]
        counted = self.act(
            "count", lambda: self.books.count(self.clock, place, {s: (n, self.clock) for s, n in found.items()}),
            sure=not keep, location_id=self.places[place].pk, lines=lines, keep_promises=keep,
        )  # fmt: skip
        if counted:
            self.books.counted |= {(sku, place): self.clock for sku in found}

    @rule(place=PLACE, skus=st.sets(GOODS, min_size=1))
    def plan_count(self, place: int, skus: set[str]) -> None:
        variants = [self.variants[sku].pk for sku in sorted(skus)]
        opened = self.attempt("count_open", location_id=self.places[place].pk, variants=variants)
        assert opened
        id_ = opened.result.count_id
        self.looks[id_] = Look(place, dict.fromkeys(skus))
        self.may_undo(opened, lambda: self.forget_count(id_))

    def forget_count(self, id_: int) -> None:
        if self.looks.pop(id_, None) is None:
            raise Impossible

    @precondition(lambda self: self.looks)
    @rule(data=st.data(), sku=GOODS, units=st.integers(0, 8), ago=st.integers(0, 20))
    def look(self, data: st.DataObject, sku: str, units: int, ago: int) -> None:
        """Somebody notes what was found some minutes ago; goods have moved on since."""
        id_ = data.draw(st.sampled_from(sorted(self.looks)))
        moment = self.clock - timedelta(minutes=ago)
        line = {"variant_id": self.variants[sku].pk, "units": units, "counted_at": moment}
        assert self.attempt("count_enter", count_id=id_, lines=[line])
        before = self.looks[id_].found.get(sku)
        if before is None or before[1] <= moment:
            self.looks[id_].found[sku] = (units, moment)

    @precondition(lambda self: self.looks)
    @rule(data=st.data(), leave=st.booleans(), keep=st.booleans())
    def post_count(self, data: st.DataObject, *, leave: bool, keep: bool) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.looks)))
        look = self.looks[id_]
        done = {sku: found for sku, found in look.found.items() if found}

        def post() -> list[Went]:
            if not done or (len(done) < len(look.found) and not leave):
                raise Impossible
            return self.books.count(self.clock, look.place, done)

        known = {sku for sku, (_, at) in done.items() if not self.books.put_right_since(sku, look.place, at)}
        posted = self.act("count_post", post, sure=not keep, count_id=id_, leave_uncounted=leave, keep_promises=keep)
        if posted:
            self.books.counted |= {(sku, look.place): self.clock for sku in known}
            del self.looks[id_]
