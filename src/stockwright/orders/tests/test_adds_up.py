from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.errors import StockwrightError
from stockwright.kit.people import SYSTEM
from stockwright.orders.errors import LeftTwice, LeftUnmatched
from stockwright.orders.models import Order, OrderLine
from stockwright.orders.rules import share
from stockwright.orders.tests import make

pytestmark = pytest.mark.django_db

SKUS = ("A", "B", "C")
# What a channel tells of an order's money, beside its lines.
MONEY = st.fixed_dictionaries(
    {},
    optional={
        "discount": st.integers(0, 4).map(str),
        "shipping": st.integers(0, 3).map(str),
        "tax": st.integers(0, 9).map(str),
        "payments": st.integers(1, 20).map(lambda amount: [{"amount": str(amount)}]),
    },
)
_BY_LINE = """
SELECT l.id, l.order_id, l.units, l.cancelled, l.fulfilled, o.short_units,
    coalesce((SELECT sum(units) FROM stock_commitment c WHERE c.line_id = l.id), 0),
    coalesce((SELECT sum(units) FROM stock_shortfall s WHERE s.line_id = l.id), 0)
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
"""
_LEVELS = """
SELECT count(*) FROM stock_level l WHERE l.committed <>
    coalesce((SELECT sum(units) FROM stock_commitment c WHERE c.level_id = l.id), 0) OR l.committed > l.on_hand
"""
_WAITING_BESIDE_FREE = """
SELECT count(*) FROM stock_level l WHERE l.available > 0
    AND EXISTS (SELECT 1 FROM stock_shortfall s WHERE s.variant_id = l.variant_id)
"""


class Orders(RuleBasedStateMachine):
    """People and channels do what they like, in any order; every unit and every coin stays accounted for."""

    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        # Each example in a transaction of its own, of which nothing stays.
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize()
    def open_shop(self) -> None:
        self.told: dict[int, dict[str, Any]] = {}
        make.channel()
        for sku, units in zip(SKUS, (6, 3, 1), strict=True):
            make.variant(sku, units)

    @rule(
        target=orders,
        wanted=st.lists(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 5), min_size=1), min_size=1, max_size=3),
        money=MONEY, holds=st.integers(0, 2),
    )  # fmt: skip
    def place(self, wanted: list[dict[str, int]], money: dict[str, Any], holds: int) -> Any:
        more = {**money, "holds": [{"reason": "other"}] * holds}
        drafts = [make.draft(f"{len(self.told) + n}", lines, **more) for n, lines in enumerate(wanted)]
        placed = make.place(*drafts)
        for order, draft in zip(placed, drafts, strict=True):
            self.told[order.order_id] = draft
        return multiple(*[order.order_id for order in placed])

    @rule(
        order=orders, wanted=st.dictionaries(st.sampled_from(SKUS), st.integers(0, 6)), cancelled=st.booleans(),
        money=MONEY,
    )  # fmt: skip
    def tell_again(self, order: int, wanted: dict[str, int], money: dict[str, Any], *, cancelled: bool) -> None:
        draft = make.draft(self.told[order]["number"], wanted, **money)
        if cancelled:
            draft["cancelled_at"] = make.AT.isoformat()
        self._tell(draft)

    @rule(order=orders, sent=st.integers(0, 4), more=st.integers(0, 2))
    def tell_sent(self, order: int, sent: int, more: int) -> None:
        lines = [
            {"sku": line.sku, "units": line.units + more, "unit_price": "10", "fulfilled": min(sent, line.units + more)}
            for line in OrderLine.objects.filter(order=order).order_by("position")
        ]
        self._tell(make.draft(self.told[order]["number"], lines))

    @rule(order=orders, units=st.integers(0, 6))
    def edit(self, order: int, units: int) -> None:
        self._try("edit_lines", order_id=order, lines=[{"line_id": self._line(order), "units": units}])

    @rule(order=orders, units=st.integers(1, 4))
    def cancel_some(self, order: int, units: int) -> None:
        self._try("cancel_lines", order_id=order, lines=[{"line_id": self._line(order), "units": units}])

    @rule(order=orders)
    def cancel(self, order: int) -> None:
        self._try("cancel", order_ids=[order])

    @rule(order=orders)
    def fulfil(self, order: int) -> None:
        self._try("fulfil", order_id=order)

    @rule(order=orders, units=st.integers(1, 2))
    def take_back(self, order: int, units: int) -> None:
        (place,) = fetch("SELECT id FROM stock_location WHERE code = 'main'")[0]
        self._try(
            "take_back", order_id=order, location_id=place, lines=[{"line_id": self._line(order), "units": units}]
        )

    @rule(order=orders, released=st.booleans())
    def hold(self, order: int, *, released: bool) -> None:
        if released:
            self._try("release_hold", order_ids=[order])
        else:
            self._try("hold", order_ids=[order], reason="other")

    @rule(order=orders, amount=st.integers(1, 20), back=st.booleans())
    def pay(self, order: int, amount: int, *, back: bool) -> None:
        self._try("record_refund" if back else "record_payment", order_id=order, amount=amount)

    @invariant()
    def every_unit_is_accounted_for(self) -> None:
        short: dict[int, int] = {}
        stored: dict[int, int] = {}
        for line, order, units, cancelled, fulfilled, short_units, committed, waiting in fetch(_BY_LINE):
            assert cancelled + fulfilled + committed + waiting == units, f"line {line}"
            short[order] = short.get(order, 0) + waiting
            stored[order] = short_units
        assert short == stored

    @invariant()
    def levels_promise_what_they_have_and_nobody_waits_beside_free_units(self) -> None:
        assert fetch(_LEVELS)[0][0] == 0
        assert fetch(_WAITING_BESIDE_FREE)[0][0] == 0

    @invariant()
    def states_follow_the_units(self) -> None:
        for order in Order.objects.all():
            rows = list(order.lines.all())
            open_units = sum(row.units - row.cancelled - row.fulfilled for row in rows)
            sent = sum(row.fulfilled for row in rows)
            state = ("partial" if sent else "open") if open_units else ("fulfilled" if sent else "cancelled")
            assert order.fulfilment == state
            assert order.holds == order.hold_rows.filter(released_at=None).count()
            assert order.holds == 0 or open_units
            assert all(0 <= row.received <= row.returned <= row.fulfilled <= row.units - row.cancelled for row in rows)

    @invariant()
    def coins_follow_the_units(self) -> None:
        for order in Order.objects.all():
            rows = list(order.lines.all())
            assert order.total == order.subtotal - order.discount + order.shipping + order.fees + order.tax
            assert order.total_shop == order.total
            assert min(order.subtotal, order.tax) >= 0
            if order.fulfilment != "cancelled":
                kept = [share(row.total, row.units - row.cancelled, row.units, "EUR") for row in rows]
                assert order.subtotal == sum(kept)
            for kind, sum_ in (("payment", order.paid), ("refund", order.refunded)):
                entries = order.payments.filter(kind=kind).values_list("amount", flat=True)
                assert sum(entries) == sum_

    def _line(self, order: int) -> int:
        return OrderLine.objects.filter(order=order).order_by("position")[0].pk

    def _tell(self, draft: dict[str, Any]) -> None:
        """Other goods in the place of those that left are refused."""
        with contextlib.suppress(LeftTwice, LeftUnmatched), transaction.atomic():
            make.place(draft)

    def _try(self, verb: str, **given: Any) -> None:
        """Refusals are fine; what they leave behind is looked at by the invariants."""
        with contextlib.suppress(StockwrightError), transaction.atomic():
            perform(f"orders.{verb}", given, actor=SYSTEM)


def test_orders_add_up_whatever_people_and_channels_do():
    run_state_machine_as_test(
        Orders,
        settings=settings(max_examples=15, stateful_step_count=15, suppress_health_check=list(HealthCheck)),
    )
