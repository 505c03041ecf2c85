from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from stockwright.catalog.actions import Saved
from stockwright.catalog.errors import BarcodeTaken, KitsDoNotNest, NotInKit, SkuTaken, UnknownVariant
from stockwright.catalog.models import Barcode, Image, Product, Variant
from stockwright.catalog.queries import by_barcode, components_of, kits_with, variants_by_external, variants_by_sku
from stockwright.kit.actions import Outcome, perform, undo
from stockwright.kit.models import ExternalRef
from stockwright.kit.people import SYSTEM

pytestmark = pytest.mark.django_db


def do(name: str, /, **given: Any) -> Outcome:
    return perform(f"catalog.{name}", given, actor=SYSTEM)


def save(*products: dict[str, Any], source: str = "") -> Saved:
    result: Saved = do("save_products", products=products, source=source).result
    return result


def cup(**variant: Any) -> dict[str, Any]:
    return {"handle": "cup", "title": "Cup", "variants": [{"sku": "CUP", "price": "4.50", **variant}]}


def test_creates_then_changes_then_leaves_alone():
    assert (save(cup()).created, Variant.objects.get().price) == (1, Decimal("4.5"))
    assert save(cup(price="5")).changed == 1
    again = save(cup(price="5.0000"))
    assert (again.unchanged, again.variants_changed) == (1, 0)


def test_what_is_not_told_stays():
    save(cup(cost="2", grams=300))
    save({"handle": "cup", "variants": [{"sku": "CUP", "price": "6"}]})
    variant = Variant.objects.get()
    assert (variant.cost, variant.grams, variant.price, Product.objects.get().title) == (
        Decimal(2),
        300,
        Decimal(6),
        "Cup",
    )


def test_a_known_sku_under_another_handle_is_the_same_product():
    save(cup())
    saved = save({"handle": "another-cup", "title": "Cup, large", "variants": [{"sku": "CUP"}]})
    assert saved.changed == 1
    assert Product.objects.get().handle == "cup"


def test_skus_that_differ_by_case_are_two_variants():
    save(cup(), {"handle": "cup-2", "title": "Cup", "variants": [{"sku": "cup"}]})
    assert Variant.objects.count() == 2


def test_a_sku_told_twice_counts_once():
    saved = save(cup(price="1"), {"handle": "cup", "variants": [{"sku": "CUP", "price": "2"}]})
    assert (saved.created, saved.variants_created) == (2, 1)
    assert Variant.objects.get().price == 2


def test_new_variants_are_told_to_the_rooms_above():
    outcome = do("save_products", products=[cup()])
    (fact,) = [fact for fact in outcome.facts if fact.kind == "catalog.variants_created"]
    assert fact.data == {"variant_ids": [Variant.objects.get().pk], "skus": ["CUP"]}


def test_external_numbers_find_a_product_whose_handle_changed():
    save({**cup(external_id="v1"), "external_id": "p1"}, source="shop")
    save({**cup(external_id="v1"), "handle": "renamed", "external_id": "p1"}, source="shop")
    assert Product.objects.count() == 1
    assert variants_by_external("shop", ["v1"]) == {"v1": Variant.objects.get().pk}
    assert ExternalRef.objects.count() == 2


def test_a_barcode_stays_with_the_variant_that_had_it_first():
    save(cup(barcodes=["4006381333931"]))
    saved = save({"handle": "tray", "variants": [{"sku": "TRAY", "barcodes": ["4006381333931"]}]})
    assert [(c.code, c.sku, c.belongs_to) for c in saved.conflicts] == [("4006381333931", "TRAY", "CUP")]
    scanned = by_barcode("4006381333931")
    assert scanned is not None
    assert scanned.variant.sku == "CUP"


def test_a_carton_is_scanned_as_many():
    save(cup(barcodes=[{"code": "CARTON", "units": 12}]))
    scanned = by_barcode("CARTON")
    assert scanned is not None
    assert scanned.units == 12
    plain = by_barcode("CUP")
    assert plain is not None
    assert plain.units == 1


def test_pictures_are_added_by_address():
    images = [{"url": "https://shop.example/a.jpg", "position": 1}]
    save({**cup(), "images": images})
    assert save({**cup(), "images": images}).unchanged == 1
    assert save({**cup(), "images": [{**images[0], "alt": "A cup", "sku": "CUP"}]}).changed == 1
    assert Image.objects.get().variant == Variant.objects.get()


def test_attributes_are_added_and_taken_away():
    save({**cup(), "attributes": {"material": "clay", "season": "autumn"}})
    save({**cup(), "attributes": {"season": None, "care": "by hand"}})
    assert Product.objects.get().attributes == {"material": "clay", "care": "by hand"}


def test_a_kit_is_saved_with_its_components():
    parts = [{"sku": "CUP", "units": 2}]
    kit = {"handle": "set", "variants": [{"sku": "SET", "components": parts}]}
    save(cup(), kit)
    known = variants_by_sku(["SET", "CUP"])
    assert known["SET"].is_kit
    assert [(c.sku, c.units) for c in components_of([known["SET"].id])[known["SET"].id]] == [("CUP", 2)]
    assert kits_with([known["CUP"].id]) == {known["CUP"].id: (known["SET"].id,)}
    assert save(kit).unchanged == 1


def test_refuses_a_kit_of_unknown_components():
    with pytest.raises(UnknownVariant):
        save({"handle": "set", "variants": [{"sku": "SET", "components": [{"sku": "GONE"}]}]})
    assert not Variant.objects.exists()


def test_kits_do_not_nest():
    save(cup(), {"handle": "set", "variants": [{"sku": "SET", "components": [{"sku": "CUP"}]}]})
    save({"handle": "big", "variants": [{"sku": "BIG"}]})
    known = variants_by_sku(["SET", "CUP", "BIG"])
    with pytest.raises(KitsDoNotNest):
        do("set_kit", variant_id=known["BIG"].id, components=[{"component_id": known["SET"].id}])
    with pytest.raises(KitsDoNotNest):
        do("set_kit", variant_id=known["CUP"].id, components=[{"component_id": known["BIG"].id}])
    with pytest.raises(NotInKit):
        do("set_kit", variant_id=known["BIG"].id, components=[{"component_id": known["BIG"].id}])


def test_undo_of_making_a_kit_makes_it_plain():
    save(cup(), {"handle": "set", "variants": [{"sku": "SET"}]})
    known = variants_by_sku(["SET", "CUP"])
    outcome = do("set_kit", variant_id=known["SET"].id, components=[{"component_id": known["CUP"].id, "units": 3}])
    assert variants_by_sku(["SET"])["SET"].is_kit
    undo(outcome.call_id, actor=SYSTEM)
    assert not variants_by_sku(["SET"])["SET"].is_kit


def test_changing_a_variant_by_hand_can_be_undone():
    save(cup(cost="2"))
    variant = Variant.objects.get()
    outcome = do("change_variant", variant_id=variant.pk, grams=250, backorder="continue", clear=["cost"])
    variant.refresh_from_db()
    assert (variant.grams, variant.backorder, variant.cost) == (250, "continue", None)
    undo(outcome.call_id, actor=SYSTEM)
    variant.refresh_from_db()
    assert (variant.grams, variant.backorder, variant.cost) == (None, "deny", Decimal(2))


def test_refuses_a_sku_that_another_variant_has():
    save(cup(), {"handle": "tray", "variants": [{"sku": "TRAY"}]})
    with pytest.raises(SkuTaken):
        do("change_variant", variant_id=Variant.objects.get(sku="TRAY").pk, sku="CUP")


def test_barcodes_set_by_hand_replace_the_old_ones():
    save(cup(barcodes=["1", "2"]), {"handle": "tray", "variants": [{"sku": "TRAY", "barcodes": ["3"]}]})
    variant = Variant.objects.get(sku="CUP")
    with pytest.raises(BarcodeTaken):
        do("set_barcodes", variant_id=variant.pk, barcodes=[{"code": "3"}])
    outcome = do("set_barcodes", variant_id=variant.pk, barcodes=[{"code": "2"}, {"code": "4", "units": 6}])
    assert dict(Barcode.objects.filter(variant=variant).values_list("code", "units")) == {"2": 1, "4": 6}
    undo(outcome.call_id, actor=SYSTEM)
    assert set(Barcode.objects.filter(variant=variant).values_list("code", flat=True)) == {"1", "2"}


def test_an_archived_product_comes_back_as_it_was():
    save({**cup(), "status": "unlisted"})
    outcome = do("archive_product", product_id=Product.objects.get().pk)
    assert not Variant.objects.get().active
    undo(outcome.call_id, actor=SYSTEM)
    assert Variant.objects.get().active
    assert Product.objects.get().status == "unlisted"
