"""Anything that may happen to stock, in any order: both sets of books must always agree."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, precondition, run_state_machine_as_test

from stockwright.kit.bulk import fetch
from stockwright.stock.models import Level, Portion, Shortfall
from stockwright.stock.queries import differing_levels, line_states
from stockwright.stock.queries.derived import waiting_beside_stock
from stockwright.stock.tests.machine.coming import Arrivals
from stockwright.stock.tests.machine.goods import Goods
from stockwright.stock.tests.machine.promises import Promises
from stockwright.stock.tests.machine.reference import Waiting, days_of
from stockwright.stock.tests.machine.shop import PARTS, Shop

opened = precondition(Shop.is_open)


class StockMachine(Goods, Promises, Arrivals):
    """What must be so whatever happened."""

    @invariant()
    @opened
    def levels_are_what_they_are_made_of(self) -> None:
        assert differing_levels() == []

    @invariant()
    @opened
    def both_sets_of_books_agree(self) -> None:
        incoming: dict[tuple[str, Any], int] = defaultdict(int)
        for coming in self.coming.values():
            incoming[coming.sku, coming.place] += coming.left
        for transfer in self.underway.values():
            for sku, units in transfer.left.items():
                incoming[sku, transfer.to] += units
        seen = set()
        for level in Level.objects.all():
            sku, place = self.skus[level.variant_id], self.place_ids[level.location_id]
            number = self.books.number
            seen.add((sku, place))
            assert (level.on_hand, level.damaged, level.quality_control, level.incoming, level.safety_stock) == (
                number(sku, place), number(sku, place, "damaged"), number(sku, place, "quality_control"),
                incoming[sku, place], self.safety.get((sku, place), 0),
            )  # fmt: skip
        ours = {(sku, place) for (sku, place, _, _), units in self.books.units.items() if units and place in (0, 1, 2)}
        assert ours <= seen

    @invariant()
    @opened
    def units_lie_in_the_lots_that_they_came_with(self) -> None:
        rows = Portion.objects.values_list("variant_id", "location_id", "condition", "lot__code", "units")
        stored = {(self.skus[v], self.place_ids[at], condition, lot): n for v, at, condition, lot, n in rows}
        assert stored == {
            key: units for key, units in self.books.units.items() if units and key[3] and key[1] in (0, 1, 2)
        }

    @invariant()
    @opened
    def nothing_is_promised_that_is_not_there(self) -> None:
        for level in Level.objects.all():
            promised = level.damaged + level.quality_control + level.committed + level.reserved
            assert 0 <= promised <= level.on_hand
            # What is kept back may have been promised before it was kept back: by nothing else does it fall below zero.
            assert level.available >= -level.safety_stock

    @invariant()
    @opened
    def every_unit_asked_for_is_somewhere(self) -> None:
        states = line_states(lines=list(self.lines))
        wanted: dict[tuple[int, str], int] = {}
        for id_, line in self.lines.items():
            left = line.asked - line.gone - line.released
            state = states.get(id_)
            assert (state.committed + state.short if state else 0) == left
            wanted |= {(id_, sku): left * each for sku, each in PARTS.get(line.sku, {line.sku: 1}).items() if left}
        rows = fetch(
            "SELECT line_id, variant_id, sum(units)::int FROM ("
            " SELECT c.line_id, l.variant_id, c.units FROM stock_commitment c JOIN stock_level l ON l.id = c.level_id"
            " UNION ALL SELECT line_id, variant_id, units FROM stock_shortfall) x GROUP BY 1, 2"
        )
        assert {(line, self.skus[variant]): units for line, variant, units in rows} == wanted

    @invariant()
    @opened
    def nobody_waits_beside_stock(self) -> None:
        assert waiting_beside_stock() == []

    @invariant()
    @opened
    def who_waits_is_told_the_day_of_the_arrival_that_brings_it(self) -> None:
        queues: dict[str, list[Waiting]] = defaultdict(list)
        told: dict[tuple[str, int], date | None] = {}
        for row in Shortfall.objects.all():
            sku = self.skus[row.variant_id]
            assert row.due_at == self.lines[row.line_id].due
            queues[sku].append(Waiting(row.due_at, row.placed_at, row.line_id, row.units))
            told[sku, row.line_id] = row.promised_on
        for sku, queue in queues.items():
            coming = [
                (arrival.day, id_, arrival.left) for id_, arrival in self.coming.items()
                if arrival.sku == sku and arrival.left and self.places[arrival.place].ships_orders
            ]  # fmt: skip
            assert {line: told[sku, line] for line in days_of(queue, coming)} == days_of(queue, coming)

    @invariant()
    @opened
    def nobody_is_kept_more_than_was_asked_for(self) -> None:
        for holder in "xyz":
            kept = self.holders.get(holder, (None, {}))[1]
            assert all(units <= kept.get(sku, 0) for sku, units in self.reserved_for(holder).items())

    @invariant()
    @opened
    def the_books_balance(self) -> None:
        """What our locations have is what came from outside less what went there."""
        outside = fetch(
            "SELECT coalesce(sum(CASE WHEN f.kind IN ('warehouse', 'store') THEN 0 ELSE m.units END), 0)::int"
            " - coalesce(sum(CASE WHEN t.kind IN ('warehouse', 'store') THEN 0 ELSE m.units END), 0)::int"
            " FROM stock_movement m JOIN stock_location f ON f.id = m.from_location_id"
            " JOIN stock_location t ON t.id = m.to_location_id"
        )[0][0]
        assert outside == sum(Level.objects.values_list("on_hand", flat=True))


@pytest.mark.django_db
def test_whatever_happens_both_sets_of_books_agree():
    run_state_machine_as_test(StockMachine, settings=settings(max_examples=20, stateful_step_count=30, deadline=None))
