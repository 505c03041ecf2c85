"""What every level ought to be, derived anew from the rows that it is a sum of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from stockwright.kit.bulk import fetch

# What a level stores, and how many of its units are in another lot or bin than the ledger says.
PARTS = ("on_hand", "damaged", "quality_control", "committed", "reserved", "incoming", "misplaced")

_DERIVED = """
WITH ledger AS (
    SELECT variant_id, location_id, sum(units)::int AS on_hand,
           coalesce(sum(units) FILTER (WHERE condition = 'damaged'), 0)::int AS damaged,
           coalesce(sum(units) FILTER (WHERE condition = 'quality_control'), 0)::int AS quality_control
    FROM (
        SELECT variant_id, to_location_id AS location_id, to_condition AS condition, units FROM stock_movement
        WHERE %(all)s OR variant_id = ANY(%(variants)s)
        UNION ALL
        SELECT variant_id, from_location_id, from_condition, -units FROM stock_movement
        WHERE %(all)s OR variant_id = ANY(%(variants)s)
    ) m GROUP BY 1, 2
), committed AS (
    SELECT c.level_id, sum(c.units)::int AS units FROM stock_commitment c GROUP BY 1
), reserved AS (
    SELECT r.level_id, sum(r.units)::int AS units FROM stock_reservation r GROUP BY 1
), incoming AS (
    SELECT a.variant_id, a.location_id, sum(greatest(a.units - a.received, 0))::int AS units
    FROM stock_arrival a WHERE a.closed_at IS NULL GROUP BY 1, 2
), misplaced AS (
    SELECT variant_id, location_id, sum(abs(units))::int AS units FROM (
        SELECT variant_id, location_id, sum(units) AS units FROM (
            SELECT variant_id, to_location_id AS location_id, to_condition AS condition, lot_id, to_bin_id AS bin_id,
                   units
            FROM stock_movement WHERE (%(all)s OR variant_id = ANY(%(variants)s))
            AND (lot_id IS NOT NULL OR to_bin_id IS NOT NULL)
            UNION ALL
            SELECT variant_id, from_location_id, from_condition, lot_id, from_bin_id, -units
            FROM stock_movement WHERE (%(all)s OR variant_id = ANY(%(variants)s))
            AND (lot_id IS NOT NULL OR from_bin_id IS NOT NULL)
            UNION ALL
            SELECT variant_id, location_id, condition, lot_id, bin_id, -units FROM stock_portion
            WHERE %(all)s OR variant_id = ANY(%(variants)s)
        ) p GROUP BY variant_id, location_id, condition, lot_id, bin_id HAVING sum(units) <> 0
    ) d GROUP BY 1, 2
)
"""
_LEVELS = (
    _DERIVED
    + """
SELECT l.id, l.variant_id, l.location_id, l.on_hand, l.damaged, l.quality_control, l.committed, l.reserved, l.incoming,
       coalesce(g.on_hand, 0), coalesce(g.damaged, 0), coalesce(g.quality_control, 0), coalesce(c.units, 0),
       coalesce(r.units, 0), coalesce(i.units, 0), coalesce(p.units, 0)
FROM stock_level l
LEFT JOIN ledger g ON g.variant_id = l.variant_id AND g.location_id = l.location_id
LEFT JOIN committed c ON c.level_id = l.id
LEFT JOIN reserved r ON r.level_id = l.id
LEFT JOIN incoming i ON i.variant_id = l.variant_id AND i.location_id = l.location_id
LEFT JOIN misplaced p ON p.variant_id = l.variant_id AND p.location_id = l.location_id
WHERE (%(all)s OR l.variant_id = ANY(%(variants)s))
  AND (p.units IS NOT NULL OR (l.on_hand, l.damaged, l.quality_control, l.committed, l.reserved, l.incoming) IS DISTINCT FROM
      (coalesce(g.on_hand, 0), coalesce(g.damaged, 0), coalesce(g.quality_control, 0), coalesce(c.units, 0),
       coalesce(r.units, 0), coalesce(i.units, 0)))
ORDER BY l.id
"""
)
_HOMELESS = """
SELECT DISTINCT m.variant_id, m.location_id FROM (
    SELECT variant_id, to_location_id AS location_id FROM stock_movement
    UNION SELECT variant_id, from_location_id FROM stock_movement
) m JOIN stock_location o ON o.id = m.location_id AND o.kind IN ('warehouse', 'store')
WHERE NOT EXISTS (SELECT 1 FROM stock_level l WHERE l.variant_id = m.variant_id AND l.location_id = m.location_id)
"""


@dataclass(frozen=True, slots=True)
class Differing:
    """A level whose numbers are not what they are made of.

    Shape: stored and derived are in the order of PARTS.
    """

    level_id: int
    variant_id: int
    location_id: int
    stored: tuple[int, ...]
    derived: tuple[int, ...]

    def parts(self) -> list[tuple[str, int, int]]:
        """The parts that differ: (name, stored, derived)."""
        return [
            (name, stored, derived)
            for name, stored, derived in zip(PARTS, self.stored, self.derived, strict=True)
            if stored != derived
        ]


def differing_levels(variant_ids: Collection[int] | None = None) -> list[Differing]:
    """Compare every level (or those of some variants) with its movements, commitments, reservations and arrivals.

    One statement, so one moment: work that goes on meanwhile is seen whole or not at all.
    """
    rows = fetch(_LEVELS, {"all": variant_ids is None, "variants": list(variant_ids or ())})
    # Of units that are misplaced there ought to be none.
    return [Differing(row[0], row[1], row[2], (*row[3:9], row[15]), (*row[9:15], 0)) for row in rows]


def places_without_level() -> list[tuple[int, int]]:
    """(variant, location) that the ledger knows and that have no level."""
    return [(variant, location) for variant, location in fetch(_HOMELESS)]


def waiting_beside_stock() -> list[int]:
    """Variants that orders wait for though units of them are free."""
    rows = fetch(
        "SELECT DISTINCT s.variant_id FROM stock_shortfall s JOIN stock_level l ON l.variant_id = s.variant_id"
        " JOIN stock_location o ON o.id = l.location_id AND o.active AND o.ships_orders WHERE l.available > 0"
    )
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class OpenDifference:
    """A difference that nobody has repaired yet."""

    id: int
    level_id: int
    variant_id: int
    sku: str
    location_id: int
    location: str
    part: str
    stored: int
    derived: int
    first_seen: datetime
    last_seen: datetime


def open_differences(*, limit: int = 1000) -> list[OpenDifference]:
    """What reconciliation has found and what is still so, oldest first."""
    rows = fetch(
        "SELECT d.id, d.level_id, l.variant_id, v.sku, l.location_id, o.name, d.part, d.stored, d.derived,"
        " d.first_seen, d.last_seen FROM stock_difference d JOIN stock_level l ON l.id = d.level_id"
        " JOIN catalog_variant v ON v.id = l.variant_id JOIN stock_location o ON o.id = l.location_id"
        " WHERE d.closed_at IS NULL ORDER BY d.first_seen, d.id LIMIT %s",
        (limit,),
    )
    return [OpenDifference(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class NumberNow:
    """A number that is not what it is made of, at this moment."""

    level_id: int
    variant_id: int
    sku: str
    location: str
    part: str
    stored: int
    derived: int


def differences_now() -> list[NumberNow]:
    """Every number that differs, with the words people know its level by; nothing is noted anywhere."""
    levels = differing_levels()
    names = {
        id_: (sku, place)
        for id_, sku, place in fetch(
            "SELECT l.id, v.sku, o.name FROM stock_level l JOIN catalog_variant v ON v.id = l.variant_id"
            " JOIN stock_location o ON o.id = l.location_id WHERE l.id = ANY(%s)",
            ([level.level_id for level in levels],),
        )
    }
    return [
        NumberNow(level.level_id, level.variant_id, *names[level.level_id], part, stored, derived)
        for level in levels
        for part, stored, derived in level.parts()
    ]
