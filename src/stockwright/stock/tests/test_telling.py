from __future__ import annotations

import pytest

from stockwright.kit.pages import say_fact
from stockwright.stock.actions import commit_demands
from stockwright.stock.pages import telling
from stockwright.stock.tests import make
from stockwright.stock.tests.make import do


@pytest.mark.parametrize(
    ("kind", "new", "said"),
    [
        ("transfer.state_changed", "in_transit", "State: in transit"),
        ("transfer.state_changed", "received", "State: received"),
        ("count.state_changed", "open", "State: being counted"),
    ],
)
def test_a_timeline_says_a_state_by_its_word(kind: str, new: str, said: str):
    assert telling.__name__
    assert say_fact(kind, {"old": "draft", "new": new}) == said


@pytest.mark.parametrize("kind", ["stock.set", "transfer.shipped"])
def test_what_takes_promised_units_says_where_they_come_from_now_and_what_is_lost(kind: str):
    data = {"change": -5, "units": 5, "lost": 2, "taken_over": {"North": 3}}
    assert say_fact(kind, data).endswith(", 3 units now come from North, 2 units of promises lost")


@pytest.mark.django_db
def test_units_that_come_from_two_places_of_one_name_are_told_together():
    cup = make.variant("CUP")
    first, *others = (make.location(name=name) for name in ("Main", "Store", "Store"))
    for place, units in ((first, 4), *((other, 2) for other in others)):
        make.level(cup, place, units)
    commit_demands(make.call(), [make.demand(cup, 4, line=1, order=8)])
    outcome = do("set_on_hand", lines=[{"variant_id": cup.pk, "location_id": first.pk, "units": 0}])
    (fact,) = (fact for fact in outcome.facts if fact.kind == "stock.set")
    assert (fact.data["taken_over"], fact.data["lost"]) == ({"Store": 4}, 0)
