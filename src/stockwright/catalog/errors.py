"""What the catalogue refuses, by name."""

from __future__ import annotations

from stockwright.kit.errors import Conflict, Invalid, Refused


class UnknownVariant(Invalid):
    """There is no variant {which}."""


class UnknownProduct(Invalid):
    """There is no product {which}."""


class SkuTaken(Conflict):
    """The SKU {sku} belongs to another variant."""


class BarcodeTaken(Refused):
    """The barcode {code} belongs to {sku}."""


class KitsDoNotNest(Refused):
    """{sku} is a kit itself, or part of one: kits do not nest."""


class NotInKit(Invalid):
    """A kit can't be made of itself."""
