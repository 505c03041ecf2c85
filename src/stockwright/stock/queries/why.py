"""Why a number is what it is: the movements, promises and arrivals that make it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from stockwright.kit.bulk import fetch


@dataclass(frozen=True, slots=True)
class LevelState:
    """A variant at a location, in Shopify's words."""

    level_id: int
    variant_id: int
    location_id: int
    location: str
    kind: str
    on_hand: int
    available: int
    committed: int
    reserved: int
    damaged: int
    quality_control: int
    safety_stock: int
    incoming: int
    bin: str
    counted_at: datetime | None
    ships_orders: bool


def levels_of(variant_ids: Collection[int]) -> dict[int, list[LevelState]]:
    """The levels of variants at every location, by priority."""
    found: dict[int, list[LevelState]] = {variant: [] for variant in variant_ids}
    rows = fetch(
        "SELECT l.id, l.variant_id, o.id, o.name, o.kind, l.on_hand, l.available, l.committed, l.reserved, l.damaged,"
        " l.quality_control, l.safety_stock, l.incoming, coalesce(b.code, ''), l.counted_at,"
        " o.ships_orders AND o.active FROM stock_level l JOIN stock_location o ON o.id = l.location_id"
        " LEFT JOIN stock_bin b ON b.id = l.bin_id WHERE l.variant_id = ANY(%s) ORDER BY o.priority, o.id",
        (list(variant_ids),),
    )
    for row in rows:
        found[row[1]].append(LevelState(*row))
    return found


@dataclass(frozen=True, slots=True)
class Step:
    """A movement as one location sees it, and what was on hand after it."""

    movement_id: int
    occurred_at: datetime
    location_id: int
    location: str
    # More, or with a minus fewer; nought where only the condition or bin changed.
    change: int
    balance: int
    units: int
    reason: str
    other_location: str
    from_condition: str
    to_condition: str
    lot: str
    bin: str
    reference_type: str
    reference_id: int | None
    note: str
    actor: str
    call: str
    unit_cost: Decimal | None


# Balances run backwards from the level as it is now, so that only the latest steps are read, however long the ledger.
_STEPS = """
WITH seen AS (
    SELECT m.*, l.location_id AS here, l.on_hand AS now_on_hand,
           CASE WHEN m.to_location_id = l.location_id THEN m.units ELSE 0 END
           - CASE WHEN m.from_location_id = l.location_id THEN m.units ELSE 0 END AS change
    FROM stock_level l CROSS JOIN LATERAL (
        SELECT * FROM stock_movement w
        WHERE w.variant_id = l.variant_id AND (w.to_location_id = l.location_id OR w.from_location_id = l.location_id)
          AND (NOT %(since_count)s OR l.counted_at IS NULL OR w.occurred_at >= l.counted_at)
        ORDER BY w.occurred_at DESC, w.id DESC LIMIT %(limit)s
    ) m
    WHERE l.variant_id = %(variant)s AND (%(location)s::bigint IS NULL OR l.location_id = %(location)s)
), running AS (
    SELECT s.*, s.now_on_hand - coalesce(sum(s.change) OVER (PARTITION BY s.here ORDER BY s.occurred_at DESC, s.id DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS balance
    FROM seen s
)
SELECT r.id, r.occurred_at, r.here, o.name, r.change, r.balance, r.units, r.reason, x.name, r.from_condition,
       r.to_condition, coalesce(t.code, ''), coalesce(b.code, ''), r.reference_type, r.reference_id, r.note, r.actor,
       coalesce(r.call::text, ''), r.unit_cost
FROM running r
JOIN stock_location o ON o.id = r.here
JOIN stock_location x ON x.id = CASE WHEN r.to_location_id = r.here THEN r.from_location_id ELSE r.to_location_id END
LEFT JOIN stock_lot t ON t.id = r.lot_id
LEFT JOIN stock_bin b ON b.id = CASE WHEN r.to_location_id = r.here THEN r.to_bin_id ELSE r.from_bin_id END
ORDER BY r.occurred_at DESC, r.id DESC LIMIT %(limit)s
"""


def steps_of(
    variant_id: int, *, location_id: int | None = None, since_count: bool = False, limit: int = 100
) -> list[Step]:
    """The movements of a variant with the running balance of each location, newest first.

    `since_count` leaves out what happened before a location was last counted.
    """
    rows = fetch(_STEPS, {"variant": variant_id, "location": location_id, "since_count": since_count, "limit": limit})
    return [Step(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Promise:
    """Units of a variant promised to an order line, or missing for it."""

    line_id: int
    order_id: int
    units: int
    due_at: datetime
    location: str = ""
    # Empty for what is promised; for what is missing, which kind of shortfall.
    kind: str = ""
    promised_on: date | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """Units held for somebody who has not ordered yet."""

    holder: str
    location: str
    units: int
    reserved_until: datetime


@dataclass(frozen=True, slots=True)
class Coming:
    """Units on their way."""

    arrival_id: int
    variant_id: int
    sku: str
    location: str
    origin: str
    units: int
    received: int
    expected_on: date | None
    reference: str
    reference_type: str
    reference_id: int | None


@dataclass(frozen=True, slots=True)
class Why:
    """Whom a variant's units are promised to, who waits for some, and what is on its way."""

    commitments: list[Promise]
    shortfalls: list[Promise]
    reservations: list[Holding]
    arrivals: list[Coming]


def why(variant_id: int, *, limit: int = 100) -> Why:
    """Answer "why are only 3 free?": promises by order, reservations, arrivals; `steps_of` tells of the movements."""
    commitments = fetch(
        "SELECT c.line_id, c.order_id, c.units, c.due_at, o.name FROM stock_commitment c"
        " JOIN stock_level l ON l.id = c.level_id JOIN stock_location o ON o.id = l.location_id"
        " WHERE l.variant_id = %s ORDER BY c.due_at, c.placed_at, c.line_id LIMIT %s",
        (variant_id, limit),
    )
    shortfalls = fetch(
        "SELECT line_id, order_id, units, due_at, '', kind, promised_on FROM stock_shortfall"
        " WHERE variant_id = %s ORDER BY due_at, placed_at, line_id LIMIT %s",
        (variant_id, limit),
    )
    reservations = fetch(
        "SELECT r.holder, o.name, r.units, r.reserved_until FROM stock_reservation r"
        " JOIN stock_level l ON l.id = r.level_id JOIN stock_location o ON o.id = l.location_id"
        " WHERE l.variant_id = %s ORDER BY r.reserved_until LIMIT %s",
        (variant_id, limit),
    )
    return Why(
        [Promise(*row) for row in commitments],
        [Promise(*row) for row in shortfalls],
        [Holding(*row) for row in reservations],
        arrivals_open(variant_id=variant_id, limit=limit),
    )


def arrivals_open(*, variant_id: int | None = None, limit: int = 1000) -> list[Coming]:
    """What is on its way, soonest first."""
    rows = fetch(
        "SELECT a.id, a.variant_id, v.sku, o.name, f.name, a.units, a.received, a.expected_on, a.reference,"
        " a.reference_type, a.reference_id FROM stock_arrival a JOIN catalog_variant v ON v.id = a.variant_id"
        " JOIN stock_location o ON o.id = a.location_id JOIN stock_location f ON f.id = a.origin_id"
        " WHERE a.closed_at IS NULL AND (%(variant)s::bigint IS NULL OR a.variant_id = %(variant)s)"
        " ORDER BY a.expected_on NULLS LAST, a.id LIMIT %(limit)s",
        {"variant": variant_id, "limit": limit},
    )
    return [Coming(*row) for row in rows]
