"""A small shop to which anything may happen, in any order, beside books of its own that say what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from stockwright.catalog.models import Variant
from stockwright.kit.actions import Outcome, can_undo, perform, undo
from stockwright.kit.errors import Conflict, Invalid, Refused
from stockwright.kit.people import SYSTEM
from stockwright.stock.models import Location
from stockwright.stock.tests import make
from stockwright.stock.tests.machine.reference import EXPIRES, Books, Impossible, Went

UNITS = st.integers(1, 6)
# Two plain variants, one whose lots expire, and a kit of two cups and a tray.
GOODS = st.sampled_from(["CUP", "TRAY", "MILK"])
SOLD = st.sampled_from(["CUP", "TRAY", "MILK", "MILK", "SET"])
PARTS = {"SET": {"CUP": 2, "TRAY": 1}}
# Two shipping locations and a store that does not ship.
PLACES = (0, 1, 2)
PLACE = st.sampled_from(PLACES)
CONDITION = st.sampled_from(["sellable", "damaged", "quality_control"])
# What has expired is met often, as most can go wrong with it.
LOT = st.sampled_from(["OLD", *EXPIRES])
START = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


class Undoable(NamedTuple):
    """A call that somebody may take back, and what that does to the books."""

    outcome: Outcome
    # Raises Impossible where it must be refused.
    back: Callable[[], None]
    # Whether the books know for sure if it is refused.
    sure: bool


class Shop(RuleBasedStateMachine):
    """What all machines over stock share: the shop, its clock, verbs that may refuse, and the second set of books."""

    @initialize()
    def open_shop(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.clock = START
        self.books = Books()
        self.places: list[Location] = [
            make.location("a", priority=1),
            make.location("b", priority=2),
            make.location("store", ships_orders=False),
        ]
        kit = make.kit("SET", CUP=2, TRAY=1)
        make.variant("MILK", tracking="expiry")
        Variant.objects.filter(sku="TRAY").update(backorder="continue")
        self.variants: dict[str, Variant] = {v.sku: v for v in Variant.objects.all()}
        assert self.variants["SET"] == kit
        self.skus = {variant.pk: sku for sku, variant in self.variants.items()}
        self.place_ids = {location.pk: place for place, location in enumerate(self.places)}
        self.undoable: list[Undoable] = []
        self.safety: dict[tuple[str, int], int] = {}

    def teardown(self) -> None:
        if self.is_open():
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def is_open(self) -> bool:
        return hasattr(self, "atomic")

    def tick(self) -> datetime:
        self.clock += timedelta(seconds=1)
        return self.clock

    def attempt(self, name: str, /, **given: Any) -> Outcome | None:
        """Perform a verb; None where it refuses, which is an answer too: the invariants say that nothing changed by it."""
        try:
            return perform(f"stock.{name}", given, actor=SYSTEM, at=self.tick())
        except (Refused, Conflict, Invalid):
            return None

    def expected(self, work: Callable[[], list[Went] | None]) -> list[Went] | None:
        """Do something in the books; None where they can't, and nothing has changed."""
        before = copy(self.books)
        before.units, before.steps, before.counted = copy(before.units), copy(before.steps), copy(before.counted)
        try:
            return work() or []
        except Impossible:
            self.books = before
            return None

    def act(
        self, name: str, work: Callable[[], list[Went] | None], /, *, sure: bool = True, **given: Any
    ) -> Outcome | None:
        """Perform a verb and do the same in the books: both can, or neither.

        Where they are not `sure` (promises to be kept), a refusal is taken as it comes.
        """
        outcome = self.attempt(name, **given)
        if outcome is None and not sure:
            return None
        went = self.expected(work)
        assert (outcome is not None) == (went is not None), (name, given)
        if outcome is not None and went is not None:
            self.may_undo(outcome, lambda: self.books.turn_round(self.clock, went))
        return outcome

    def may_undo(self, outcome: Outcome, back: Callable[[], None], *, sure: bool = True) -> None:
        """Remember what undoing a call does to the books."""
        if can_undo(outcome.call_id):
            self.undoable = [*self.undoable[-7:], Undoable(outcome, back, sure)]

    def take_back(self, one: Undoable) -> None:
        """Undo a call, in the books as well; it can be done once."""
        self.tick()
        try:
            undo(one.outcome.call_id, actor=SYSTEM, at=self.clock)
        except (Refused, Conflict, Invalid):
            assert not one.sure or self.expected(one.back) is None, one.outcome
        else:
            self.undoable.remove(one)
            assert self.expected(one.back) is not None, one.outcome

    def place_of(self, sku: str, place: int) -> dict[str, Any]:
        return {"variant_id": self.variants[sku].pk, "location_id": self.places[place].pk}

    def lot_of(self, sku: str, lot: str) -> dict[str, Any]:
        return {"lot": lot, "expires_on": EXPIRES[lot].isoformat()} if sku == "MILK" else {}

    @rule(sku=GOODS, place=PLACE, units=st.integers(0, 3))
    def keep_back(self, sku: str, place: int, units: int) -> None:
        before = self.safety.get((sku, place), 0)
        outcome = self.attempt("set_policy", lines=[{**self.place_of(sku, place), "safety_stock": units}])
        assert outcome
        self.safety[sku, place] = units

        def as_before() -> None:
            if self.safety[sku, place] != units:
                raise Impossible
            self.safety[sku, place] = before

        self.may_undo(outcome, as_before)

    @rule(minutes=st.integers(1, 20), sweep=st.booleans())
    def wait(self, minutes: int, *, sweep: bool) -> None:
        self.clock += timedelta(minutes=minutes)
        if sweep:
            self.attempt("expire_reservations")

    @rule()
    def reconcile(self) -> None:
        found = self.attempt("reconcile")
        assert found
        assert (found.result.differences, found.result.found, found.result.orders_served) == (0, 0, 0)

    @precondition(lambda self: self.undoable)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        self.take_back(data.draw(st.sampled_from(self.undoable)))
