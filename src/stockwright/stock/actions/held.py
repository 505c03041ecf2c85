"""Levels under lock: read once, changed in memory, written as one summed delta each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stockwright.kit.bulk import execute, fetch
from stockwright.stock.errors import Shortage
from stockwright.stock.models import HOLDING


@dataclass(slots=True)
class Level:
    """One level while it is locked."""

    id: int
    variant_id: int
    location_id: int
    on_hand: int
    damaged: int
    quality_control: int
    committed: int
    reserved: int
    safety_stock: int
    incoming: int
    bin_id: int | None
    # Active, and web orders may take from it.
    ships: bool
    priority: int

    @property
    def sellable(self) -> int:
        """Units fit to be sold, promised or not."""
        return self.on_hand - self.damaged - self.quality_control

    @property
    def unpromised(self) -> int:
        """Sellable units that nobody was promised, safety stock included."""
        return self.sellable - self.committed - self.reserved

    @property
    def free(self) -> int:
        """Units that an order may have now."""
        return max(0, self.unpromised - self.safety_stock) if self.ships else 0

    @property
    def numbers(self) -> tuple[int, ...]:
        """What is written back as a delta, in the order of NUMBERS."""
        return (
            self.on_hand, self.damaged, self.quality_control, self.committed, self.reserved, self.safety_stock,
            self.incoming,
        )  # fmt: skip


NUMBERS = ("on_hand", "damaged", "quality_control", "committed", "reserved", "safety_stock", "incoming")

_LOCK = (
    "SELECT l.id, l.variant_id, l.location_id, l.on_hand, l.damaged, l.quality_control, l.committed, l.reserved,"
    " l.safety_stock, l.incoming, l.bin_id, o.ships_orders AND o.active, o.priority"
    " FROM stock_level l JOIN stock_location o ON o.id = l.location_id"
    " WHERE l.variant_id = ANY(%s) ORDER BY l.id FOR UPDATE OF l"
)
_WRITE = (  # the columns' names are ours, never anybody's input
    "UPDATE stock_level l SET "  # noqa: S608
    + ", ".join(f"{name} = l.{name} + d.{name}" for name in NUMBERS)
    + " FROM unnest(%s::bigint[], "
    + ", ".join(["%s::int[]"] * len(NUMBERS))
    + ") AS d(id, "
    + ", ".join(NUMBERS)
    + ") WHERE l.id = d.id"
)
# The hot path changes promises alone: fewer columns, half the time.
_WRITE_COMMITTED = (
    "UPDATE stock_level l SET committed = l.committed + d.units"
    " FROM unnest(%s::bigint[], %s::int[]) AS d(id, units) WHERE l.id = d.id"
)


@dataclass(slots=True)
class HeldLevels:
    """All levels of some variants, locked in key order until the transaction ends."""

    levels: dict[int, Level]
    before: dict[int, tuple[int, ...]]
    by_variant: dict[int, list[Level]] = field(default_factory=dict)
    by_place: dict[tuple[int, int], Level] = field(default_factory=dict)
    # Orders whose promises changed though they asked for nothing: served from the queue, or lost.
    moved_orders: set[int] = field(default_factory=set)

    def at(self, variant_id: int, location_id: int) -> Level:
        """The level of a variant at a location."""
        return self.by_place[variant_id, location_id]

    def places(self, only: Collection[int] | None = None) -> tuple[list[dict[int, int]], list[int]]:
        """What the rules decide over: of each location by priority, its free units by variant; and the locations.

        `only` limits it to some variants.
        """
        found: dict[tuple[int, int], dict[int, int]] = {}
        for variant in self.by_variant if only is None else only:
            for level in self.by_variant.get(variant, ()):
                free = level.free
                if free:
                    place = found.get((level.priority, level.location_id))
                    if place is None:
                        place = found[level.priority, level.location_id] = {}
                    place[variant] = free
        order = sorted(found)
        return [found[key] for key in order], [location for _, location in order]

    def dated(self, variant_ids: Iterable[int]) -> set[int]:
        """Of these variants, those of which something is on its way: for the others no day can be named."""
        return {v for v in variant_ids if any(level.incoming for level in self.by_variant.get(v, ()))}

    def write(self) -> None:
        """Write one summed delta per changed level, in one statement; the CHECKs have the last word."""
        deltas: list[tuple[int, ...]] = []
        for id_, old in self.before.items():
            level = self.levels[id_]
            new = level.numbers
            if new != old:
                deltas.append((id_, *(b - a for a, b in zip(old, new, strict=True))))
                self.before[id_] = new
        if not deltas:
            return
        columns = list(zip(*deltas, strict=True))
        # Columns 1 to 7 are NUMBERS; the fourth is committed.
        if not any(any(columns[i]) for i in (1, 2, 3, 5, 6, 7)):
            execute(_WRITE_COMMITTED, (list(columns[0]), list(columns[4])))
        else:
            execute(_WRITE, [list(column) for column in columns])


# Levels are never removed: another number of them means that some were made meanwhile.
_COUNT = "SELECT count(*) FROM stock_level WHERE variant_id = ANY(%s)"


def hold(variant_ids: Iterable[int]) -> HeldLevels:
    """Lock all levels of these variants and read them.

    Locks: FOR UPDATE on every level of the variants, in key order, in one statement. An action that calls several
    functions of the kernel holds the union of their variants first, so that it never waits while holding.
    """
    ids = list(set(variant_ids))
    held = HeldLevels({}, {})
    rows = fetch(_LOCK, (ids,)) if ids else []
    # A statement that had to wait does not see the levels that were made while it waited. Whoever made them held these.
    while ids and len(rows) < fetch(_COUNT, (ids,))[0][0]:
        rows = fetch(_LOCK, (ids,))
    for row in rows:
        level = Level(*row)
        held.levels[level.id] = level
        held.before[level.id] = level.numbers
        held.by_place[level.variant_id, level.location_id] = level
        same = held.by_variant.get(level.variant_id)
        if same is None:
            held.by_variant[level.variant_id] = [level]
        else:
            same.append(level)
    for levels in held.by_variant.values():
        if len(levels) > 1:
            levels.sort(key=lambda level: (level.priority, level.location_id))
    return held


_WITHOUT_LEVEL = (
    "SELECT v.id, v.stocked FROM catalog_variant v WHERE v.id = ANY(%s) AND NOT v.is_kit"
    " AND NOT (v.stocked AND EXISTS (SELECT 1 FROM stock_level l WHERE l.variant_id = v.id))"
)


def hold_to_promise(variant_ids: Iterable[int], places: Iterable[tuple[int, int]] = ()) -> HeldLevels:
    """As `hold`; variants without any level get one first, as none can be made safely once others are held.

    So do `places`, (variant, location) of these variants where units will come to lie.

    Locks: as `keep_uncounted`, as `make_first_levels`, then as `hold`.
    """
    ids = list(set(variant_ids))
    rows = fetch(_WITHOUT_LEVEL, (ids,)) if ids else []
    keep_uncounted([id_ for id_, counted in rows if not counted])
    make_first_levels([id_ for id_, counted in rows if counted])
    make_levels(places)
    return hold(ids)


def make_levels(places: Iterable[tuple[int, int]]) -> None:
    """Make the levels of (variant, location) that do not exist yet, empty.

    Call it before `hold`: what is not there can't be locked.

    Locks: as `make_first_levels`, for variants that have no level at all.
    """
    wanted = sorted(set(places))
    if not wanted:
        return
    missing = fetch(
        "SELECT w.v, w.l, NOT EXISTS (SELECT 1 FROM stock_level y WHERE y.variant_id = w.v)"
        " FROM unnest(%s::bigint[], %s::bigint[]) AS w(v, l)"
        " JOIN stock_location o ON o.id = w.l AND o.kind = ANY(%s)"
        " WHERE NOT EXISTS (SELECT 1 FROM stock_level x WHERE x.variant_id = w.v AND x.location_id = w.l)"
        " ORDER BY w.v, w.l",
        (*map(list, zip(*wanted, strict=True)), list(map(str, HOLDING))),
    )
    if missing:
        variants, locations, first = zip(*missing, strict=True)
        _one_at_a_time(variant for variant, is_first in zip(variants, first, strict=True) if is_first)
        execute(
            "INSERT INTO stock_level (variant_id, location_id) SELECT * FROM unnest(%s::bigint[], %s::bigint[])"
            " ON CONFLICT (variant_id, location_id) DO NOTHING",
            (list(variants), list(locations)),
        )


def make_first_levels(variant_ids: Collection[int]) -> None:
    """Give variants without any level an empty one where orders are promised first.

    Every promise and every shortfall of a variant is decided under the locks of its levels: there must be one.

    Locks: until the end of the transaction, one at a time makes the first level of a variant.
    """
    if variant_ids:
        _one_at_a_time(variant_ids)
        execute(
            "INSERT INTO stock_level (variant_id, location_id)"
            " SELECT v, o.id FROM unnest(%s::bigint[]) AS v, LATERAL (SELECT id FROM stock_location"
            " WHERE active AND kind = ANY(%s) ORDER BY ships_orders DESC, priority, id LIMIT 1) o"
            " WHERE NOT EXISTS (SELECT 1 FROM stock_level l WHERE l.variant_id = v)"
            " ORDER BY v ON CONFLICT (variant_id, location_id) DO NOTHING",
            (sorted(variant_ids), list(map(str, HOLDING))),
        )


def keep_uncounted(variant_ids: Collection[int]) -> None:
    """Let nobody begin to count these services and fees: they have no levels that could be held.

    Locks: together with others who do the same, and until the end of the transaction, against `hold_to_recast`; taken
    before any level.
    """
    if variant_ids:
        _lock_buckets("pg_advisory_xact_lock_shared", _UNCOUNTED, variant_ids)


def hold_to_recast(variant_ids: Collection[int], also: Iterable[int] = ()) -> HeldLevels:
    """Hold variants that begin or cease to be counted, or become kits, and `also` others.

    Whoever promises units of them does so before, and is seen, or after, and sees what they are now.

    Locks: against `keep_uncounted`, against `make_first_levels`, then as `hold`.
    """
    if variant_ids:
        _lock_buckets("pg_advisory_xact_lock", _UNCOUNTED, variant_ids)
        _one_at_a_time(variant_ids)
    return hold({*variant_ids, *also})


# The first keys of the advisory locks above and below, and how many there are of each: an import makes levels of any
# number of variants.
_FIRST_LEVELS = 0x57_10C4
_UNCOUNTED = 0x57_10C5
_BUCKETS = 64


def _one_at_a_time(variant_ids: Iterable[int]) -> None:
    """Wait for whoever else makes first levels: two that see no level, and not each other's, would share no lock."""
    _lock_buckets("pg_advisory_xact_lock", _FIRST_LEVELS, variant_ids)


def _lock_buckets(function: str, key: int, variant_ids: Iterable[int]) -> None:
    buckets = sorted({variant % _BUCKETS for variant in variant_ids})
    if buckets:
        fetch(f"SELECT {function}(%s::int, b) FROM unnest(%s::int[]) AS b", (key, buckets))  # noqa: S608


def shortages(asked: Mapping[tuple[int, int | None], tuple[int, int]]) -> tuple[Shortage, ...]:
    """Name what is missing, with SKUs.

    Shape: from (variant, location or None) to (units asked, units there).
    """
    skus = skus_of({variant for variant, _ in asked})
    return tuple(
        Shortage(variant, skus.get(variant, str(variant)), units, there, location)
        for (variant, location), (units, there) in asked.items()
    )


def skus_of(variant_ids: Collection[int]) -> dict[int, str]:
    """The SKUs of variants."""
    return dict(fetch("SELECT id, sku FROM catalog_variant WHERE id = ANY(%s)", (list(variant_ids),)))


def system_location(kind: str) -> int:
    """The one location of a kind that balances the books: suppliers, customers, transit, scrap, shrinkage, before."""
    return system_locations((kind,))[kind]


_SYSTEM_CODES = {
    "supplier": ("suppliers", "Suppliers"),
    "customer": ("customers", "Customers"),
    "transit": ("transit", "In transit"),
    "scrap": ("scrap", "Scrap"),
    "shrinkage": ("shrinkage", "Shrinkage"),
    "before": ("before", "Before the ledger"),
}


def system_locations(kinds: Sequence[str]) -> dict[str, int]:
    """Several of them by kind; a missing one is made."""
    codes = {_SYSTEM_CODES[kind][0]: kind for kind in kinds}
    found = dict(fetch("SELECT code, id FROM stock_location WHERE code = ANY(%s)", (list(codes),)))
    for code in codes.keys() - found.keys():
        name = _SYSTEM_CODES[codes[code]][1]
        execute(
            "INSERT INTO stock_location (code, name, kind, priority, ships_orders, active, address)"
            " VALUES (%s, %s, %s, 900, false, true, '{}') ON CONFLICT (code) DO NOTHING",
            (code, name, codes[code]),
        )
        found.update(fetch("SELECT code, id FROM stock_location WHERE code = %s", (code,)))
    return {codes[code]: id_ for code, id_ in found.items()}
