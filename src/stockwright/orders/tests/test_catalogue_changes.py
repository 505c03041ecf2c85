"""What a change in the catalogue does to orders that are open: they can always go on."""

from __future__ import annotations

from typing import Any

import pytest

from stockwright.catalog.models import KitComponent, Variant
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.journal import timeline
from stockwright.kit.people import SYSTEM
from stockwright.orders.models import Order, OrderLine
from stockwright.orders.tests import make
from stockwright.stock.errors import NotEnough

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    make.channel()
    make.variant("MUG", 5)
    make.variant("WRAP", 2, stocked=False)


def change(sku: str, **columns: Any) -> None:
    variant_id = Variant.objects.get(sku=sku).pk
    perform("catalog.change_variant", {"variant_id": variant_id, **columns}, actor=SYSTEM)


def import_(sku: str, **columns: Any) -> None:
    product = {"handle": sku.lower(), "variants": [{"sku": sku, **columns}]}
    perform("catalog.save_products", {"products": [product]}, actor=SYSTEM)


BOTH_WAYS = pytest.mark.parametrize("told", [change, import_], ids=["by hand", "by import"])


def level(sku: str) -> tuple[int, int]:
    """What is on hand of it, and promised."""
    statement = (
        "SELECT on_hand, committed FROM stock_level l JOIN catalog_variant v ON v.id = variant_id WHERE sku = %s"
    )
    ((on_hand, committed),) = fetch(statement, (sku,))
    return on_hand, committed


def promised() -> list[tuple[int, str, int]]:
    """Line, SKU and units of each promise."""
    return fetch(
        "SELECT c.line_id, v.sku, c.units FROM stock_commitment c JOIN stock_level l ON l.id = c.level_id"
        " JOIN catalog_variant v ON v.id = l.variant_id ORDER BY 2, 1"
    )


def short() -> list[tuple[int, str, int]]:
    """Order, kind and units of each shortfall."""
    return fetch("SELECT order_id, kind, units FROM stock_shortfall ORDER BY line_id")


def told_of(order: Order) -> set[str]:
    """What its timeline says of its units."""
    return {entry.kind for entry in timeline("order", order.pk)} & {"stock.short", "order.served", "order.robbed"}


def fulfil(order: Order) -> str:
    return str(perform("orders.fulfil", {"order_id": order.pk}, actor=SYSTEM).result.fulfilment)


@BOTH_WAYS
def test_open_orders_are_promised_what_is_counted_from_now_on(told: Any):
    first, second = make.order("1", {"WRAP": 2, "MUG": 1}), make.order("2", {"WRAP": 1})
    told("WRAP", stocked=True)
    assert list(Order.objects.order_by("id").values_list("short_units", flat=True)) == [0, 1]
    assert fulfil(first) == "fulfilled"
    assert level("WRAP")[0] == 0
    assert [order_id for order_id, _, _ in short()] == [second.pk]
    # Nothing had been promised to it before.
    assert told_of(second) == {"stock.short"}


@BOTH_WAYS
def test_what_is_not_counted_any_more_is_neither_promised_nor_waited_for(told: Any):
    order = make.order("1", {"MUG": 8})
    told("MUG", stocked=False)
    assert (promised(), short()) == ([], [])
    assert level("MUG")[1] == 0
    assert Order.objects.get().short_units == 0
    assert "order.served" not in told_of(order)
    assert fulfil(order) == "fulfilled"


def test_a_kit_whose_component_is_counted_from_now_on_asks_for_all_its_parts():
    kit = make.variant("SET", is_kit=True)
    for sku in ("MUG", "WRAP"):
        KitComponent.objects.create(kit=kit, component=Variant.objects.get(sku=sku), units=1)
    order = make.order("1", {"SET": 2})
    change("WRAP", stocked=True)
    assert [(sku, units) for _, sku, units in promised()] == [("MUG", 2), ("WRAP", 2)]
    assert fulfil(order) == "fulfilled"


def test_what_has_left_before_it_was_counted_is_not_asked_for():
    order = make.order("1", {"WRAP": 2, "MUG": 1})
    wrap = OrderLine.objects.get(sku="WRAP").pk
    perform("orders.fulfil", {"order_id": order.pk, "lines": [{"line_id": wrap, "units": 1}]}, actor=SYSTEM)
    change("WRAP", stocked=True)
    assert [units for line, _, units in promised() if line == wrap] == [1]
    assert fulfil(order) == "fulfilled"


def test_more_units_of_a_kit_whose_recipe_changed_leave_nothing_behind():
    kit = make.variant("SET", is_kit=True)
    mug = Variant.objects.get(sku="MUG")
    KitComponent.objects.create(kit=kit, component=mug, units=1)
    order = make.order("1", {"SET": 1})
    perform(
        "catalog.set_kit", {"variant_id": kit.pk, "components": [{"component_id": mug.pk, "units": 2}]}, actor=SYSTEM
    )
    line = OrderLine.objects.get().pk
    perform("orders.edit_lines", {"order_id": order.pk, "lines": [{"line_id": line, "units": 2}]}, actor=SYSTEM)
    assert fulfil(order) == "fulfilled"
    assert level("MUG") == (1, 0)


def test_refuses_to_add_by_hand_what_has_run_out_and_is_not_sold_on_backorder():
    order = make.order("1", {"MUG": 4})
    line = OrderLine.objects.get().pk
    edit = {"order_id": order.pk, "lines": [{"line_id": line, "units": 6}]}
    for dry_run in (True, False):
        with pytest.raises(NotEnough, match="MUG"):
            perform("orders.edit_lines", edit, actor=SYSTEM, dry_run=dry_run)
    assert OrderLine.objects.get().units == 4
    change("MUG", backorder="continue")
    perform("orders.edit_lines", edit, actor=SYSTEM)
    assert [kind for _, kind, _ in short()] == ["backordered"]


def test_an_order_that_a_channel_sold_is_oversold_and_not_refused():
    make.order("1", {"MUG": 6})
    make.order("1", {"MUG": 7}, version="2")
    assert [(kind, units) for _, kind, units in short()] == [("oversold", 2)]
    assert level("MUG")[1] == 5


def test_a_kit_of_services_alone_leaves_without_stock():
    gift = make.variant("GIFT", is_kit=True)
    KitComponent.objects.create(kit=gift, component=Variant.objects.get(sku="WRAP"), units=1)
    order = make.order("1", {"GIFT": 2, "MUG": 1})
    assert order.short_units == 0
    assert fulfil(order) == "fulfilled"


def test_a_kit_leaves_with_what_it_was_promised_when_it_has_become_one_of_services():
    kit = make.variant("SET", is_kit=True)
    mug, wrap = (Variant.objects.get(sku=sku) for sku in ("MUG", "WRAP"))
    KitComponent.objects.create(kit=kit, component=mug, units=1)
    order = make.order("1", {"SET": 2})
    parts = [{"component_id": wrap.pk, "units": 1}]
    perform("catalog.set_kit", {"variant_id": kit.pk, "components": parts}, actor=SYSTEM)
    before = level("MUG")
    assert fulfil(order) == "fulfilled"
    assert level("MUG") == (before[0] - 2, before[1] - 2)
