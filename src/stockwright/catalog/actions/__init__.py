"""The only writer of the catalogue."""

from __future__ import annotations

from stockwright.catalog.actions.archive import archive_product, restore_product
from stockwright.catalog.actions.change import change_variant, set_barcodes
from stockwright.catalog.actions.kits import set_kit, set_kits
from stockwright.catalog.actions.save import Saved, SavedProduct, save_many, save_products

__all__ = [
    "Saved",
    "SavedProduct",
    "archive_product",
    "change_variant",
    "restore_product",
    "save_many",
    "save_products",
    "set_barcodes",
    "set_kit",
    "set_kits",
]
