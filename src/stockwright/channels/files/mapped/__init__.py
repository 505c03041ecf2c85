"""Any table of orders, products or stock, by a mapping that says what its columns mean."""

from __future__ import annotations

from stockwright.channels.files.mapped.format import mapped_format
from stockwright.channels.files.mapped.spec import FIELDS, Mapping, named, shipped_mappings

__all__ = ["FIELDS", "Mapping", "mapped_format", "named", "shipped_mappings"]
