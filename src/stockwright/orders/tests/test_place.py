from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.errors import Invalid
from stockwright.kit.journal import timeline
from stockwright.kit.models import InboxMessage
from stockwright.kit.people import SYSTEM
from stockwright.orders.actions import What
from stockwright.orders.jobs import map_known
from stockwright.orders.models import Customer, Order, OrderLine, PaymentEntry
from stockwright.orders.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    make.channel()
    make.variant("MUG", 5)
    make.variant("HAT", 1)


def test_a_new_order_is_stored_promised_and_journalled():
    order = make.order("1001", {"MUG": 2, "HAT": 1}, customer={"email": "Ann@x.nl", "name": "Ann"})
    assert (order.total, order.payment, order.fulfilment, order.short_units) == (Decimal(30), "pending", "open", 0)
    assert order.ship_by is not None
    assert order.customer == Customer.objects.get(email="Ann@x.nl")
    assert {entry.kind for entry in timeline("order", order.pk)} == {"order.placed", "stock.committed"}


def test_what_cannot_be_promised_is_short():
    (first, second) = make.place(make.draft("1", {"HAT": 1}), make.draft("2", {"HAT": 3}))
    assert (first.short_units, second.short_units) == (0, 3)
    assert Order.objects.get(pk=second.order_id).short_units == 3


def test_the_same_again_changes_nothing():
    make.order("1", {"MUG": 2})
    (again,) = make.place(make.draft("1", {"MUG": 2}))
    assert again.what is What.UNCHANGED
    assert OrderLine.objects.count() == 1


def test_an_older_version_is_superseded():
    make.order("1", {"MUG": 2}, version="2026-01-02")
    (old,) = make.place(make.draft("1", {"MUG": 5}, version="2026-01-01"))
    assert old.what is What.SUPERSEDED
    assert OrderLine.objects.get().units == 2


def test_the_newest_of_one_batch_counts():
    first, second = make.place(
        make.draft("1", {"MUG": 2}, version="2026-01-02"), make.draft("1", {"MUG": 5}, version="2026-01-01")
    )
    assert (first.what, second.what) == (What.PLACED, What.SUPERSEDED)
    assert second.order_id == first.order_id


def test_a_channels_edit_decides_again():
    make.order("1", {"MUG": 2})
    (edited,) = make.place(make.draft("1", {"MUG": 7, "HAT": 1}))
    assert (edited.what, edited.short_units) == (What.UPDATED, 2)
    order = Order.objects.get()
    assert (order.short_units, order.total) == (2, Decimal(80))


def test_a_channels_cancellation_frees_units_for_those_who_wait():
    make.order("1", {"HAT": 1})
    waiting = make.order("2", {"HAT": 1})
    make.place(make.draft("1", {"HAT": 1}, cancelled_at="2026-03-02T10:00:00Z", cancel_reason="customer"))
    waiting.refresh_from_db()
    cancelled = Order.objects.get(number="1")
    assert waiting.short_units == 0
    assert (cancelled.fulfilment, cancelled.cancel_reason, cancelled.total) == ("cancelled", "customer", Decimal(10))


def test_what_a_channel_sent_leaves_the_ledger_and_what_was_never_promised_stops_waiting():
    make.order("1", {"HAT": 3})
    line = {"sku": "HAT", "units": 3, "unit_price": "10", "fulfilled": 3}
    make.place(make.draft("1", [line]))
    order = Order.objects.get()
    assert (order.fulfilment, order.short_units) == ("fulfilled", 0)
    assert "order.sent_unpromised" in {entry.kind for entry in timeline("order", order.pk)}


def test_an_unknown_sku_waits_for_the_catalogue():
    order = make.order("1", {"NEW": 2})
    assert (order.unmapped_lines, order.short_units) == (1, 0)


def test_history_commits_nothing_and_is_done():
    order = make.order("1", {"MUG": 9}, is_history=True)
    assert (order.fulfilment, order.ship_by, order.short_units) == ("fulfilled", None, 0)


def test_totals_with_tax_shipping_and_discounts():
    lines = [{"sku": "MUG", "units": 2, "unit_price": "10", "discount": "1", "tax": "3.99"}]
    order = make.order("1", lines, shipping="4.95", discount="2", payments=[{"amount": "25.94"}])
    assert (order.subtotal, order.tax, order.total, order.payment) == (
        Decimal(19), Decimal("3.99"), Decimal("25.94"), "paid",
    )  # fmt: skip


def test_several_currencies_add_up_in_the_shops():
    order = make.order("1", {"MUG": 2}, currency="USD", rate="0.91234")
    assert (order.total, order.total_shop) == (Decimal(20), Decimal("18.25"))


def test_refuses_an_unknown_channel_and_changes_nothing():
    with pytest.raises(Invalid):
        make.place(make.draft("1", {"MUG": 1}), {**make.draft("2", {"MUG": 1}), "channel": "nowhere"})
    assert Order.objects.count() == 0


def test_bad_messages_are_quarantined_and_the_others_go_on():
    make.deliver(
        make.draft("1", {"MUG": 1}),
        {**make.draft("2"), "placed_at": "yesterday"},
        make.draft("3", [{"sku": "MUG", "units": 1, "cancelled": 2}]),
        {**make.draft("4", {"MUG": 1}), "channel": "nowhere"},
        make.draft("5", {"HAT": 1}),
    )
    rows = list(InboxMessage.objects.order_by("id").values_list("state", "reason"))
    assert [state for state, _ in rows] == ["applied", "quarantined", "quarantined", "quarantined", "applied"]
    assert "placed_at" in rows[1][1]
    assert set(Order.objects.values_list("number", flat=True)) == {"1", "5"}


def test_a_word_that_is_no_currency_is_told_plainly():
    make.deliver({**make.draft("1", {"MUG": 1}), "currency": "euro"})
    said = InboxMessage.objects.get().reason
    assert said == "currency: not a currency: three capital letters, such as EUR"


def test_without_versions_the_later_message_counts():
    make.deliver(make.draft("1", {"MUG": 1}))
    make.deliver(make.draft("1", {"MUG": 3}))
    assert OrderLine.objects.get().units == 3


def test_a_customer_without_address_is_known_by_the_channels_name():
    make.order("1", {"MUG": 1}, customer={"external_id": "17850"})
    make.order("2", {"MUG": 1}, customer={"external_id": "17850", "name": "Bo"})
    assert Customer.objects.get().name == "Bo"


def test_holds_come_and_go_with_the_channel():
    order = make.order("1", {"MUG": 1}, holds=[{"reason": "high_risk_of_fraud"}])
    assert order.holds == 1
    make.place(make.draft("1", {"MUG": 1}))
    order.refresh_from_db()
    assert order.holds == 0


def test_a_sku_that_becomes_known_is_decided_then():
    order = make.order("1", {"NEW": 2, "MUG": 1})
    past = make.order("2", {"NEW": 4}, is_history=True)
    given = {"products": [{"handle": "new", "title": "New", "variants": [{"sku": "NEW", "cost": "3"}]}]}
    perform("catalog.save_products", given, actor=SYSTEM)
    for each, short in ((order, 2), (past, 0)):
        each.refresh_from_db()
        assert (each.unmapped_lines, each.short_units) == (0, short)
    assert set(OrderLine.objects.filter(sku="NEW").values_list("unit_cost", flat=True)) == {Decimal(3)}


def test_goods_that_go_missing_are_short_on_the_youngest_promise():
    first, second = make.order("1", {"MUG": 3}), make.order("2", {"MUG": 2})
    (location, variant) = fetch("SELECT location_id, variant_id FROM stock_level WHERE on_hand = 5")[0]
    given = {"variant_id": variant, "location_id": location, "change": -2}
    perform("stock.adjust", given, actor=SYSTEM)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.short_units, second.short_units) == (0, 2)


def test_a_line_raised_and_sent_in_one_telling_leaves_and_nothing_of_it_waits():
    make.order("1", {"MUG": 2})
    make.place(make.draft("1", [{"sku": "MUG", "units": 3, "unit_price": "10", "fulfilled": 3}]))
    order = Order.objects.get()
    assert (order.fulfilment, order.short_units) == ("fulfilled", 0)
    assert fetch("SELECT committed, on_hand FROM stock_level WHERE on_hand <> 1") == [(0, 3)]


def test_a_short_line_raised_and_sent_in_part_keeps_waiting_for_the_rest():
    make.order("1", {"HAT": 2})
    make.place(make.draft("1", [{"sku": "HAT", "units": 5, "unit_price": "10", "fulfilled": 3}]))
    order = Order.objects.get()
    assert (order.fulfilment, order.short_units) == ("partial", 2)


def test_a_line_told_with_no_units_cancels_the_order():
    order = make.order("1", {"MUG": 2})
    make.place(make.draft("1", {"MUG": 0}))
    order.refresh_from_db()
    assert (order.fulfilment, order.total) == ("cancelled", Decimal(0))


def test_what_was_cancelled_here_stays_out_of_the_totals_that_a_channel_tells_later():
    order = make.order("1", {"MUG": 4}, discount="8", tax="6.40")
    mug = order.lines.get().pk
    given = {"order_id": order.pk, "lines": [{"line_id": mug, "units": 1}]}
    perform("orders.cancel_lines", given, actor=SYSTEM)
    make.place(make.draft("1", {"MUG": 4}, discount="8", tax="6.40", total="38.40", note="call first"))
    order.refresh_from_db()
    assert (order.subtotal, order.discount, order.tax, order.total) == (
        Decimal(30), Decimal(6), Decimal("4.80"), Decimal("28.80"),
    )  # fmt: skip


def test_an_order_cancelled_here_keeps_what_it_came_to_when_its_channel_tells_it_again():
    order = make.order("1", {"MUG": 2}, discount="2", shipping="5")
    perform("orders.cancel", {"order_ids": [order.pk]}, actor=SYSTEM)
    make.place(make.draft("1", {"MUG": 2}, discount="2", shipping="5", note="call first"))
    order.refresh_from_db()
    assert (order.fulfilment, order.total) == ("cancelled", Decimal(23))


def test_refuses_an_order_told_in_another_currency_than_it_was_placed_in():
    make.deliver(make.draft("1", {"MUG": 2}))
    make.deliver(make.draft("1", {"MUG": 3}, currency="GBP"))
    assert list(InboxMessage.objects.order_by("id").values_list("state", flat=True)) == ["applied", "quarantined"]
    assert (Order.objects.get().currency, OrderLine.objects.get().units) == ("EUR", 2)


def entries(order: Order) -> list[tuple[str, int]]:
    rows = PaymentEntry.objects.filter(order=order).order_by("id").values_list("kind", "amount")
    return [(kind, int(amount)) for kind, amount in rows]


def test_a_sum_of_refunds_that_grows_is_entered_by_what_it_grew():
    order = make.order("1", {"MUG": 2}, payments=[{"amount": "20"}])
    for refunded in ("5", "12"):
        back = {"kind": "refund", "amount": refunded}
        make.place(make.draft("1", {"MUG": 2}, payments=[{"amount": "20"}, back]))
    order.refresh_from_db()
    assert entries(order) == [("payment", 20), ("refund", 5), ("refund", 7)]
    assert (order.paid, order.refunded) == (Decimal(20), Decimal(12))


def test_payments_told_one_by_one_are_entered_one_by_one_and_once():
    paid = [{"amount": "5", "reference": "a"}]
    order = make.order("1", {"MUG": 2}, payments=paid)
    for reference, amount in (("b", "5"), ("c", "10")):
        paid.append({"amount": amount, "reference": reference})
        make.place(make.draft("1", {"MUG": 2}, payments=paid))
    assert entries(order) == [("payment", 5), ("payment", 5), ("payment", 10)]


def test_a_payment_recorded_here_is_not_entered_again_when_its_channel_tells_it():
    order = make.order("1", {"MUG": 2})
    perform("orders.record_payment", {"order_id": order.pk, "amount": "20"}, actor=SYSTEM)
    make.place(make.draft("1", {"MUG": 2}, payments=[{"amount": "20", "reference": "a"}]))
    assert entries(order) == [("payment", 20)]


def test_a_hold_told_twice_counts_once_and_ends_with_the_order():
    twice = [{"reason": "other"}, {"reason": "other"}]
    order = make.order("1", {"MUG": 1}, holds=twice)
    assert (order.holds, order.hold_rows.count()) == (1, 1)
    perform("orders.hold", {"order_ids": [order.pk], "reason": "incorrect_address"}, actor=SYSTEM)
    perform("orders.cancel", {"order_ids": [order.pk]}, actor=SYSTEM)
    make.place(make.draft("1", {"MUG": 1}, holds=twice, note="call first"))
    order.refresh_from_db()
    assert (order.holds, order.hold_rows.filter(released_at=None).count(), order.hold_rows.count()) == (0, 0, 2)


def test_what_is_done_when_it_is_placed_is_not_held():
    lines = [{"sku": "MUG", "units": 1, "unit_price": "10", "fulfilled": 1}]
    order = make.order("1", lines, holds=[{"reason": "other"}])
    assert (order.fulfilment, order.holds, order.hold_rows.count()) == ("fulfilled", 0, 0)


def test_goods_left_when_their_channel_says_they_left():
    order = make.order("1", {"MUG": 1})
    left = datetime(2026, 3, 3, 12, tzinfo=UTC)
    lines = [{"sku": "MUG", "units": 1, "unit_price": "10", "fulfilled": 1}]
    make.place(make.draft("1", lines, fulfilled_at=left.isoformat()))
    order.refresh_from_db()
    assert (order.fulfilled_at, order.lines.get().fulfilled_at) == (left, left)
    told = {e.kind: e.occurred_at for e in timeline("order", order.pk)}
    assert (told["order.fulfilled"], told["order.fulfilment_changed"]) == (left, left)


def renamed(old: str, new: str) -> None:
    variant = fetch("SELECT id FROM catalog_variant WHERE sku = %s", (old,))[0][0]
    perform("catalog.change_variant", {"variant_id": variant, "sku": new}, actor=SYSTEM)


@pytest.mark.parametrize("told", ["MUG", "CUP"])
def test_a_renamed_sku_is_the_same_line_by_either_name(told: str):
    order = make.order("1", {"MUG": 2})
    renamed("MUG", "CUP")
    make.place(make.draft("1", {told: 3}))
    line = order.lines.get()
    assert (line.units, line.cancelled, line.variant_id is not None) == (3, 0, True)


def test_a_line_of_a_renamed_variant_is_not_taken_for_the_new_bearer_of_its_name():
    order = make.order("1", {"MUG": 2, "HAT": 1})
    renamed("HAT", "CAP")
    renamed("MUG", "HAT")
    make.place(make.draft("1", {"HAT": 2, "CAP": 1}, note="call first"))
    assert list(order.lines.order_by("position").values_list("sku", "units", "cancelled")) == [
        ("MUG", 2, 0), ("HAT", 1, 0),
    ]  # fmt: skip


def test_a_sku_that_a_variant_gets_by_renaming_is_decided_then():
    order = make.order("1", {"NEW": 2})
    renamed("MUG", "NEW")
    order.refresh_from_db()
    assert (order.unmapped_lines, order.lines.get().variant_id is not None) == (0, True)


def test_a_sku_that_came_in_the_same_moment_as_its_order_is_mapped_by_the_next_round():
    order = make.order("1", {"NEW": 2})
    make.variant("NEW", 2)
    map_known(0)
    order.refresh_from_db()
    assert (order.unmapped_lines, order.short_units) == (0, 0)
    assert fetch("SELECT sum(units) FROM stock_commitment")[0][0] == 2


def test_a_cancelled_order_of_which_some_had_left_comes_to_what_left_however_it_is_told():
    line = {"sku": "MUG", "units": 4, "unit_price": "10", "fulfilled": 1}
    told = {"cancelled_at": "2026-03-03T09:00:00Z", "discount": "8", "tax": "6.40", "total": "38.40"}
    at_once = make.order("1", [line], **told)
    later = make.order("2", [{**line, "fulfilled": 0}], discount="8", tax="6.40", total="38.40")
    make.place(make.draft("2", [line], **told))
    later.refresh_from_db()
    for order in (at_once, later):
        assert (order.fulfilment, order.subtotal, order.total) == ("fulfilled", Decimal(10), Decimal("9.60"))
