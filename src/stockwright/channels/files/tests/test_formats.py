from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from stockwright.channels.files.errors import AmbiguousDates, MissingColumns
from stockwright.channels.files.magento_products import bundle, pairs, variations
from stockwright.channels.files.registry import recognise
from stockwright.channels.files.tests.make import (
    FILES,
    next_row,
    order_row,
    read,
    records,
    rejects,
    shopify_orders,
    table_of,
)


def test_an_order_is_made_of_all_its_rows(tmp_path: Path) -> None:
    text = shopify_orders(
        order_row("#1", **{"Tags": "vip, gift", "Tax 1 Name": "VAT", "Tax 1 Value": "4.17", "Taxes": "4.17"}),
        next_row("#1", **{"Lineitem sku": "CUP", "Lineitem quantity": "3"}),
        order_row("#2"),
    )
    first, second = records(read(tmp_path, text))
    assert [(line["sku"], line["units"]) for line in first["lines"]] == [("MUG-B", 2), ("CUP", 3)]
    assert (first["tags"], first["taxes"], first["taxes_included"]) == (
        ["vip", "gift"], [{"name": "VAT", "amount": "4.17"}], True,
    )  # fmt: skip
    assert first["placed_at"].isoformat() == "2026-04-28T18:34:05+00:00"
    assert (second["number"], len(second["lines"])) == ("#2", 1)


def test_rows_of_an_order_may_lie_apart_or_lack_its_name(tmp_path: Path) -> None:
    text = shopify_orders(order_row("#1"), order_row("#2"), next_row("#1"), {**next_row(""), "Email": ""})
    found = {order["number"]: len(order["lines"]) for order in records(read(tmp_path, text))}
    assert found == {"#1": 3, "#2": 1}


@pytest.mark.parametrize(
    ("cells", "history", "fulfilled", "cancelled"),
    [
        ({}, False, 0, 0),
        ({"Fulfillment Status": "fulfilled", "Lineitem fulfillment status": "fulfilled"}, True, 2, 0),
        ({"Cancelled at": "2026-04-29 10:00:00 -0500"}, True, 0, 2),
    ],
)
def test_states_of_goods(tmp_path: Path, cells: dict[str, str], history: bool, fulfilled: int, cancelled: int) -> None:
    (order,) = records(read(tmp_path, shopify_orders(order_row(**cells))))
    (line,) = order["lines"]
    assert (order["is_history"], line["fulfilled"], line["cancelled"]) == (history, fulfilled, cancelled)


def test_refunds_and_discounts(tmp_path: Path) -> None:
    cells = {"Financial Status": "partially_refunded", "Refunded Amount": "3.00", "Discount Code": "TEN",
             "Discount Amount": "2.00", "Lineitem discount": "0.50"}  # fmt: skip
    (order,) = records(read(tmp_path, shopify_orders(order_row(**cells))))
    assert [(p["kind"], p["amount"]) for p in order["payments"]] == [("payment", 25), ("refund", 3)]
    assert order["discount"] == Decimal("1.50")


def test_an_export_saved_again_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    text = shopify_orders(order_row()).replace('","', '";"').replace(",", ";").replace(".00", ",00")
    (order,) = records(read(tmp_path, text.encode("cp1252")))
    assert (order["lines"][0]["unit_price"], order["total"]) == (10, 25)


def test_days_that_may_be_months_are_refused(tmp_path: Path) -> None:
    cells = {"Created at": "01/02/2026 10:00", "Paid at": ""}
    with pytest.raises(AmbiguousDates, match=r"01/02/2026 10:00 \(line 2\).*--date-format dmy"):
        read(tmp_path, shopify_orders(order_row(**cells)))
    (order,) = records(read(tmp_path, shopify_orders(order_row(**cells)), date_format="dmy"))
    assert order["placed_at"].month == 2


def test_new_and_old_heads_of_shopify_products_say_the_same(tmp_path: Path) -> None:
    new = "Title,URL handle,Vendor,Type,Status,SKU,Option1 name,Option1 value,Price,Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams)\n"
    old = "Title,Handle,Vendor,Type,Status,Variant SKU,Option1 Name,Option1 Value,Variant Price,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Grams\n"
    rows = "Tee,tee,Us,Shirt,active,T-S,Size,S,20.00,shopify,4,{deny},150\n,tee,,,,,,M,22.00,shopify,-2,{deny},150\n"
    one, other = read(tmp_path, new + rows.format(deny="FALSE")), read(tmp_path, old + rows.format(deny="deny"))
    assert records(one) == records(other)
    product, stock, below = records(one)
    assert [(v["sku"], v["options"]) for v in product["variants"]] == [("T-S", {"Size": "S"}), ("tee-m", {"Size": "M"})]
    assert stock == {"sku": "T-S", "location": "main", "units": 4, "meaning": "available"}
    assert (below["sku"], below["units"]) == ("tee-m", -2)


def test_a_sku_used_twice_keeps_the_second_product_out(tmp_path: Path) -> None:
    text = "Title,URL handle,Vendor,SKU,Option1 name,Option1 value,Price\nA,a,X,S1,,,1\nB,b,X,S1,,,2\n"
    items = read(tmp_path, text)
    assert len(records(items)) == 1
    assert rejects(items) == [(3, "SKU", "S1")]


def test_shopify_inventory_tall_and_wide(tmp_path: Path) -> None:
    tall = "Handle,Title,SKU,Location,On hand (current),On hand (new)\na,A,S1,Shop,5,7\na,A,S1,Depot,not stocked,\na,A,S2,Shop,3,\n"
    wide = (
        "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Shop,Depot\na,A,,,S1,,,7,not stocked\na,A,,,S2,,,3,x\n"
    )
    assert [(r["sku"], r["location"], r["units"]) for r in records(read(tmp_path, tall))] == [
        ("S1", "Shop", 7), ("S2", "Shop", 3),
    ]  # fmt: skip
    items = read(tmp_path, wide)
    assert [(r["units"], r["meaning"]) for r in records(items)] == [(7, "available"), (3, "available")]
    assert rejects(items) == [(3, "Depot", "x")]


def test_woocommerce_variations_find_their_parent_by_sku_or_id(tmp_path: Path) -> None:
    head = "ID,Type,SKU,Name,Published,Visibility in catalog,In stock?,Stock,Weight (lbs),Length (in),Regular price,Sale price,Parent,Attribute 1 name,Attribute 1 value(s)\n"
    rows = '1,variable,TEE,Tee,1,visible,1,,1,10,,,,Size,"S, M"\n2,variation,TEE-S,Tee S,1,visible,1,4,,,20,15,TEE,Size,S\n3,variation,TEE-M,Tee M,1,visible,1,-1,,,20,,id:1,Size,M\n4,variation,X,Lost,1,visible,1,1,,,1,,id:9,Size,L\n'
    items = read(tmp_path, head + rows)
    product, stock, below = records(items)
    small, medium = product["variants"]
    assert (small["grams"], small["length_mm"], small["price"], small["compare_at_price"]) == (454, 254, 15, 20)
    assert medium["options"] == {"Size": "M"}
    assert (stock["sku"], stock["units"]) == ("TEE-S", 4)
    assert (below["sku"], below["units"], below["meaning"]) == ("TEE-M", -1, "available")
    assert [(line, value) for line, _, value in rejects(items)] == [(5, "id:9")]


def test_magento_children_overrides_and_bundles(tmp_path: Path) -> None:
    head = "sku,store_view_code,attribute_set_code,product_type,product_websites,name,price,url_key,qty,additional_attributes,configurable_variations,bundle_values\n"
    rows = (
        "TEE-S,,Default,simple,base,Tee S,20,tee-s,5,,,\n"
        'TEE,,Default,configurable,base,Tee,,tee,,"material=cotton,care=30",sku=TEE-S\\,size=S,\n'.replace(
            "sku=TEE-S\\,size=S", '"sku=TEE-S,size=S"'
        )
        + "TEE,fr,Default,configurable,base,Maillot,,,,,,\n"
        'SET,,Default,bundle,base,Set,30,set,,,,"name=Top,sku=TEE-S,default_qty=2.0000,default=1|name=Top,sku=OTHER,default_qty=1"\n'
        "GRP,,Default,grouped,base,Group,,grp,,,,\n"
    )
    items = read(tmp_path, head + rows)
    tee, kit, stock = records(items)
    assert (tee["variants"][0]["options"], tee["attributes"]["names"]) == ({"size": "S"}, {"fr": "Maillot"})
    assert kit["variants"][0]["components"] == [{"sku": "TEE-S", "units": 2}]
    assert stock == {"sku": "TEE-S", "location": "main", "units": 5, "meaning": "on_hand"}
    assert [value for _, _, value in rejects(items)] == ["grouped"]


def test_magento_lists_within_cells() -> None:
    assert pairs("a=1,b=x,y,c=") == {"a": "1", "b": "x,y", "c": ""}
    assert variations("sku=A,size=S|sku=B,size=M") == {"A": {"size": "S"}, "B": {"size": "M"}}
    assert bundle("name=a,sku=X,default_qty=3|name=b,sku=X") == [{"sku": "X", "units": 4}]


@pytest.mark.parametrize("quantity", ["1,0000", "nan", "inf", "1e999", "two", "0.5", "1 2"])
def test_a_bundle_of_no_number_of_parts_costs_itself_alone(tmp_path: Path, quantity: str) -> None:
    head, *rows = FILES["magento-products"]
    odd = f"name=Top,sku=T-S,default_qty={quantity}"
    rows = [*rows, [*rows[-1][:-1], odd]]
    rows[-1] = ["ODD", *rows[-1][1:]]
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in (head, *rows))
    items = read(tmp_path, text)
    assert rejects(items) == [(6, "bundle_values", odd)]
    assert len(records(items, "product")) == 2


def test_magento_stock_sources(tmp_path: Path) -> None:
    items = read(tmp_path, "source_code,sku,status,quantity\neu,A,1,6.0000\neu,B,0,5\nus,A,1,2.5\n")
    assert [(r["location"], r["sku"], r["units"]) for r in records(items)] == [("eu", "A", 6), ("eu", "B", 0)]
    assert rejects(items) == [(4, "quantity", "2.5")]


def test_a_format_says_which_columns_it_misses(tmp_path: Path) -> None:
    text = "Name,Created at,Lineitem quantity,Lineitem name\n#1,2026-01-01,1,x\n"
    table = table_of(tmp_path, text)
    assert recognise(table).code == "shopify-orders"
    with pytest.raises(MissingColumns, match="lacks Lineitem price"):
        read(tmp_path, text)


def test_one_cell_with_a_decimal_comma_is_a_reject_not_a_refusal(tmp_path: Path) -> None:
    items = read(tmp_path, shopify_orders(order_row("#1"), order_row("#2", **{"Lineitem price": "12,5"})))
    assert [order["number"] for order in records(items)] == ["#1"]
    assert rejects(items) == [(3, "Lineitem price", "12,5")]
