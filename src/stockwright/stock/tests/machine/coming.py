"""What is on its way: from suppliers, and between our own places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from stockwright.stock.tests.machine.reference import Impossible, Went
from stockwright.stock.tests.machine.shop import CONDITION, GOODS, LOT, PLACE, PLACES, UNITS, Shop


@dataclass
class Coming:
    """Units that a supplier will bring."""

    sku: str
    place: int
    units: int
    day: date
    came: int = 0
    open: bool = True

    @property
    def left(self) -> int:
        return max(0, self.units - self.came) if self.open else 0


@dataclass
class Underway:
    """A transfer, and what of it is still in transit."""

    origin: int
    to: int
    left: dict[str, int]


class Arrivals(Shop):
    """Goods that are announced, heard of again, and come or don't; transfers that arrive, get lost or turn back."""

    def __init__(self) -> None:
        super().__init__()
        self.coming: dict[int, Coming] = {}
        self.underway: dict[int, Underway] = {}

    @rule(sku=GOODS, place=PLACE, units=UNITS, day=st.integers(1, 20))
    def expect(self, sku: str, place: int, units: int, day: int) -> None:
        when = date(2026, 12, day)
        told = self.attempt("expect", **self.place_of(sku, place), units=units, expected_on=when)
        assert told
        (id_,) = told.result.arrivals
        self.coming[id_] = Coming(sku, place, units, when)
        self.may_undo(told, lambda: self.give_up(id_))

    def give_up(self, id_: int) -> None:
        if not self.coming[id_].open:
            raise Impossible
        self.coming[id_].open = False

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), units=UNITS, lot=LOT)
    def receive_what_was_expected(self, data: st.DataObject, units: int, lot: str) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.coming)))
        coming = self.coming[id_]
        given = self.lot_of(coming.sku, lot)
        outcome = self.attempt(
            "receive", **self.place_of(coming.sku, coming.place), units=units, arrival_id=id_, **given
        )
        assert bool(outcome) == coming.open
        if not outcome:
            return
        went = self.books.send(self.clock, coming.sku, units, "outside", coming.place, lot=given.get("lot", ""))
        self.came(coming, units)

        def send_back() -> None:
            self.books.turn_round(self.clock, went)
            self.came(coming, -units)

        self.may_undo(outcome, send_back)

    def came(self, coming: Coming, units: int) -> None:
        coming.came = max(0, coming.came + units)
        coming.open = coming.came < coming.units

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), units=UNITS, day=st.integers(1, 20))
    def hear_of_it(self, data: st.DataObject, units: int, day: int) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.coming)))
        coming, when = self.coming[id_], date(2026, 12, day)
        before = (coming.units, coming.day)
        outcome = self.attempt("change_arrival", arrival_id=id_, units=units, expected_on=when)
        assert bool(outcome) == (coming.open and units >= coming.came)
        if not outcome:
            return

        def change(to: tuple[int, date]) -> None:
            coming.units, coming.day = to
            coming.open = coming.came < coming.units

        def change_back() -> None:
            if not coming.open or (coming.units, coming.day) != (units, when) or before[0] < coming.came:
                raise Impossible
            change(before)

        change((units, when))
        self.may_undo(outcome, change_back)

    @precondition(lambda self: self.coming)
    @rule(data=st.data())
    def hear_that_it_will_not_come(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.coming)))
        assert bool(self.attempt("close_arrival", arrival_id=id_)) == self.coming[id_].open
        self.coming[id_].open = False

    # Transfers.

    @rule(wishes=st.dictionaries(GOODS, UNITS, min_size=1, max_size=2), ends=st.permutations(PLACES))
    def send(self, wishes: dict[str, int], ends: list[int]) -> None:
        origin, to, _ = ends
        made = self.attempt(
            "create_transfer", origin_id=self.places[origin].pk, destination_id=self.places[to].pk,
            lines=[{"variant_id": self.variants[sku].pk, "units": units} for sku, units in wishes.items()],
        )  # fmt: skip
        assert made
        id_ = made.result.transfer_id

        def leave() -> list[Went]:
            return [
                went for sku, units in wishes.items()
                for went in self.books.send(self.clock, sku, units, origin, f"transfer {id_}", fresh_first=True)
            ]  # fmt: skip

        shipped = self.attempt("ship_transfer", transfer_id=id_)
        assert (self.expected(leave) is None) == (shipped is None)
        if shipped:
            self.underway[id_] = Underway(origin, to, dict(wishes))
            self.may_undo(shipped, lambda: self.turn_back(id_))

    def turn_back(self, id_: int) -> None:
        """All that has not arrived goes back to where it came from."""
        transfer = self.underway.pop(id_, None)
        if transfer is None:
            raise Impossible
        self.arrive(id_, transfer, transfer.left, transfer.origin)

    def arrive(self, id_: int, transfer: Underway, units: dict[str, int], to: Any, now: str = "sellable") -> None:
        for sku, n in units.items():
            if n:
                self.books.send(self.clock, sku, n, f"transfer {id_}", to, now=now)
        transfer.left = {sku: n - units.get(sku, 0) for sku, n in transfer.left.items()}

    @precondition(lambda self: self.underway)
    @rule(data=st.data(), how=st.sampled_from(["whole", "part", "rest lost", "all lost", "cancel"]), now=CONDITION)
    def settle_transfer(self, data: st.DataObject, how: str, now: str) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.underway)))
        transfer = self.underway[id_]
        if how == "cancel":
            assert self.attempt("cancel_transfer", transfer_id=id_)
            self.turn_back(id_)
            return
        came = dict(transfer.left) if how == "whole" else {}
        lines: list[dict[str, int]] = []
        if how in ("part", "rest lost"):
            came = {sku: data.draw(st.integers(1, n)) for sku, n in transfer.left.items() if n}
            lines = [{"variant_id": self.variants[sku].pk, "units": n} for sku, n in came.items()]
        lost = how.endswith("lost")
        assert self.attempt("receive_transfer", transfer_id=id_, lines=lines, condition=now, close=lost)
        self.arrive(id_, transfer, came, transfer.to, now)
        if lost:
            self.arrive(id_, transfer, dict(transfer.left), "outside")
        if not any(transfer.left.values()):
            del self.underway[id_]
