"""What a change in the catalogue does to orders that are open: they can always go on."""

from __future__ import annotations

from typing import Any

import pytest

from stockwright.catalog.models import KitComponent, Variant
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.people import SYSTEM
from stockwright.orders.models import Order, OrderLine
from stockwright.orders.tests import make
from stockwright.stock.errors import NotEnough
from stockwright.stock.models import Commitment, Level, Shortfall

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


def fulfil(order: Order) -> str:
    return str(perform("orders.fulfil", {"order_id": order.pk}, actor=SYSTEM).result.fulfilment)


@BOTH_WAYS
def test_open_orders_are_promised_what_is_counted_from_now_on(told: Any):
    first, second = make.order("1", {"WRAP": 2, "MUG": 1}), make.order("2", {"WRAP": 1})
    told("WRAP", stocked=True)
    assert list(Order.objects.order_by("id").values_list("short_units", flat=True)) == [0, 1]
    assert fulfil(first) == "fulfilled"
    assert Level.objects.get(variant__sku="WRAP").on_hand == 0
    assert Shortfall.objects.get().order_id == second.pk


@BOTH_WAYS
def test_what_is_not_counted_any_more_is_neither_promised_nor_waited_for(told: Any):
    order = make.order("1", {"MUG": 8})
    told("MUG", stocked=False)
    assert not Commitment.objects.exists()
    assert not Shortfall.objects.exists()
    assert Level.objects.get(variant__sku="MUG").committed == 0
    assert Order.objects.get().short_units == 0
    assert fulfil(order) == "fulfilled"


def test_a_kit_whose_component_is_counted_from_now_on_asks_for_all_its_parts():
    kit = make.variant("SET", is_kit=True)
    for sku in ("MUG", "WRAP"):
        KitComponent.objects.create(kit=kit, component=Variant.objects.get(sku=sku), units=1)
    order = make.order("1", {"SET": 2})
    change("WRAP", stocked=True)
    assert sorted(Commitment.objects.values_list("level__variant__sku", "units")) == [("MUG", 2), ("WRAP", 2)]
    assert fulfil(order) == "fulfilled"


def test_what_has_left_before_it_was_counted_is_not_asked_for():
    order = make.order("1", {"WRAP": 2, "MUG": 1})
    wrap = OrderLine.objects.get(sku="WRAP").pk
    perform("orders.fulfil", {"order_id": order.pk, "lines": [{"line_id": wrap, "units": 1}]}, actor=SYSTEM)
    change("WRAP", stocked=True)
    assert Commitment.objects.get(line_id=wrap).units == 1
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
    assert (Level.objects.get(variant=mug).on_hand, Level.objects.get(variant=mug).committed) == (1, 0)


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
    assert Shortfall.objects.get().kind == "backordered"


def test_an_order_that_a_channel_sold_is_oversold_and_not_refused():
    make.order("1", {"MUG": 6})
    make.order("1", {"MUG": 7}, version="2")
    assert (Shortfall.objects.get().kind, Shortfall.objects.get().units) == ("oversold", 2)
    assert fetch("SELECT sum(committed) FROM stock_level") == [(5,)]
