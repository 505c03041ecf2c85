from __future__ import annotations

import pytest

from stockwright.kit.pages import say_fact
from stockwright.orders.pages import telling
from stockwright.orders.states import CancelReason, Fulfilment, Payment, Return


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("order.returned_changed", {"new": "partial"}, "Returns: partly returned"),
        ("order.returned_changed", {"new": "none"}, "Returns: nothing came back"),
        ("order.cancelled", {"reason": "inventory"}, "Cancelled: out of stock"),
        ("order.lines_cancelled", {"reason": "staff", "units": 2}, "2 units cancelled: our mistake"),
        (
            "order.payment_contradicted", {"told": "partially_paid", "here": "refunded"},
            "The channel says partly paid, we say refunded: left as it was",
        ),
    ],
)  # fmt: skip
def test_timelines_say_states_and_reasons_in_words(kind: str, data: dict[str, object], words: str):
    assert telling.__name__
    assert say_fact(kind, data) == words


def test_every_state_and_reason_has_its_words():
    told = [
        *(say_fact("order.payment_changed", {"new": state}) for state in Payment),
        *(say_fact("order.fulfilment_changed", {"new": state}) for state in Fulfilment),
        *(say_fact("order.returned_changed", {"new": state}) for state in Return),
        *(say_fact("order.cancelled", {"reason": reason}) for reason in CancelReason),
    ]
    assert all(": " in words and "_" not in words for words in told)
