from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from stockwright.catalog.models import Product, Variant
from stockwright.kit.actions import perform
from stockwright.kit.people import SYSTEM
from stockwright.kit.tests.make import at_once, until_waiting

pytestmark = pytest.mark.django_db(transaction=True)


def save(**variant: Any) -> None:
    """Save SET as a product file tells it."""
    told = {"handle": "set", "title": "Set", "variants": [{"sku": "SET", **variant}]}
    perform("catalog.save_products", {"products": [told]}, actor=SYSTEM)


def file_comes_while_a_person(verb: str, given: dict[str, Any], **told: Any) -> Variant:
    """A file with a new price arrives after a person's change was made and before it is committed."""

    def read_file() -> None:
        save(price="9", **told)
        connection.close()

    reading = threading.Thread(target=read_file)
    with transaction.atomic():
        perform(verb, given, actor=SYSTEM)
        reading.start()
        until_waiting()
    reading.join(10)
    return Variant.objects.select_related("product").get(sku="SET")


@pytest.fixture
def goods() -> tuple[int, int]:
    """SET, a plain variant, and CUP."""
    save(price="8", cost="2")
    cup = {"handle": "cup", "title": "Cup", "variants": [{"sku": "CUP"}]}
    perform("catalog.save_products", {"products": [cup]}, actor=SYSTEM)
    return Variant.objects.get(sku="SET").pk, Variant.objects.get(sku="CUP").pk


def test_a_kit_described_while_a_file_is_read_stays_a_kit(goods: tuple[int, int]):
    kit, cup = goods
    given = {"variant_id": kit, "components": [{"component_id": cup, "units": 2}]}
    row = file_comes_while_a_person("catalog.set_kit", given)
    assert (row.is_kit, row.price) == (True, Decimal(9))


def test_what_a_person_changes_while_a_file_is_read_stays_changed(goods: tuple[int, int]):
    given = {"variant_id": goods[0], "cost": "3", "backorder": "continue"}
    row = file_comes_while_a_person("catalog.change_variant", given)
    assert (row.cost, row.backorder, row.price) == (Decimal(3), "continue", Decimal(9))


def test_a_product_archived_while_a_file_is_read_stays_archived(goods: tuple[int, int]):
    product = Product.objects.get(variants=goods[0])
    row = file_comes_while_a_person("catalog.archive_product", {"product_id": product.pk})
    assert (row.product.status, row.active, row.price) == ("archived", False, Decimal(9))


def test_files_and_people_who_describe_kits_do_not_wait_for_each_other_in_a_ring(goods: tuple[int, int]):
    kit, cup = goods
    parts = [{"component_id": cup, "units": 2}]
    works = [
        lambda n=n: (
            save(price=str(n), components=[{"sku": "CUP", "units": n}])
            if n % 2
            else perform("catalog.set_kit", {"variant_id": kit, "components": parts}, actor=SYSTEM)
        )
        for n in range(1, 13)
    ]
    assert [result for result in at_once(*works) if isinstance(result, Exception)] == []
    assert Variant.objects.get(pk=kit).is_kit
