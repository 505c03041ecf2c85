"""Orders of files: whose they are, what their money is worth, and what had left already."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockwright.channels.errors import NeedsChannel
from stockwright.channels.files.tests.make import order_row, shopify_orders
from stockwright.channels.imports.tests.make import add_location, bring_in, write
from stockwright.channels.models import ImportReject
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM

pytestmark = pytest.mark.django_db


def one(folder: Path, name: str = "orders.csv", **cells: Any) -> Path:
    return write(folder, shopify_orders(order_row("#1001", **cells)), name)


def test_two_shops_do_not_overwrite_each_others_orders(tmp_path: Path) -> None:
    bring_in(one(tmp_path, Id="1", Notes="ours"))
    other = one(tmp_path, "other.csv", Id="2", Notes="theirs")
    done = bring_in(other)
    assert (done.run.rejected_records, fetch("SELECT note FROM orders_order")) == (1, [("ours",)])
    assert "--channel" in ImportReject.objects.get().reason
    assert bring_in(other, channel="shopify-de").run.new == 1


def test_the_channel_is_asked_for_once_a_platform_has_several(tmp_path: Path) -> None:
    bring_in(one(tmp_path, Id="1"), channel="shopify-de")
    assert bring_in(one(tmp_path, "again.csv", Id="1", Notes="x")).run.changed == 1
    bring_in(one(tmp_path, "fr.csv", Id="2"), channel="shopify-fr")
    with pytest.raises(NeedsChannel, match="shopify-de, shopify-fr"):
        bring_in(one(tmp_path, "which.csv", Id="3"))


def shop_counts_in(currency: str) -> None:
    perform("settings.change", {"group": "shop", "values": {"currency": currency}}, actor=SYSTEM)


def test_money_of_an_unknown_rate_is_not_counted_one_to_one(tmp_path: Path) -> None:
    shop_counts_in("EUR")
    yen = one(tmp_path, Currency="JPY", Total="5000")
    assert bring_in(yen).run.rejected_records == 1
    assert "what one JPY is worth in EUR" in ImportReject.objects.get().reason
    perform("settings.change", {"group": "rates", "values": {"rates": {"jpy": "0.0061"}}}, actor=SYSTEM)
    assert bring_in(yen).run.new == 1
    assert [str(row[0]) for row in fetch("SELECT total_shop FROM orders_order")] == ["30.5000"]
    perform("settings.change", {"group": "rates", "values": {"rates": {"JPY": "0.0070"}}}, actor=SYSTEM)
    assert bring_in(yen).run.unchanged == 1


def test_a_column_may_say_the_rate(tmp_path: Path) -> None:
    shop_counts_in("EUR")
    spec = {
        "name": "market", "title": "Market", "kind": "orders", "channel": "market", "currency": "GBP",
        "columns": {"number": "n", "placed_at": "d", "sku": "s", "units": "u", "unit_price": "p", "rate": "r"},
    }  # fmt: skip
    perform("import.map", {"mapping": spec}, actor=SYSTEM)
    assert bring_in(write(tmp_path, "n,d,s,u,p,r\n7,2026-02-01,A,2,10.00,1.15\n"), "market").run.new == 1
    assert [str(row[0]) for row in fetch("SELECT total_shop FROM orders_order")] == ["23.0000"]


def test_a_shop_that_never_said_its_currency_counts_in_that_of_its_first_orders(tmp_path: Path) -> None:
    done = bring_in(one(tmp_path, Currency="GBP"))
    assert (done.run.new, done.run.remarks) == (1, {"adopted": 1})
    assert fetch("SELECT value->>'currency' FROM kit_setting WHERE name = 'shop'") == [("GBP",)]
    assert bring_in(one(tmp_path, "usd.csv", Name="#2", Currency="USD")).run.rejected_records == 1


def test_goods_that_left_after_stock_was_told_are_said(tmp_path: Path) -> None:
    add_location()
    bring_in(write(tmp_path, "sku,title,quantity\nMUG-B,Mug,12\n", "products.csv"), "plain-products")
    cells = {"Fulfillment Status": "fulfilled", "Lineitem fulfillment status": "fulfilled"}
    done = bring_in(
        one(tmp_path, **cells, **{"Fulfilled at": f"{now() + timedelta(minutes=1):%Y-%m-%d %H:%M:%S} +0000"})
    )
    assert (done.run.new, done.run.remarks) == (1, {"sent": 2})
    assert any(note.startswith("2 units had left") for note in done.run.notes)
