from __future__ import annotations

import pytest

from stockwright.kit.pages import say_fact
from stockwright.stock.pages import telling


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
