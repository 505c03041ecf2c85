from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stockwright.catalog.models import Variant
from stockwright.kit.actions import perform, undo
from stockwright.kit.actions.perform import ChangedSince
from stockwright.kit.models import Person
from stockwright.kit.people import SYSTEM, Role
from stockwright.web.tests import make

pytestmark = pytest.mark.django_db

# Of every verb that writes back what was before: what it is given first, and what somebody else gives it after.
Twice = Callable[[make.Shop], tuple[dict[str, Any], dict[str, Any]]]
VERBS: dict[str, Twice] = {
    "orders.note": lambda shop: (
        {"order_id": shop.order.pk, "note": "mine"}, {"order_id": shop.order.pk, "note": "theirs"},
    ),
    "orders.change_address": lambda shop: (
        {"order_id": shop.order.pk, "address": {"city": "Ghent"}}, {"order_id": shop.order.pk, "address": {"city": "Lier"}},
    ),
    "orders.set_ship_by": lambda shop: (
        {"order_ids": [shop.order.pk], "ship_by": "2026-12-01T10:00:00.123456+02:00"},
        {"order_ids": [shop.order.pk], "ship_by": "2026-12-02T10:00:00+02:00"},
    ),
    "catalog.change_variant": lambda shop: (
        {"variant_id": shop.variant.pk, "price": "19.9", "cost": "7"}, {"variant_id": shop.variant.pk, "price": "25"},
    ),
    "catalog.set_barcodes": lambda shop: (
        {"variant_id": shop.variant.pk, "barcodes": [{"code": "8719000144711"}, {"code": "111"}]},
        {"variant_id": shop.variant.pk, "barcodes": []},
    ),
    "catalog.set_kit": lambda shop: (
        {"variant_id": shop.kit.pk, "components": [{"component_id": shop.variant.pk, "units": 3}]},
        {"variant_id": shop.kit.pk, "components": [{"component_id": shop.variant.pk, "units": 4}]},
    ),
    "stock.set_policy": lambda shop: (
        {"lines": [{"variant_id": shop.variant.pk, "location_id": shop.location.pk, "safety_stock": 2}]},
        {"lines": [{"variant_id": shop.variant.pk, "location_id": shop.location.pk, "safety_stock": 3}]},
    ),
    "stock.change_location": lambda shop: (
        {"location_id": shop.location.pk, "name": "Mine"}, {"location_id": shop.location.pk, "name": "Theirs"},
    ),
    "stock.change_arrival": lambda shop: (
        {"arrival_id": arriving(shop), "units": 8, "expected_on": "2026-12-03"},
        {"arrival_id": arriving(shop), "units": 9, "date_unknown": True},
    ),
    "settings.change": lambda _shop: (
        {"group": "costs", "values": {"late_order_cost": 9, "lost_sale_share": "0.4"}},
        {"group": "costs", "values": {"late_order_cost": "10.00"}},
    ),
    "person.change_roles": lambda _shop: (
        {"person_id": someone(), "roles": ["picker"]}, {"person_id": someone(), "roles": ["buyer", "picker"]},
    ),
}  # fmt: skip


def arriving(shop: make.Shop) -> int:
    found = make.Arrival.objects.filter(variant_id=shop.variant.pk, location_id=shop.location.pk).first()
    if found is not None:
        return int(found.pk)
    given = {"variant_id": shop.variant.pk, "location_id": shop.location.pk, "units": 5}
    return int(perform("stock.expect", given, actor=SYSTEM).result.arrivals[0])


def someone() -> int:
    return int((Person.objects.first() or make.person(Role.READER)).pk)


@pytest.mark.parametrize("name", VERBS)
def test_undo_never_writes_over_what_somebody_changed_since(name: str):
    mine, theirs = VERBS[name](make.small_shop())
    first = perform(name, mine, actor=SYSTEM)
    second = perform(name, theirs, actor=SYSTEM)
    with pytest.raises(ChangedSince):
        undo(first.call_id, actor=SYSTEM)
    undo(second.call_id, actor=SYSTEM)
    undo(first.call_id, actor=SYSTEM)


def test_undo_sees_what_a_channel_has_told_since():
    shop = make.small_shop()
    noted = perform("orders.note", {"order_id": shop.order.pk, "note": "Ring twice"}, actor=SYSTEM)
    make.Order.objects.filter(pk=shop.order.pk).update(note="Leave it with the neighbours")
    with pytest.raises(ChangedSince, match="neighbours"):
        undo(noted.call_id, actor=SYSTEM)


def test_the_page_says_what_changed_and_leaves_it():
    shop = make.small_shop()
    client = make.signed_in(Role.LEAD)
    first = perform("catalog.change_variant", {"variant_id": shop.variant.pk, "price": "19.90"}, actor=SYSTEM)
    perform("catalog.change_variant", {"variant_id": shop.variant.pk, "price": "25"}, actor=SYSTEM)
    response = client.post(f"/undo/{first.call_id}/")
    assert response.status_code == 409
    assert "changed again since (price)" in response.content.decode()
    assert Variant.objects.get(pk=shop.variant.pk).price == 25
