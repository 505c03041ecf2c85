"""What lies in which lot and bin, derived from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stockwright.kit.bulk import fetch


@dataclass(frozen=True, slots=True)
class Balance:
    """Units of a variant in a lot or bin at a location."""

    location_id: int
    location: str
    # Empty: in none.
    code: str
    condition: str
    units: int
    expires_on: date | None = None


_BALANCES = """
SELECT o.id, o.name, coalesce(x.code, ''), m.condition, sum(m.units)::int, {expires}
FROM (
    SELECT variant_id, to_location_id AS location_id, to_condition AS condition, lot_id, to_bin_id AS bin_id, units
    FROM stock_movement WHERE variant_id = %(variant)s
    UNION ALL
    SELECT variant_id, from_location_id, from_condition, lot_id, from_bin_id, -units
    FROM stock_movement WHERE variant_id = %(variant)s
) m
JOIN stock_location o ON o.id = m.location_id AND o.kind IN ('warehouse', 'store')
LEFT JOIN {table} x ON x.id = m.{column}
GROUP BY o.id, o.name, o.priority, x.code, m.condition, 6 HAVING sum(m.units) <> 0
ORDER BY o.priority, o.id, 6 NULLS LAST, 3
"""


def lot_balances(variant_id: int) -> list[Balance]:
    """Units of a variant by lot, the first to expire first."""
    statement = _BALANCES.format(expires="x.expires_on", table="stock_lot", column="lot_id")
    return [Balance(*row) for row in fetch(statement, {"variant": variant_id})]


def bin_balances(variant_id: int) -> list[Balance]:
    """Units of a variant by bin."""
    statement = _BALANCES.format(expires="NULL::date", table="stock_bin", column="bin_id")
    return [Balance(*row) for row in fetch(statement, {"variant": variant_id})]
