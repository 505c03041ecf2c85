"""What a channel tells of an order last is what counts, whatever it told before; what left never leaves twice."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.errors import Invalid
from stockwright.kit.journal import timeline
from stockwright.kit.models import InboxMessage
from stockwright.kit.people import SYSTEM
from stockwright.orders.models import Order
from stockwright.orders.tests import make

pytestmark = pytest.mark.django_db

# NEW is not in the catalogue; the one without a SKU is a custom item.
SKUS = ("MUG", "HAT", "NEW", "")
PRICES = st.sampled_from(("4", "10"))
STATES = ("pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided")


@pytest.fixture(autouse=True)
def _shop() -> None:
    make.channel()
    make.variant("MUG", 5)
    make.variant("HAT", 1)


@st.composite
def lines(draw: st.DrawFn, *, sent: bool) -> dict[str, Any]:
    sku, units = draw(st.sampled_from(SKUS)), draw(st.integers(0, 4))
    cancelled = draw(st.integers(0, units))
    line = {
        "sku": sku, "title": sku.title() or "Engraving", "units": units, "unit_price": draw(PRICES),
        "cancelled": cancelled, "discount": draw(st.sampled_from(("0", "1"))) if units else "0",
        "tax": draw(st.sampled_from(("0", "2"))) if units else "0",
    }  # fmt: skip
    return {**line, "fulfilled": draw(st.integers(0, units - cancelled))} if sent else line


FEES = st.builds(
    lambda units, price: {"kind": "fee", "title": "Wrapping", "units": units, "unit_price": price}, st.just(1), PRICES
)


@st.composite
def tellings(draw: st.DrawFn, *, sent: bool = False) -> dict[str, Any]:
    goods = draw(st.lists(lines(sent=sent), min_size=1, max_size=4))
    told = make.draft("1", [*goods, *draw(st.lists(FEES, max_size=1))])
    told |= draw(st.fixed_dictionaries({"payment": st.sampled_from(STATES), "discount": st.sampled_from(("0", "3"))}))
    told["payments"] = draw(st.lists(PRICES.map(lambda amount: {"amount": amount}), max_size=2))
    if not sent and draw(st.booleans()):
        # As files tell what is over: all of it gone.
        told |= {"cancelled_at": make.AT.isoformat(), "is_history": draw(st.booleans())}
        told["lines"] = [
            {**line, "fulfilled": 0, "cancelled": 0} if line.get("sku") is not None else line for line in told["lines"]
        ]
    return told


def left_of(order: Order) -> dict[str, Any]:
    """What an order comes to: all that counts, without lines of which nothing is left."""
    rows = [
        (line.kind, line.sku, line.variant_id, line.title, line.units - line.cancelled, line.fulfilled, line.unit_price)
        for line in order.lines.all()
    ]
    columns = (
        "subtotal", "discount", "shipping", "fees", "tax", "total", "total_shop", "paid", "refunded", "payment",
        "fulfilment", "returned", "short_units", "holds",
    )  # fmt: skip
    return {
        "lines": sorted((row for row in rows if row[4]), key=str),
        "entries": fetch("SELECT kind, sum(amount) FROM orders_payment GROUP BY 1 ORDER BY 1"),
        "committed": fetch("SELECT l.variant_id, sum(c.units) FROM stock_commitment c JOIN stock_level l"
                           " ON l.id = c.level_id GROUP BY 1 ORDER BY 1"),
        "short": fetch("SELECT variant_id, sum(units) FROM stock_shortfall GROUP BY 1 ORDER BY 1"),
        "open": order.fulfilment in ("open", "partial") and (order.is_history, order.ship_by),
        **{name: getattr(order, name) for name in columns},
    }  # fmt: skip


def after(told: list[dict[str, Any]]) -> dict[str, Any]:
    with transaction.atomic():
        for each in told:
            make.place(each)
        found = left_of(Order.objects.get())
        transaction.set_rollback(True)
    return found


@settings(max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(tellings(), min_size=2, max_size=4))
def test_whatever_was_told_before_the_last_telling_counts_as_if_it_were_the_only_one(told: list[dict[str, Any]]):
    assert after(told) == after(told[-1:])


@settings(max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(tellings(sent=True), min_size=2, max_size=4))
def test_what_left_is_never_doubled(told: list[dict[str, Any]]):
    with transaction.atomic():
        most: dict[str, int] = {}
        for each in told:
            with contextlib.suppress(Invalid), transaction.atomic():
                make.place(each)
            sent: dict[str, int] = {}
            for line in each["lines"]:
                sku = line.get("sku", "fee")
                sent[sku] = sent.get(sku, 0) + line.get("fulfilled", 0)
            most = {sku: max(units, most.get(sku, 0)) for sku, units in (most | sent).items()}
            here: dict[str, int] = {}
            for sku, units in Order.objects.get().lines.filter(kind="goods").values_list("sku", "fulfilled"):
                here[sku] = here.get(sku, 0) + units
            assert all(units <= most[sku] for sku, units in here.items() if units)
        transaction.set_rollback(True)


def test_an_order_whose_line_is_swapped_and_swapped_back_is_as_it_was():
    make.order("1", {"MUG": 2}, payment="paid", total="20")
    make.place(make.draft("1", {"HAT": 2}, payment="paid", total="20"))
    make.place(make.draft("1", {"MUG": 2}, payment="paid", total="20"))
    order = Order.objects.get()
    assert (order.fulfilment, order.total, order.cancelled_at, order.cancel_reason) == ("open", Decimal(20), None, "")
    assert list(order.lines.order_by("position").values_list("sku", "units", "cancelled")) == [
        ("MUG", 2, 0), ("HAT", 2, 2),
    ]  # fmt: skip
    assert fetch("SELECT sum(units) FROM stock_commitment") == [(2,)]
    assert "order.lines_revived" in {entry.kind for entry in timeline("order", order.pk)}


def test_what_left_though_people_had_cancelled_it_is_not_said_to_be_wanted_again():
    order = make.order("1", {"MUG": 4})
    given = {"order_id": order.pk, "lines": [{"line_id": order.lines.get().pk, "units": 2}]}
    perform("orders.cancel_lines", given, actor=SYSTEM)
    sent = make.draft("1", {"MUG": 4})
    sent["lines"][0]["fulfilled"] = 4
    make.place(sent)
    line = order.lines.get()
    assert (line.fulfilled, line.cancelled) == (4, 0)
    assert "order.lines_revived" not in {entry.kind for entry in timeline("order", order.pk)}


def test_what_people_cancelled_here_stays_cancelled_though_its_line_went_and_came_back():
    order = make.order("1", {"MUG": 4, "HAT": 1})
    given = {"order_id": order.pk, "lines": [{"line_id": order.lines.get(sku="MUG").pk, "units": 1}]}
    perform("orders.cancel_lines", given, actor=SYSTEM)
    make.place(make.draft("1", {"HAT": 1}))
    make.place(make.draft("1", {"MUG": 4, "HAT": 1}))
    order.refresh_from_db()
    assert (order.lines.get(sku="MUG").cancelled, order.subtotal) == (1, Decimal(40))
    perform("orders.cancel", {"order_ids": [order.pk]}, actor=SYSTEM)
    make.place(make.draft("1", {"MUG": 4, "HAT": 1}, note="still there?"))
    order.refresh_from_db()
    assert order.fulfilment == "cancelled"


def test_an_order_told_as_voided_and_then_as_paid_is_live_and_promised():
    line = {"sku": "MUG", "units": 2, "unit_price": "10", "fulfilled": 0, "cancelled": 2}
    gone = {"payment": "voided", "is_history": True, "cancelled_at": make.AT.isoformat()}
    order = make.order("1", [line], **gone)
    assert (order.is_history, order.fulfilment, order.ship_by) == (True, "cancelled", None)
    make.place(make.draft("1", [{**line, "cancelled": 0}], payment="paid"))
    order.refresh_from_db()
    assert (order.is_history, order.fulfilment, order.payment, order.cancelled_at) == (False, "open", "paid", None)
    assert order.ship_by is not None
    assert fetch("SELECT sum(units) FROM stock_commitment") == [(2,)]


LEFT = {"sku": "MUG", "title": "Mug", "units": 2, "unit_price": "10", "fulfilled": 2}


@pytest.mark.parametrize("history", [True, False])
def test_goods_that_left_are_the_same_ones_under_another_sku_or_none(history: bool):
    order = make.order("1", [LEFT], is_history=history)
    for sku in ("", "CUP", "MUG"):
        make.place(make.draft("1", [{**LEFT, "sku": sku}], is_history=history, note=sku))
    order.refresh_from_db()
    assert (order.total, list(order.lines.values_list("sku", "units", "fulfilled"))) == (Decimal(20), [("MUG", 2, 2)])


def test_a_blank_sku_does_not_take_a_promise_away_and_one_told_later_is_learnt():
    line = {"title": "Mug", "units": 2, "unit_price": "10"}
    order = make.order("1", [{**line, "sku": "MUG"}, {**line, "title": "Hat", "sku": ""}])
    make.place(make.draft("1", [{**line, "sku": ""}, {**line, "title": "Hat", "sku": "HAT"}]))
    assert list(order.lines.order_by("position").values_list("sku", "cancelled")) == [("MUG", 0), ("HAT", 0)]
    assert fetch("SELECT sum(units) FROM stock_commitment") == [(3,)]


def test_refuses_other_goods_in_the_place_of_those_that_left():
    order = make.order("1", [LEFT])
    with pytest.raises(Invalid, match="MUG has left already"):
        make.place(make.draft("1", [{**LEFT, "sku": "HAT", "title": "Hat"}]))
    make.deliver(make.draft("1", [{**LEFT, "sku": "HAT", "title": "Hat"}]), make.draft("2", {"MUG": 1}))
    assert sorted(InboxMessage.objects.values_list("state", flat=True)) == ["applied", "quarantined"]
    assert list(order.lines.values_list("sku", "fulfilled")) == [("MUG", 2)]


def test_money_that_a_channel_takes_back_is_taken_back_unless_people_entered_some():
    order = make.order("1", {"MUG": 2}, payment="paid", payments=[{"amount": "20"}])
    make.place(make.draft("1", {"MUG": 1}, payment="paid", payments=[{"amount": "10"}]))
    order.refresh_from_db()
    assert (order.paid, order.payments.get().amount) == (Decimal(10), Decimal(10))
    perform("orders.record_payment", {"order_id": order.pk, "amount": "5"}, actor=SYSTEM)
    make.place(make.draft("1", {"MUG": 1}, payment="paid", payments=[{"amount": "8"}]))
    order.refresh_from_db()
    assert order.paid == 15


def test_goods_that_left_are_not_sent_again_when_their_lines_are_told_in_another_order_or_as_another_line():
    order = make.order("1", [LEFT, {**LEFT, "fulfilled": 0}])
    make.place(make.draft("1", [{**LEFT, "fulfilled": 0}, LEFT], note="turned round"))
    assert sorted(order.lines.values_list("units", "fulfilled")) == [(2, 0), (2, 2)]
    make.place(make.draft("1", [{**LEFT, "unit_price": "4"}, {**LEFT, "fulfilled": 0}]))
    assert sorted(order.lines.values_list("units", "fulfilled", "unit_price")) == [
        (2, 0, Decimal(10)),
        (2, 2, Decimal(4)),
    ]
    make.order("2", [LEFT])
    with pytest.raises(Invalid, match="would count twice"):
        make.place(make.draft("2", [{**LEFT, "fulfilled": 0}, {**LEFT, "units": 3, "unit_price": "4"}]))


def two_lines_of_mugs(*told: tuple[int, int]) -> dict[str, Any]:
    """An order for mugs twice: units, and how many of them have left."""
    goods = [{"sku": "MUG", "units": units, "unit_price": "10", "fulfilled": sent} for units, sent in told]
    return make.draft("1", goods)


@pytest.mark.parametrize("told", [[(2, 2), (3, 3)], [(3, 3), (2, 2)]])
def test_two_lines_of_the_same_goods_are_told_as_sent_in_any_order(told: list[tuple[int, int]]):
    make.place(two_lines_of_mugs((2, 0), (3, 0)))
    make.place(two_lines_of_mugs(*told))
    order = Order.objects.get()
    assert list(order.lines.order_by("position").values_list("units", "fulfilled")) == [(2, 2), (3, 3)]
    assert fetch("SELECT sum(units) FROM stock_movement WHERE reason = 'shipped'") == [(5,)]
    assert "order.sent_unpromised" not in {entry.kind for entry in timeline("order", order.pk)}


def test_a_line_sent_here_stays_with_its_own_units_when_the_channel_knows_nothing_of_it():
    make.place(make.draft("1", [{"sku": "MUG", "units": units, "unit_price": "10"} for units in (3, 2)]))
    order = Order.objects.get()
    second = order.lines.order_by("position")[1]
    perform("orders.fulfil", {"order_id": order.pk, "lines": [{"line_id": second.pk, "units": 2}]}, actor=SYSTEM)
    again = make.draft("1", [{"sku": "MUG", "units": units, "unit_price": "10"} for units in (3, 2)], note="wrap it")
    make.place(again)
    assert list(order.lines.order_by("position").values_list("units", "fulfilled")) == [(3, 0), (2, 2)]


def test_what_left_is_found_where_it_is_told_though_another_line_has_as_many_units():
    make.place(two_lines_of_mugs((2, 0)))
    make.place(two_lines_of_mugs((2, 2)))
    make.place(two_lines_of_mugs((2, 0), (3, 2)))
    order = Order.objects.get()
    assert list(order.lines.order_by("position").values_list("units", "fulfilled")) == [(3, 2), (2, 0)]
