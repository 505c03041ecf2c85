"""Files for tests."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from stockwright.channels.files.port import Item, Options, Record, Rejected
from stockwright.channels.files.reading import Table, open_table
from stockwright.channels.files.registry import recognise

SHOPIFY_ORDER_HEAD = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"
    "Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,"
    "Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,"
    "Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,"
    "Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,"
    "Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,"
    "Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,"
    "Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,"
    "Payment Terms Name,Next Payment Due At,Payment References"
)


def _table(*lines: str) -> list[list[str]]:
    """Rows of cells parted by `|`; a `;` stands for one within a cell."""
    return [[cell.replace(";", "|") for cell in line.split("|")] for line in lines]


def shopify_orders(*rows: dict[str, Any]) -> str:
    """A Shopify order export; each row says only what is not empty."""
    head = SHOPIFY_ORDER_HEAD.split(",")
    lines = [",".join(f'"{row[c]}"' if c in row else "" for c in head) for row in rows]
    return "\r\n".join([SHOPIFY_ORDER_HEAD, *lines, ""])


def order_row(name: str = "#1001", **cells: Any) -> dict[str, Any]:
    """The first row of a paid, open order of one line."""
    return {
        "Name": name, "Email": "buyer@example.com", "Financial Status": "paid", "Fulfillment Status": "unfulfilled",
        "Currency": "EUR", "Subtotal": "20.00", "Shipping": "5.00", "Taxes": "0.00", "Total": "25.00",
        "Created at": "2026-04-28 13:34:05 -0500", "Paid at": "2026-04-28 13:34:06 -0500", "Id": "6599142604869",
        **line_cells(), **cells,
    }  # fmt: skip


def next_row(name: str = "#1001", **cells: Any) -> dict[str, Any]:
    """A further row of an order."""
    return {"Name": name, "Email": "buyer@example.com", **line_cells(), **cells}


def line_cells() -> dict[str, str]:
    """What a line item says."""
    return {
        "Lineitem quantity": "2", "Lineitem name": "Mug - Blue", "Lineitem price": "10.00", "Lineitem sku": "MUG-B",
        "Lineitem requires shipping": "true", "Lineitem fulfillment status": "pending",
    }  # fmt: skip


def table_of(folder: Path, content: str | bytes, **opening: str) -> Table:
    """A file of this content, opened."""
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_table(path, **opening)


def read(folder: Path, content: str | bytes, **options: Any) -> list[Item]:
    """What a file's own format makes of it."""
    table = table_of(folder, content)
    return list(recognise(table).read(table, Options(**{"channel": "shopify", "location": "main", **options})))


def records(items: list[Item], type_: str = "") -> list[dict[str, Any]]:
    """The payloads of the records."""
    return [item.payload for item in items if isinstance(item, Record) and type_ in ("", item.type)]


def rejects(items: list[Item]) -> list[tuple[int, str, str]]:
    """Line, column and value of the rejects."""
    return [(item.line, item.column, item.value) for item in items if isinstance(item, Rejected)]


# Small good files of every format: their head and their rows.
FILES: dict[str, list[list[str]]] = {
    "shopify-orders": list(csv.reader(io.StringIO(shopify_orders(order_row("#1"), next_row("#1"), order_row("#2"))))),
    "shopify-products": _table(
        "Title|URL handle|Vendor|Tags|Status|SKU|Option1 name|Option1 value|Price|Inventory tracker|Inventory quantity"
        "|Weight value (grams)|Requires shipping|Product image URL|Image position",
        "Tee|tee|Us|a, b|active|T-S|Size|S|20.00|shopify|4|150|TRUE|https://x.example/a.png|1",
        "|tee||||T-M||M|22.00|shopify|5|150|||",
    ),
    "shopify-inventory": _table("Handle|Title|SKU|HS Code|COO|Shop|Main", "tee|Tee|T-S|||7|3", "tee|Tee|T-M|||2|1"),
    "woocommerce-products": _table(
        "ID|Type|SKU|Name|Published|Visibility in catalog|In stock?|Stock|Weight (kg)|Regular price|Sale price"
        "|Date sale price starts|Date sale price ends|Parent|Attribute 1 name|Attribute 1 value(s)",
        "1|variable|TEE|Tee|1|visible|1||||||||Size|S, M",
        "2|variation|T-S|Tee S|1|visible|1|4|0.2|20|15|2026-01-01|2027-01-01|TEE|Size|S",
        "3|variation|T-M|Tee M|1|visible|1|5|0.2|20||||id:1|Size|M",
    ),
    "magento-products": _table(
        "sku|store_view_code|attribute_set_code|product_type|product_websites|name|price|special_price|weight|url_key|qty"
        "|configurable_variations|bundle_values",
        "T-S||Default|simple|base|Tee S|20|15|0.2|tee-s|4||",
        "T-M||Default|simple|base|Tee M|20||0.2|tee-m|5||",
        "TEE||Default|configurable|base|Tee||||tee||sku=T-S,size=S;sku=T-M,size=M|",
        "SET||Default|bundle|base|Set|30|||set|||name=Top,sku=T-S,default_qty=2.0000,default=1",
    ),
    "magento-stock": _table("source_code|sku|status|quantity", "main|T-S|1|6.0000", "main|T-M|1|5"),
}
