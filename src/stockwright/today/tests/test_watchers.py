"""Each watcher finds what is planted for it and nothing else, and everything proposed can really be done."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stockwright.catalog.models import Product, Variant
from stockwright.kit.actions import all_actions, perform
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.kit.proposals import Draft, all_watchers, get_watcher
from stockwright.orders.tests import make as orders
from stockwright.stock.actions import Move, post_movements, system_location
from stockwright.stock.tests import make as stock
from stockwright.today.actions.refresh import look
from stockwright.today.rules import rank

pytestmark = pytest.mark.django_db


def seen(kind: str, at: datetime | None = None) -> list[Draft]:
    watcher = get_watcher(kind)
    assert watcher
    return list(watcher.watch(look(at or now(), watcher.limit)).drafts)


def location_id(code: str) -> int:
    found: int = fetch("SELECT id FROM stock_location WHERE code = %s", (code,))[0][0]
    return found


def placed(number: str, lines: dict[str, int], hours: float = 1, **more: Any) -> int:
    """An order whose promise ends in so many hours."""
    due = now() + timedelta(hours=hours)
    return orders.order(number, lines, ship_by=due.isoformat(), **more).pk


@pytest.fixture
def shop() -> None:
    orders.channel()
    orders.variant("A", 1000)
    orders.variant("B", 0)


@pytest.mark.usefixtures("shop")
def test_late_and_soon_late_are_told_apart_and_what_is_in_time_is_not_told():
    late = placed("late", {"A": 1}, hours=-2)
    soon = placed("soon", {"A": 1}, hours=2)
    placed("later", {"A": 1}, hours=30)
    placed("short", {"B": 1}, hours=-2)
    held = placed("held", {"A": 1}, hours=-2)
    perform("orders.hold", {"order_ids": [held], "reason": "other"}, actor=SYSTEM)
    placed("sent", {"A": 1}, hours=-2)
    perform("orders.fulfil", {"order_id": held + 1}, actor=SYSTEM)
    assert [draft.subject for draft in seen("orders.late")] == [("order", late)]
    assert [draft.subject for draft in seen("orders.soon_late")] == [("order", soon)]
    # 8.00 and a tenth of 10.00.
    assert seen("orders.late")[0].value == 9


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("kind", "hours", "words"), [("orders.late", -2, "was due"), ("orders.soon_late", 2, "is due")]
)
def test_of_many_orders_the_dearest_are_sent_and_the_others_told_together_below_them(kind: str, hours: int, words: str):
    ids = [placed(f"n{n}", {"A": n}, hours=hours) for n in range(1, 13)]
    *sends, group = seen(kind)
    assert {draft.action for draft in sends} == {"orders.fulfil"}
    assert [draft.subject[1] for draft in sends] == ids[:3:-1]
    assert group.given["order_ids"] == ids[:4]
    # A place in line is not worth what the orders are.
    assert group.value == 8
    assert words in group.reason

    def rate(draft: Draft) -> Decimal:
        return rank(draft.value, draft.confidence, draft.deadline, now()).per_hour

    assert rate(group) < min(rate(draft) for draft in sends)
    perform(group.action, group.given, actor=SYSTEM)
    assert [(draft.action, draft.group) for draft in seen(kind)[8:]] == [("", "rushed")]


@pytest.mark.usefixtures("shop")
def test_a_hold_is_told_after_the_working_hours_allowed_and_not_before():
    order = placed("1", {"A": 1}, hours=400)
    perform("orders.hold", {"order_ids": [order], "reason": "incorrect_address"}, actor=SYSTEM)
    assert seen("orders.held") == []
    # 24 working hours are nearly three days of nine hours.
    (draft,) = seen("orders.held", now() + timedelta(days=9))
    assert (draft.action, draft.given["order_ids"], draft.confidence) == (
        "orders.release_hold",
        [order],
        Decimal("0.5"),
    )


@pytest.mark.usefixtures("shop")
def test_a_paid_order_held_for_payment_is_surely_to_be_released():
    order = placed("1", {"A": 1}, hours=400, payment="paid")
    perform("orders.hold", {"order_ids": [order], "reason": "awaiting_payment"}, actor=SYSTEM)
    (draft,) = seen("orders.held", now() + timedelta(days=9))
    assert draft.confidence == Decimal("0.9")


@pytest.mark.usefixtures("shop")
def test_a_short_variant_is_brought_from_where_it_lies_free():
    order = placed("1", {"B": 5})
    b = Variant.objects.get(sku="B")
    store = stock.location("store", kind="store", ships_orders=False)
    stock.level(b, store, 3)
    (draft,) = seen("orders.short")
    # Half of what the three units that can be moved were ordered for: a tenner each.
    assert (draft.subject, draft.value) == (("variant", b.pk), Decimal(15))
    assert "Left at STORE: 0" in [f"{line.label}: {line.value}" for line in draft.evidence]
    assert draft.action == "stock.create_transfer"
    assert draft.given["lines"] == [{"variant_id": b.pk, "units": 3}]
    assert [option.action for option in draft.alternatives] == ["orders.cancel_lines"]
    perform(draft.action, draft.given, actor=SYSTEM)
    # What is planned to leave is not free any more.
    assert [d.action for d in seen("orders.short")] == [""]
    assert draft.alternatives[0].given["order_id"] == order


@pytest.mark.usefixtures("shop")
def test_a_late_arrival_moves_the_promise_and_one_in_time_needs_nobody():
    order = placed("1", {"B": 5}, hours=24 * 5)
    b = Variant.objects.get(sku="B")
    main = location_id("main")

    def expect(days: int) -> None:
        on = (now() + timedelta(days=days)).date().isoformat()
        perform("stock.expect", {"variant_id": b.pk, "location_id": main, "units": 5, "expected_on": on}, actor=SYSTEM)

    expect(20)
    (draft,) = seen("orders.short")
    assert (draft.action, draft.given["order_ids"]) == ("orders.set_ship_by", [order])
    expect(2)
    assert seen("orders.short") == []


@pytest.mark.usefixtures("shop")
def test_an_unknown_sku_never_overwrites_the_product_that_had_its_name():
    product = {"handle": "x-x", "title": "Kept", "variants": [{"sku": "Y", "price": "9"}]}
    perform("catalog.save_products", {"products": [product]}, actor=SYSTEM)
    placed("1", {"X": 1})
    (draft,) = seen("orders.unmapped")
    assert (draft.action, draft.given) == ("", {})


@pytest.mark.usefixtures("shop")
def test_an_unknown_sku_is_told_once_with_all_that_waits_for_it():
    placed("1", {"NEW-1": 2})
    placed("2", {"NEW-1": 1, "A": 1})
    (draft,) = seen("orders.unmapped")
    assert "NEW-1" in draft.title
    assert draft.value == 15
    perform(draft.action, draft.given, actor=SYSTEM)
    assert seen("orders.unmapped") == []


def test_a_number_that_differs_from_its_ledger_is_to_be_repaired():
    here = stock.location("main")
    a = stock.variant("A", cost=Decimal(4))
    stock.level(a, here, 10)
    perform("stock.reconcile", {}, actor=SYSTEM)
    assert seen("stock.differences") == []
    execute("UPDATE stock_level SET on_hand = 7")
    perform("stock.reconcile", {}, actor=SYSTEM)
    (draft,) = seen("stock.differences")
    assert (draft.action, draft.value) == ("stock.repair", Decimal(12))
    perform(draft.action, draft.given, actor=SYSTEM)
    assert seen("stock.differences") == []


def test_what_runs_out_before_more_comes_is_told_and_what_lasts_is_not():
    here = stock.location("main")
    fast, slow, saved = (stock.variant(sku, price=Decimal(10)) for sku in ("FAST", "SLOW", "SAVED"))
    for variant, left in ((fast, 10), (slow, 500), (saved, 10)):
        stock.level(variant, here, left + 56)
        post_movements(
            stock.call(now() - timedelta(days=3)),
            [Move(variant.pk, 56, here.pk, system_location("customer"), "shipped")],
        )
    soon = (now() + timedelta(days=3)).date().isoformat()
    given = {"variant_id": saved.pk, "location_id": here.pk, "units": 100, "expected_on": soon}
    perform("stock.expect", given, actor=SYSTEM)
    (draft,) = seen("stock.running_out")
    # Two a day, ten left: out in five days, then fourteen days of two at 10.00, half of it lost.
    assert (draft.subject, draft.value) == (("variant", fast.pk), Decimal(140))
    assert draft.picture is not None
    assert draft.deadline is not None
    assert (draft.deadline.date() - now().date()).days == 5


def test_a_move_is_worth_no_more_than_the_units_it_moves_and_says_what_it_leaves():
    here, store = stock.location("here"), stock.location("store", kind="store", ships_orders=False)
    fast = stock.variant("FAST", price=Decimal(10))
    stock.level(fast, here, 57)
    stock.level(fast, store, 3)
    post_movements(
        stock.call(now() - timedelta(days=3)), [Move(fast.pk, 56, here.pk, system_location("customer"), "shipped")]
    )
    (draft,) = seen("stock.running_out")
    assert (draft.action, draft.given["lines"]) == ("stock.create_transfer", [{"variant_id": fast.pk, "units": 3}])
    # 28 units are lost in fourteen days; the three that are moved are half of 30.00.
    assert draft.value == 15
    assert "this brings 3 of them" in draft.how
    assert ("Left at STORE", "0") in [(line.label, line.value) for line in draft.evidence]
    # One unit at two a day: that is hours, and not late while it is there.
    assert "1 free unit lasts 12 hours at 2.0 a day" in draft.reason
    assert draft.deadline is not None
    assert timedelta(hours=11) < draft.deadline - now() < timedelta(hours=13)


def test_titles_name_the_product_beside_its_sku():
    orders.channel()
    Product.objects.filter(pk=orders.variant("20713").product_id).update(
        title="Jumbo bag owls with a very long name indeed"
    )
    placed("1", {"20713": 2})
    (draft,) = seen("orders.short")
    assert draft.title == "Find 2 × 20713 Jumbo bag owls with a very long…"


def test_what_the_flow_refused_is_to_be_tried_again():
    for number, state in enumerate(("quarantined", "quarantined", "applied", "pending")):
        execute(
            "INSERT INTO kit_inboxmessage (source, topic, dedupe_key, external_id, version, payload, received_at, state,"
            " reason) VALUES ('test', 'order.place', %s, '', '', '{}', now(), %s, 'odd')",
            (str(number), state),
        )
    execute(
        "INSERT INTO kit_outboxeffect (kind, key, payload, lock, created_at, state, error)"
        " VALUES ('mail.send', 'k', '{}', '', now(), 'quarantined', 'no')"
    )
    (message,) = seen("flow.inbox")
    assert (message.action, len(message.given["ids"]), message.value) == ("inbox.replay", 2, Decimal(16))
    (effect,) = seen("flow.outbox")
    assert (effect.action, len(effect.given["ids"])) == ("outbox.replay", 1)


@pytest.mark.usefixtures("shop")
def test_every_action_that_is_proposed_exists_and_takes_its_input():
    for number in range(3):
        placed(f"late{number}", {"A": 1}, hours=-2)
        placed(f"soon{number}", {"A": 1}, hours=2)
    for number in range(10):
        placed(f"rush{number}", {"A": 1}, hours=1)
    held = placed("held", {"A": 1}, hours=-2)
    perform("orders.hold", {"order_ids": [held], "reason": "high_risk_of_fraud"}, actor=SYSTEM)
    placed("short", {"B": 4})
    placed("unknown", {"X": 1})
    b = Variant.objects.get(sku="B")
    stock.level(b, stock.location("store", kind="store", ships_orders=False), 3)
    execute("UPDATE stock_level SET on_hand = on_hand + 1 WHERE variant_id = %s", (b.pk,))
    perform("stock.reconcile", {}, actor=SYSTEM)
    known = {action.name for action in all_actions()}
    tried = 0
    for watcher in all_watchers():
        for at in (now(), now() + timedelta(days=9)):
            for draft in watcher.watch(look(at, watcher.limit)).drafts:
                ways = [(draft.action, draft.given), *((option.action, option.given) for option in draft.alternatives)]
                for name, given in ways:
                    if name:
                        assert name in known
                        perform(name, given, actor=SYSTEM, dry_run=True)
                        tried += 1
    assert tried > 20


@pytest.mark.usefixtures("shop")
def test_a_quiet_shop_has_nothing_to_do():
    placed("1", {"A": 1}, hours=300)
    assert {watcher.kind: seen(watcher.kind) for watcher in all_watchers() if seen(watcher.kind)} == {}
