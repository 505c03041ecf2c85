from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stockwright.catalog.models import Variant
from stockwright.kit.actions import Outcome, perform, undo
from stockwright.kit.actions.perform import ChangedSince
from stockwright.kit.bulk import fetch
from stockwright.kit.errors import Refused, StockwrightError
from stockwright.kit.journal import timeline
from stockwright.kit.pages.sentences import fact_lines, read_timeline
from stockwright.kit.people import SYSTEM
from stockwright.orders.errors import NothingToDo, OrderIsCancelled
from stockwright.orders.models import Order, OrderLine
from stockwright.orders.pages.badges import fulfilment_badges, money_badges, refund_of
from stockwright.orders.pages.filling import due, owed_back
from stockwright.orders.pages.record import _filled_in, lines_of
from stockwright.orders.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    make.channel()
    make.variant("MUG", 5)
    make.variant("HAT", 1, price="12.50")


def do(verb: str, **given: Any) -> Outcome:
    return perform(f"orders.{verb}", given, actor=SYSTEM)


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def line(order: Order, sku: str) -> OrderLine:
    return OrderLine.objects.get(order=order, sku=sku)


def main() -> int:
    return int(fetch("SELECT id FROM stock_location WHERE code = 'main'")[0][0])


def committed(sku: str) -> int:
    rows = fetch(
        "SELECT l.committed FROM stock_level l JOIN catalog_variant v ON v.id = l.variant_id WHERE v.sku = %s", (sku,)
    )
    return int(rows[0][0])


def test_editing_decides_again_and_counts_again():
    Variant.objects.filter(sku="MUG").update(backorder="continue")
    order = make.order("1", {"MUG": 2}, discount="2")
    mug = line(order, "MUG").pk
    result = do("edit_lines", order_id=order.pk, lines=[{"line_id": mug, "units": 6}], add=[{"sku": "HAT", "units": 1}])
    assert result.result.short_units == 1
    assert fresh(order).total == Decimal("70.50")
    assert (committed("MUG"), committed("HAT")) == (5, 1)


def test_refuses_to_edit_below_what_was_sent():
    order = make.order("1", {"MUG": 3})
    mug = line(order, "MUG").pk
    do("fulfil", order_id=order.pk, lines=[{"line_id": mug, "units": 2}])
    with pytest.raises(Refused):
        do("edit_lines", order_id=order.pk, lines=[{"line_id": mug, "units": 1}])
    assert line(order, "MUG").units == 3


def test_cancelling_serves_who_waits():
    first, second = make.order("1", {"HAT": 1}), make.order("2", {"HAT": 1})
    do("cancel", order_ids=[first.pk], cancel_reason="fraud")
    assert fresh(second).short_units == 0
    cancelled = fresh(first)
    assert (cancelled.fulfilment, cancelled.cancel_reason, cancelled.total) == ("cancelled", "fraud", Decimal(10))
    with pytest.raises(Refused):
        do("cancel", order_ids=[first.pk])


def test_a_partial_cancellation_takes_its_share_of_the_discount():
    order = make.order("1", {"MUG": 3, "HAT": 1}, discount="10")
    do("cancel_lines", order_id=order.pk, lines=[{"line_id": line(order, "MUG").pk, "units": 1}])
    after = fresh(order)
    assert (after.subtotal, after.discount, after.total) == (Decimal(30), Decimal("7.50"), Decimal("22.50"))
    assert committed("MUG") == 2


def test_cancelling_frees_what_was_short_before_what_was_promised():
    order = make.order("1", {"MUG": 8})
    do("cancel_lines", order_id=order.pk, lines=[{"line_id": line(order, "MUG").pk, "units": 3}])
    assert (fresh(order).short_units, committed("MUG")) == (0, 5)


def test_holds_are_typed_and_undone():
    one, two = make.order("1", {"MUG": 1}), make.order("2", {"MUG": 1})
    held = do("hold", order_ids=[one.pk, two.pk], reason="incorrect_address")
    do("hold", order_ids=[one.pk], reason="high_risk_of_fraud")
    assert (fresh(one).holds, fresh(two).holds) == (2, 1)
    with pytest.raises(Refused):
        do("fulfil", order_id=one.pk)
    undo(held.call_id, actor=SYSTEM)
    assert (fresh(one).holds, fresh(two).holds) == (1, 0)
    assert committed("MUG") == 2


def test_a_release_is_undone_too():
    order = make.order("1", {"MUG": 1})
    do("hold", order_ids=[order.pk], reason="other")
    released = do("release_hold", order_ids=[order.pk])
    assert fresh(order).holds == 0
    undo(released.call_id, actor=SYSTEM)
    assert fresh(order).holds == 1


def test_goods_leave_in_parts_and_come_back():
    order = make.order("1", {"MUG": 2, "HAT": 1})
    mug = line(order, "MUG").pk
    do("fulfil", order_id=order.pk, lines=[{"line_id": mug, "units": 1}], tracking_number="3S1", carrier="PostNL")
    assert fresh(order).fulfilment == "partial"
    do("fulfil", order_id=order.pk)
    assert fresh(order).fulfilment == "fulfilled"
    do(
        "take_back", order_id=order.pk, location_id=main(),
        lines=[{"line_id": mug, "units": 2, "condition": "damaged"}],
    )  # fmt: skip
    assert fresh(order).returned == "partial"
    sent = [entry.data for entry in timeline("order", order.pk) if entry.kind == "order.fulfilled"]
    assert sent[-1]["tracking_number"] == "3S1"


def test_refuses_to_send_what_nobody_promised():
    order = make.order("1", {"HAT": 2})
    with pytest.raises(StockwrightError):
        do("fulfil", order_id=order.pk, lines=[{"line_id": line(order, "HAT").pk, "units": 2}])
    assert (line(order, "HAT").fulfilled, fresh(order).short_units) == (0, 1)


def test_refuses_to_take_back_more_than_was_sent():
    order = make.order("1", {"MUG": 2})
    with pytest.raises(StockwrightError):
        do("take_back", order_id=order.pk, location_id=main(), lines=[{"line_id": line(order, "MUG").pk, "units": 1}])
    assert fresh(order).returned == "none"


def test_payments_and_refunds_move_the_state():
    order = make.order("1", {"MUG": 2})
    states = [do("record_payment", order_id=order.pk, amount=a).result.payment for a in ("5", "15")]
    states += [do("record_refund", order_id=order.pk, amount=a).result.payment for a in ("4", "16")]
    assert states == ["partially_paid", "paid", "partially_refunded", "refunded"]
    with pytest.raises(StockwrightError):
        do("record_refund", order_id=order.pk, amount="1")


def test_refuses_money_that_is_no_coin():
    order = make.order("1", {"MUG": 2}, currency="JPY")
    with pytest.raises(StockwrightError):
        do("record_payment", order_id=order.pk, amount="0.5")
    assert fresh(order).paid == 0


def test_tag_and_note_are_undone():
    one, two = make.order("1", {"MUG": 1}, tags=["vip"]), make.order("2", {"MUG": 1})
    tagged = do("tag", order_ids=[one.pk, two.pk], tag="vip")
    noted = do("note", order_id=one.pk, note="call first")
    undo(tagged.call_id, actor=SYSTEM)
    undo(noted.call_id, actor=SYSTEM)
    assert (fresh(one).tags, fresh(two).tags, fresh(one).note) == (["vip"], [], "")


def test_an_address_is_changed_until_the_goods_have_left():
    order = make.order("1", {"MUG": 1}, shipping_address={"city": "Delft", "country": "NL"})
    changed = do("change_address", order_id=order.pk, address={"city": "Gent", "country": "BE"})
    assert (fresh(order).shipping_address["city"], fresh(order).country) == ("Gent", "BE")
    undo(changed.call_id, actor=SYSTEM)
    assert fresh(order).shipping_address == {"city": "Delft", "country": "NL"}
    do("fulfil", order_id=order.pk)
    with pytest.raises(StockwrightError):
        do("change_address", order_id=order.pk, address={"city": "Gent"})


def test_orders_promised_for_one_moment_go_back_each_to_its_own():
    orders = [make.order(number, {"HAT": 1}) for number in ("1", "2")]
    for order, day in zip(orders, (1, 2), strict=True):
        do("set_ship_by", order_ids=[order.pk], ship_by=datetime(2026, 3, day, tzinfo=UTC).isoformat())
    ids = [order.pk for order in orders]
    both = perform(
        "orders.set_ship_by", {"order_ids": ids, "ship_by": datetime(2026, 3, 9, tzinfo=UTC).isoformat()}, actor=SYSTEM
    )
    undo(both.call_id, actor=SYSTEM)
    assert [fresh(order).ship_by for order in orders] == [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2)]
    again = perform(
        "orders.set_ship_by", {"order_ids": ids, "ship_by": datetime(2026, 3, 9, tzinfo=UTC).isoformat()}, actor=SYSTEM
    )
    do("set_ship_by", order_ids=ids[:1], ship_by=datetime(2026, 3, 5, tzinfo=UTC).isoformat())
    with pytest.raises(ChangedSince):
        undo(again.call_id, actor=SYSTEM)
    assert [fresh(order).ship_by for order in orders] == [datetime(2026, 3, day, tzinfo=UTC) for day in (5, 9)]


def test_another_promise_changes_the_place_in_the_queue():
    make.order("0", {"HAT": 1})
    first, second = make.order("1", {"HAT": 1}), make.order("2", {"HAT": 1})
    do("set_ship_by", order_ids=[second.pk], ship_by=datetime(2026, 3, 1, tzinfo=UTC).isoformat())
    do("cancel", order_ids=[Order.objects.get(number="0").pk])
    assert (fresh(first).short_units, fresh(second).short_units) == (1, 0)


def test_history_is_only_looked_at():
    order = make.order("1", {"MUG": 1}, is_history=True)
    for verb, given in (("cancel", {"order_ids": [order.pk]}), ("fulfil", {"order_id": order.pk})):
        with pytest.raises(StockwrightError):
            do(verb, **given)
    assert fresh(order).fulfilment == "fulfilled"


def test_an_order_edited_to_nothing_is_cancelled_and_comes_to_nothing():
    order = make.order("1", {"MUG": 2}, discount="2")
    mug = line(order, "MUG").pk
    do("edit_lines", order_id=order.pk, lines=[{"line_id": mug, "units": 0}])
    empty = fresh(order)
    assert (empty.fulfilment, empty.total, empty.discount) == ("cancelled", Decimal(0), Decimal(0))
    assert empty.cancelled_at is not None
    do("edit_lines", order_id=order.pk, lines=[{"line_id": mug, "units": 1}])
    assert (fresh(order).fulfilment, fresh(order).total) == ("open", Decimal(10))


def test_a_partial_cancellation_takes_its_share_of_a_tax_told_for_the_whole_order():
    order = make.order("1", {"MUG": 4}, tax="8.40", total="48.40")
    do("cancel_lines", order_id=order.pk, lines=[{"line_id": line(order, "MUG").pk, "units": 1}])
    after = fresh(order)
    assert (after.subtotal, after.tax, after.total) == (Decimal(30), Decimal("6.30"), Decimal("36.30"))


def test_goods_that_a_channel_told_back_first_are_put_on_stock_by_who_receives_them():
    order = make.order("1", {"MUG": 2})
    do("fulfil", order_id=order.pk)
    back = {"sku": "MUG", "units": 2, "unit_price": "10", "fulfilled": 2, "returned": 2}
    make.place(make.draft("1", [back]))
    mug = line(order, "MUG").pk
    do("take_back", order_id=order.pk, location_id=main(), lines=[{"line_id": mug, "units": 2}])
    assert (line(order, "MUG").returned, line(order, "MUG").received) == (2, 2)
    assert fetch("SELECT sum(on_hand) FROM stock_level")[0][0] == 6
    with pytest.raises(StockwrightError):
        do("take_back", order_id=order.pk, location_id=main(), lines=[{"line_id": mug, "units": 1}])


@pytest.mark.parametrize("kind", ["customer", "supplier", None])
def test_refuses_to_take_goods_back_to_where_no_stock_lies(kind: str | None):
    order = make.order("1", {"MUG": 1})
    do("fulfil", order_id=order.pk)
    place = fetch("SELECT id FROM stock_location WHERE kind = %s", (kind,))[0][0] if kind else 10**9
    with pytest.raises(StockwrightError):
        do("take_back", order_id=order.pk, location_id=place, lines=[{"line_id": line(order, "MUG").pk, "units": 1}])
    assert fresh(order).returned == "none"


def custom(title: str = "Engraving") -> dict[str, Any]:
    return {"title": title, "units": 1, "unit_price": "3"}


def test_a_custom_item_leaves_with_the_other_goods_and_waits_with_them():
    order = make.order("1", [{"sku": "MUG", "units": 1, "unit_price": "10"}, custom()])
    alone = make.order("2", [custom()])
    waiting = make.order("3", [{"sku": "MUG", "units": 9, "unit_price": "10"}, custom()])
    assert (order.unmapped_lines, order.short_units) == (0, 0)
    for each in (order, alone):
        do("fulfil", order_id=each.pk)
        assert fresh(each).fulfilment == "fulfilled"
    make.order("4", {"HAT": 1})
    starved = make.order("5", [{"sku": "HAT", "units": 1, "unit_price": "10"}, custom()])
    with pytest.raises(Refused):
        do("fulfil", order_id=starved.pk)
    do("fulfil", order_id=waiting.pk)
    assert fresh(waiting).fulfilment == "partial"


def test_people_say_what_a_line_is():
    order = make.order("1", [custom("Mug"), {"sku": "MUGG", "units": 2, "unit_price": "10"}])
    assert order.unmapped_lines == 1
    variant = fetch("SELECT id FROM catalog_variant WHERE sku = 'MUG'")[0][0]
    for each in order.lines.all():
        do("map_line", order_id=order.pk, line_id=each.pk, variant_id=variant)
    assert (fresh(order).unmapped_lines, committed("MUG")) == (0, 3)
    with pytest.raises(Refused):
        do("map_line", order_id=order.pk, line_id=line(order, "MUGG").pk, variant_id=variant)
    make.place(make.draft("1", [custom("Mug"), {"sku": "MUGG", "units": 3, "unit_price": "10"}]))
    assert (order.lines.count(), committed("MUG")) == (2, 4)


def test_what_is_to_be_refunded_after_cancelling_is_said_and_the_dialog_is_filled_in_with_it():
    order = make.order("1", {"MUG": 4, "HAT": 1}, payments=[{"amount": "50"}])
    mug = {"line_id": line(order, "MUG").pk, "units": 3}
    tried = perform("orders.cancel_lines", {"order_id": order.pk, "lines": [mug]}, actor=SYSTEM, dry_run=True)
    assert any("€30.00 to refund" in said for said in map(str, fact_lines(tried.facts)))
    do("cancel_lines", order_id=order.pk, lines=[mug])
    assert (refund_of(fresh(order)), [kept.total for kept in lines_of(fresh(order))]) == (
        Decimal(30),
        [Decimal(10), Decimal(10)],
    )
    assert [word for word, _ in money_badges(fresh(order))] == ["paid", "to refund"]
    assert owed_back({"order_id": str(order.pk)}) == {"amount": "30.00"}
    do("cancel", order_ids=[order.pk])
    assert (refund_of(fresh(order)), [kept.total for kept in lines_of(fresh(order))]) == (
        Decimal(50),
        [Decimal(0), Decimal(0)],
    )
    do("record_refund", order_id=order.pk, amount="50")
    assert refund_of(fresh(order)) == 0
    assert due({"order_id": str(order.pk)}) == {}


def test_rows_without_units_are_not_cancelled_and_nothing_but_such_rows_is_refused():
    order = make.order("1", {"MUG": 2, "HAT": 1})
    rows = [{"line_id": line(order, "MUG").pk, "units": 0}, {"line_id": line(order, "HAT").pk}]
    with pytest.raises(NothingToDo):
        do("cancel_lines", order_id=order.pk, lines=rows)
    do("cancel_lines", order_id=order.pk, lines=[{**rows[0], "units": 1}, rows[1]])
    assert (line(order, "MUG").cancelled, line(order, "HAT").cancelled) == (1, 0)
    asked = _filled_in(fresh(order), lines_of(fresh(order)))["cancel_lines"]
    assert "lines.1.units=0" in asked
    assert "units=1" not in asked


def test_refuses_to_edit_what_is_cancelled_and_edits_that_change_nothing():
    order = make.order("1", {"MUG": 2})
    row = {"line_id": line(order, "MUG").pk, "units": 2}
    do("fulfil", order_id=order.pk)
    with pytest.raises(NothingToDo):
        do("edit_lines", order_id=order.pk, lines=[row])
    ended = make.order("2", {"HAT": 1})
    do("cancel", order_ids=[ended.pk])
    with pytest.raises(OrderIsCancelled, match="2 is cancelled"):
        do("edit_lines", order_id=ended.pk, lines=[{"line_id": line(ended, "HAT").pk, "units": 2}])


def told(order: Order) -> list[str]:
    return [entry.words for entry in read_timeline("order", order.pk)]


def test_an_orders_timeline_says_what_this_order_got_and_names_no_other():
    first, second = make.order("1", {"MUG": 5}), make.order("2", {"MUG": 5})
    do("cancel_lines", order_id=first.pk, lines=[{"line_id": line(first, "MUG").pk, "units": 3}])
    assert told(second)[0] == "3 units promised to it that it was short of"
    assert not any("decided anew" in words for words in told(second))
    (place, variant) = fetch("SELECT location_id, variant_id FROM stock_level WHERE on_hand = 5")[0]
    perform("stock.adjust", {"variant_id": variant, "location_id": place, "change": -2}, actor=SYSTEM)
    assert told(second)[0] == "2 units short that had been promised to it"


def test_a_credit_note_is_called_one():
    order = make.order("C1", [{"kind": "fee", "units": 1, "unit_price": "-12"}], is_history=True)
    assert [word for word, _ in (*fulfilment_badges(order), *money_badges(order))] == ["credit note", "credited"]
    assert (order.total, refund_of(order)) == (Decimal(-12), Decimal(0))
