"""Every format there is, and which one a file is in."""

from __future__ import annotations

from stockwright.channels.files import (
    magento_products,
    magento_stock_sources,
    shopify_inventory,
    shopify_orders,
    shopify_products,
    woocommerce_products,
)
from stockwright.channels.files.errors import UnknownFormat
from stockwright.channels.files.port import Format
from stockwright.channels.files.reading import Table

MODULES = (
    shopify_orders,
    shopify_products,
    shopify_inventory,
    woocommerce_products,
    magento_products,
    magento_stock_sources,
)
FORMATS: dict[str, Format] = {module.FORMAT.code: module.FORMAT for module in MODULES}
# A file is one of ours when most of what marks the format is there.
SURE = 0.7
_SHOWN = 12


def recognise(table: Table) -> Format:
    """The format whose marks the head has.

    Raises: UnknownFormat.
    """
    best = max(FORMATS.values(), key=lambda format_: format_.recognise(table))
    if best.recognise(table) < SURE:
        shown = [column for column in table.columns if column][:_SHOWN]
        more = ", …" if len(table.columns) > _SHOWN else ""
        raise UnknownFormat(name=table.name, columns=", ".join(shown) + more)
    return best
