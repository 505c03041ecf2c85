"""Numbers, conditions and bins changed where the units are."""

from __future__ import annotations

import pytest

from stockwright.kit.actions import undo
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands
from stockwright.stock.errors import (
    LevelChanged,
    NotEnoughHere,
    PromisesAtRisk,
)
from stockwright.stock.models import Bin, Commitment, Level, Movement, Shortfall
from stockwright.stock.pages.telling import counted
from stockwright.stock.queries import (
    availability,
    contents_of,
    differing_levels,
)
from stockwright.stock.tests import make
from stockwright.stock.tests.make import do, kinds

pytestmark = pytest.mark.django_db


def test_units_move_between_bins():
    cup, here = make.variant("CUP"), make.location()
    for code in ("A1", "B2"):
        do("add_bin", location_id=here.pk, code=code)
    do("receive", variant_id=cup.pk, location_id=here.pk, units=5, bin="A1")
    do("move", variant_id=cup.pk, location_id=here.pk, units=2, from_bin="A1", to_bin="B2")
    assert {(c.bin, c.units) for c in contents_of(cup.pk)} == {("A1", 3), ("B2", 2)}
    assert Level.objects.get().bin == Bin.objects.get(code="A1")


def test_adjusting_down_loses_the_youngest_promise():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 4)
    commit_demands(make.call(), [make.demand(cup, 2, line=1, due=1), make.demand(cup, 2, line=2, due=2)])
    outcome = do("adjust", variant_id=cup.pk, location_id=here.pk, change=-1)
    assert {(c.line_id, c.units) for c in Commitment.objects.all()} == {(1, 2), (2, 1)}
    lost = Shortfall.objects.get()
    assert (lost.line_id, lost.units, lost.kind) == (2, 1, "lost")
    assert "stock.promises_changed" in kinds(outcome)
    undo(outcome.call_id, actor=SYSTEM)
    assert not Shortfall.objects.exists()
    assert differing_levels() == []


def test_a_lost_promise_moves_to_another_location_that_has_units():
    cup, near, far = make.variant("CUP"), make.location(priority=1), make.location(priority=2)
    make.level(cup, near, 2)
    make.level(cup, far, 2)
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    outcome = do("mark_damaged", variant_id=cup.pk, location_id=near.pk, units=1)
    assert [(fact.data["lost"], fact.data["taken_over"]) for fact in outcome.facts if fact.kind == "stock.damaged"] == [
        (0, {far.name: 1})
    ]
    assert {(c.level.location_id, c.units) for c in Commitment.objects.select_related("level")} == {
        (near.pk, 1),
        (far.pk, 1),
    }
    assert not Shortfall.objects.exists()


def test_a_count_says_what_is_taken_over_elsewhere_and_what_is_lost_for_good():
    cup, near, far = make.variant("CUP"), make.location(priority=1), make.location(priority=2)
    make.level(cup, near, 10)
    make.level(cup, far, 7)
    commit_demands(make.call(), [make.demand(cup, 10, line=1)])
    outcome = do("count", location_id=near.pk, lines=[{"variant_id": cup.pk, "units": 0}])
    assert (outcome.result.lost, outcome.result.taken_over) == (3, {far.name: 7})
    (fact,) = [fact for fact in outcome.facts if fact.kind == "stock.counted"]
    assert counted(fact.data) == f"Counted: −10, 7 units now come from {far.name}, 3 units of promises lost"
    assert Shortfall.objects.get().units == 3


def test_refuses_rather_than_breaking_promises_when_asked_to():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 2)
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    with pytest.raises(PromisesAtRisk):
        do("scrap", variant_id=cup.pk, location_id=here.pk, units=1, keep_promises=True)
    assert Level.objects.get().on_hand == 2


def test_refuses_when_one_piece_short_on_the_shelf():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 2)
    with pytest.raises(NotEnoughHere) as refusal:
        do("scrap", variant_id=cup.pk, location_id=here.pk, units=3)
    assert refusal.value.shortages[0].available == 2
    assert Level.objects.get().on_hand == 2


def test_quarantined_units_are_not_for_sale_until_released():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    do("quarantine", variant_id=cup.pk, location_id=here.pk, units=4)
    assert availability([cup.pk])[cup.pk].available == 1
    do("release", variant_id=cup.pk, location_id=here.pk, units=3)
    assert availability([cup.pk])[cup.pk].available == 4


def test_a_file_sets_numbers_on_hand():
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    lines = [{"variant_id": v.pk, "location_id": here.pk, "units": 5} for v in (cup, tray)]
    outcome = do("set_on_hand", lines=lines)
    assert (outcome.result.changed, outcome.result.units_more) == (2, 10)
    assert set(Movement.objects.values_list("reason", flat=True)) == {"opening"}
    again = do("set_on_hand", lines=[lines[0], {**lines[1], "units": 3, "expected": 5}])
    assert (again.result.changed, again.result.unchanged, again.result.units_fewer) == (1, 1, 2)
    assert Movement.objects.get(reason="channel").units == 2
    with pytest.raises(LevelChanged):
        do("set_on_hand", lines=[{**lines[1], "units": 3, "expected": 5}])


def test_a_file_that_tells_what_is_available_has_promises_added():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    commit_demands(make.call(), [make.demand(cup, 2, line=1)])
    line = {"variant_id": cup.pk, "location_id": here.pk, "units": 1}
    do("set_on_hand", lines=[line], meaning="available")
    assert Level.objects.get().on_hand == 3


def test_a_channel_without_a_name_leaves_alone_what_was_moved_since_it_looked():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    looked_at = now()
    do("receive", variant_id=cup.pk, location_id=here.pk, units=2)
    line = {"variant_id": cup.pk, "location_id": here.pk, "units": 4, "as_of": looked_at}
    assert do("set_on_hand", lines=[line]).result.outdated == ((cup.pk, here.pk),)
    assert Level.objects.get().on_hand == 7
