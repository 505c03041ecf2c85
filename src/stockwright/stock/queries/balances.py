"""What lies in which lot and bin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stockwright.kit.bulk import fetch


@dataclass(frozen=True, slots=True)
class Contents:
    """Units of a variant in a lot, a bin, or both, at a location."""

    location_id: int
    location: str
    # Empty: in none.
    lot: str
    bin: str
    condition: str
    units: int
    expires_on: date | None


def contents_of(variant_id: int) -> list[Contents]:
    """What lies in lots and bins by location, the first to expire first; what lies in neither is not told."""
    rows = fetch(
        "SELECT o.id, o.name, coalesce(t.code, ''), coalesce(b.code, ''), p.condition, p.units, t.expires_on"
        " FROM stock_portion p JOIN stock_location o ON o.id = p.location_id"
        " LEFT JOIN stock_lot t ON t.id = p.lot_id LEFT JOIN stock_bin b ON b.id = p.bin_id WHERE p.variant_id = %s"
        " ORDER BY o.priority, o.id, t.expires_on NULLS LAST, t.id NULLS LAST, b.code NULLS LAST, p.condition",
        (variant_id,),
    )
    return [Contents(*row) for row in rows]
