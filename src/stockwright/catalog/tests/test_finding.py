from __future__ import annotations

import pytest

from stockwright.catalog.models import Variant
from stockwright.catalog.pages.finding import pick_product, variant_ids
from stockwright.kit.actions import perform
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.people import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def goods() -> None:
    """A mug in two sizes, and a tray."""
    mug = {"handle": "mug", "title": "Blue stoneware mug", "variants": [{"sku": "M-S"}, {"sku": "M-L"}]}
    tray = {"handle": "tray", "title": "Blue tray", "variants": [{"sku": "T1", "title": "Oak"}]}
    perform("catalog.save_products", {"products": [mug, tray]}, actor=SYSTEM)


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("stone", {"M-S", "M-L"}),
        ("mug blue", {"M-S", "M-L"}),
        ("BLUE", {"M-S", "M-L", "T1"}),
        ("oak", {"T1"}),
        ("m-", {"M-S", "M-L"}),
        ("blue car", set()),
        ("'", set()),
        (" ", set()),
    ],
)
def test_variants_are_found_by_beginnings_of_words(text: str, skus: set[str]):
    assert set(Variant.objects.filter(pk__in=variant_ids(text)).values_list("sku", flat=True)) == skus


def test_products_are_picked_by_beginnings_of_words():
    assert [choice.label for choice in pick_product("ston")] == ["Blue stoneware mug"]
    assert len(pick_product(" ")) == 2


def test_titles_are_looked_up_in_an_index():
    execute("SET LOCAL enable_seqscan = off")
    plan = fetch("EXPLAIN SELECT id FROM catalog_product WHERE search @@ to_tsquery('simple', '''ston'':*')")
    assert "product_search" in str(plan)
