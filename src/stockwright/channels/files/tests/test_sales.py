"""Reduced prices hold on their days, on the shop's calendar."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stockwright.channels.files.tests.make import read, records
from stockwright.kit.clock import now

WOO = (
    "ID,Type,SKU,Name,Published,Visibility in catalog,In stock?,Regular price,Sale price,Date sale price starts,"
    "Date sale price ends,Parent\n"
)
MAGENTO = (
    "sku,store_view_code,attribute_set_code,product_type,product_websites,name,url_key,price,special_price,"
    "{from_},{to}\n"
)
SHOP = "Pacific/Kiritimati"


def day(shift: int | None, pattern: str = "%Y-%m-%d") -> str:
    """A day of the shop, so many from today; its calendar is ahead of everybody's."""
    if shift is None:
        return ""
    return (now().astimezone(ZoneInfo(SHOP)) + timedelta(days=shift)).strftime(pattern)


def price_in(path: Path, text: str) -> tuple[object, object]:
    product = records(read(path, text, zone=SHOP), "product")[0]
    (variant,) = product["variants"]
    return variant["price"], variant["compare_at_price"]


@pytest.mark.parametrize(
    ("first", "last", "price"),
    [(None, None, 15), (0, None, 15), (1, None, 20), (None, 0, 15), (None, -1, 20), (-1, 1, 15), (-9, -2, 20)],
)
def test_a_sale_price_counts_on_its_days_only(tmp_path: Path, first: int | None, last: int | None, price: int) -> None:
    row = f"1,simple,TEE,Tee,1,visible,1,20,15,{day(first)},{day(last, '%Y-%m-%d 00:00:00')},\n"
    assert price_in(tmp_path, WOO + row) == (price, 20)
    for from_, to in (
        ("special_price_from_date", "special_price_to_date"),
        ("special_from_date", "special_to_date"),
    ):
        head = MAGENTO.format(from_=from_, to=to)
        row = f"TEE,,Default,simple,base,Tee,tee,20,15,{day(first, '%Y-%m-%d 00:00:00')},{day(last)}\n"
        assert price_in(tmp_path, head + row) == (price, 20)


def test_what_has_no_sale_price_has_its_regular_one(tmp_path: Path) -> None:
    row = f"1,simple,TEE,Tee,1,visible,1,20,,{day(-1)},{day(1)},\n"
    assert price_in(tmp_path, WOO + row) == (20, None)


def test_variations_find_a_parent_without_sku_and_products_are_named_the_same_whatever_else_is_told(
    tmp_path: Path,
) -> None:
    other = "7,simple,OTHER,Mug,1,visible,1,9,,,,\n"
    mug = "12,variable,,Mug,1,visible,1,,,,,\n13,variation,,Mug blue,1,visible,1,8,,,,id:12\n"
    both = records(read(tmp_path, WOO + other + mug), "product")
    (alone,) = records(read(tmp_path, WOO + mug), "product")
    assert [product["handle"] for product in both] == ["mug-7", "mug-12"]
    assert both[1] == alone
    assert [variant["sku"] for variant in alone["variants"]] == ["woo-13"]
