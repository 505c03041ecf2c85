"""Which lots and bins units leave and come to: portions are conserved as levels are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from stockwright.kit.bulk import copy_rows, execute, fetch, reserve_ids
from stockwright.kit.business import calendar
from stockwright.stock.actions.held import HeldLevels, Level, skus_of
from stockwright.stock.errors import NotInBin, NotInLot, OnlyExpired
from stockwright.stock.models import Reason
from stockwright.stock.rules import Portion, draw

if TYPE_CHECKING:  # the ledger asks this file; both speak of its moves
    from stockwright.stock.actions.ledger import Move

# Variant, location and condition.
Place = tuple[int, int, str]
# Lot and bin.
Inside = tuple[int | None, int | None]

_READ = """
SELECT p.id, p.variant_id, p.location_id, p.condition, p.lot_id, p.bin_id, p.units, t.expires_on
FROM stock_portion p LEFT JOIN stock_lot t ON t.id = p.lot_id WHERE p.variant_id = ANY(%s)
"""
# What an order or transfer took along and has not brought back: by lot.
_TAKEN_ALONG = """
SELECT m.variant_id, m.reference_type, m.reference_id, w.location, m.lot_id, t.expires_on,
       sum(CASE WHEN m.to_location_id = w.location THEN m.units ELSE -m.units END)::int
FROM (SELECT DISTINCT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[]))
     AS w(variant, type, id, location)
JOIN stock_movement m ON m.reference_type = w.type AND m.reference_id = w.id AND m.variant_id = w.variant
     AND w.location IN (m.to_location_id, m.from_location_id)
JOIN stock_lot t ON t.id = m.lot_id
GROUP BY 1, 2, 3, 4, 5, 6
HAVING sum(CASE WHEN m.to_location_id = w.location THEN m.units ELSE -m.units END) > 0
"""
_COMES_BACK = (Reason.RETURNED, Reason.TRANSFER_IN, Reason.WRITTEN_OFF)


@dataclass(slots=True)
class Portions:
    """The portions of some variants while their levels are held: read once, changed in memory, written once."""

    at: datetime
    units: dict[Place, dict[Inside, int]] = field(default_factory=dict)
    # As they were read: the row and its units.
    rows: dict[tuple[Place, Inside], tuple[int, int]] = field(default_factory=dict)
    expiry: dict[int, date | None] = field(default_factory=dict)
    # Units that earlier moves of the same call brought to a place, or with a minus took from it.
    moved: dict[Place, int] = field(default_factory=dict)

    def read(self, variant_ids: Collection[int]) -> None:
        """Read the portions of variants."""
        for id_, variant, location, condition, lot, bin_, units, expires_on in fetch(_READ, (list(variant_ids),)):
            place, inside = (variant, location, condition), (lot, bin_)
            self.units.setdefault(place, {})[inside] = units
            self.rows[place, inside] = (id_, units)
            if lot is not None:
                self.expiry[lot] = expires_on

    def change(self, place: Place, inside: Inside, units: int) -> None:
        """Count units into a portion, or with a minus out of it."""
        self.moved[place] = self.moved.get(place, 0) + units
        if inside != (None, None):
            here = self.units.setdefault(place, {})
            here[inside] = here.get(inside, 0) + units

    def draw_from(self, level: Level, move: Move) -> Iterator[tuple[Inside, int]]:
        """Choose the lots and bins that a move takes from a level.

        Raises: NotInLot, NotInBin where that many are not in what the move names; OnlyExpired.
        """
        place = (move.variant_id, move.from_location, str(move.from_condition))
        sold = move.reason == Reason.SHIPPED
        fresh_on = calendar().day(move.occurred_at or self.at) if self.expiry and move.reason in _FRESH_FIRST else None
        there = [
            Portion(lot, bin_, self.expiry.get(lot) if lot else None, units)
            for (lot, bin_), units in self.units.get(place, {}).items()
            if units > 0 and move.lot_id in (None, lot) and move.from_bin in (None, bin_)
        ]
        expired = [p for p in there if sold and fresh_on and p.expires_on and p.expires_on < fresh_on]
        left = move.units
        for portion, units in draw(
            left, [p for p in there if p not in expired], bin_first=level.bin_id, fresh_on=fresh_on
        ):
            left -= units
            yield (portion.lot_id, portion.bin_id), units
        if not left:
            return
        if move.lot_id is not None or move.from_bin is not None:
            _refuse_elsewhere(move, sum(p.units for p in there))
        if expired and move.lot_id is None:
            # What lies in no lot and bin at all may go; what has expired may not.
            loose = _number(level, place[2]) + self.moved.get(place, 0) - sum(self.units[place].values())
            if left > loose:
                self._refuse_expired(move, move.units - left + max(0, loose))
        yield (None, None), left

    def _refuse_expired(self, move: Move, there: int) -> None:
        raise OnlyExpired(sku=skus_of([move.variant_id])[move.variant_id], asked=move.units, there=there)

    def write(self) -> None:
        """Write what changed; nobody else can have changed it meanwhile, as the levels are held."""
        changed: list[tuple[int, int]] = []
        gone: list[int] = []
        new: list[tuple[int | str | None, ...]] = []
        for place, here in self.units.items():
            for inside, units in here.items():
                id_, before = self.rows.get((place, inside), (0, 0))
                if units == before:
                    continue
                if not id_:
                    new.append((*place, *inside, units))
                elif units:
                    changed.append((id_, units))
                else:
                    gone.append(id_)
        if changed:
            execute(
                "UPDATE stock_portion p SET units = d.units FROM unnest(%s::bigint[], %s::int[]) AS d(id, units)"
                " WHERE p.id = d.id",
                [list(column) for column in zip(*changed, strict=True)],
            )
        if gone:
            execute("DELETE FROM stock_portion WHERE id = ANY(%s)", (gone,))
        if new:
            columns = ("id", "variant_id", "location_id", "condition", "lot_id", "bin_id", "units")
            ids = reserve_ids("stock_portion", len(new))
            copy_rows("stock_portion", columns, ((id_, *row) for id_, row in zip(ids, new, strict=True)))


# What goes to somebody else should not be what expires on the way; what is thrown away may.
_FRESH_FIRST = (Reason.SHIPPED, Reason.TRANSFER_OUT)


def _number(level: Level, condition: str) -> int:
    return level.sellable if condition == "sellable" else int(getattr(level, condition))


def _refuse_elsewhere(move: Move, there: int) -> None:
    sku = skus_of([move.variant_id])[move.variant_id]
    if move.lot_id is not None:
        (lot,) = fetch("SELECT code FROM stock_lot WHERE id = %s", (move.lot_id,))
        raise NotInLot(sku=sku, lot=lot[0], asked=move.units, there=there)
    (bin_,) = fetch("SELECT code FROM stock_bin WHERE id = %s", (move.from_bin,))
    raise NotInBin(sku=sku, bin=bin_[0], asked=move.units, there=there)


def detailed(held: HeldLevels, moves: Sequence[Move], at: datetime) -> tuple[Sequence[Move], Portions]:
    """Say which lots and bins units leave and come to, where nobody said so; a move of several of them becomes several.

    Call it before the levels are changed. What comes back from an order or transfer is what that took along.
    Raises: NotInLot, NotInBin, OnlyExpired.
    """
    portions = Portions(at)
    if not moves:
        return moves, portions
    portions.read({move.variant_id for move in moves})
    along = _taken_along(held, moves)
    if not (portions.rows or along or any(level.bin_id for level in held.levels.values()) or _named(moves)):
        return moves, portions
    found: list[Move] = []
    for move in moves:
        source = held.by_place.get((move.variant_id, move.from_location))
        target = held.by_place.get((move.variant_id, move.to_location))
        drawn = portions.draw_from(source, move) if source else _from_reference(move, along)
        for (lot, bin_), units in drawn:
            # A change of condition leaves units where they lie; what comes without a bin goes where it is kept.
            kept = bin_ if source is target else None
            to_bin = move.to_bin or kept or (target.bin_id if target else None)
            found.append(replace(move, units=units, lot_id=lot, from_bin=bin_, to_bin=to_bin))
            if source is not None:
                portions.change((move.variant_id, move.from_location, str(move.from_condition)), (lot, bin_), -units)
            if target is not None:
                portions.change((move.variant_id, move.to_location, str(move.to_condition)), (lot, to_bin), units)
    return found, portions


def _named(moves: Sequence[Move]) -> bool:
    return any(move.lot_id or move.from_bin or move.to_bin for move in moves)


# (variant, type, id, location) to what of each lot is there.
Along = Mapping[tuple[int, str, int, int], list[Portion]]


def _taken_along(held: HeldLevels, moves: Sequence[Move]) -> Along:
    """What the orders and transfers that these moves come back from took along."""
    wanted = [
        (move.variant_id, *move.reference, move.from_location)
        for move in moves
        if move.reason in _COMES_BACK
        and move.lot_id is None
        and move.reference[0] in ("order", "transfer")
        and (move.variant_id, move.from_location) not in held.by_place
    ]
    if not wanted or not fetch(
        "SELECT 1 FROM catalog_variant WHERE id = ANY(%s) AND tracking <> 'none' LIMIT 1", ([row[0] for row in wanted],)
    ):
        return {}
    along: dict[tuple[int, str, int, int], list[Portion]] = {}
    rows = fetch(_TAKEN_ALONG, [list(column) for column in zip(*wanted, strict=True)])
    for variant, type_, id_, location, lot, expires_on, units in rows:
        along.setdefault((variant, type_, id_, location), []).append(Portion(lot, None, expires_on, units))
    return along


def _from_reference(move: Move, along: Along) -> list[tuple[Inside, int]]:
    """The lots of what comes from outside: as told, else as it was taken along."""
    type_, id_ = move.reference
    there = along.get((move.variant_id, type_, id_ or 0, move.from_location), [])
    if move.lot_id is not None or not there:
        return [((move.lot_id, None), move.units)]
    drawn = draw(move.units, there)
    for portion, units in drawn:
        # The next move of the same call takes of what is left.
        there[there.index(portion)] = portion._replace(units=portion.units - units)
    left = move.units - sum(units for _, units in drawn)
    return [*(((p.lot_id, None), units) for p, units in drawn), *([((None, None), left)] if left else [])]


_REBUILD = """
INSERT INTO stock_portion (variant_id, location_id, condition, lot_id, bin_id, units)
SELECT m.variant_id, m.location_id, m.condition, m.lot_id, m.bin_id, sum(m.units)
FROM (
    SELECT variant_id, to_location_id AS location_id, to_condition AS condition, lot_id, to_bin_id AS bin_id, units
    FROM stock_movement WHERE variant_id = ANY(%(variants)s)
    UNION ALL
    SELECT variant_id, from_location_id, from_condition, lot_id, from_bin_id, -units
    FROM stock_movement WHERE variant_id = ANY(%(variants)s)
) m
JOIN stock_location o ON o.id = m.location_id AND o.kind IN ('warehouse', 'store')
WHERE m.lot_id IS NOT NULL OR m.bin_id IS NOT NULL
GROUP BY 1, 2, 3, 4, 5 HAVING sum(m.units) > 0
"""


def rebuild(variant_ids: Collection[int]) -> None:
    """Make the portions of variants say what the ledger says; their levels are held."""
    given = {"variants": list(variant_ids)}
    execute("DELETE FROM stock_portion WHERE variant_id = ANY(%(variants)s)", given)
    execute(_REBUILD, given)
