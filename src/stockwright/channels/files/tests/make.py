"""Files for tests."""

from __future__ import annotations

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
