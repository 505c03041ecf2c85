"""Writing promises: commitments, shortfalls and reservations, always under the locks of their levels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction

from stockwright.kit import business
from stockwright.kit.actions import Call
from stockwright.kit.bulk import as_array, copy_rows, execute, fetch
from stockwright.stock.actions.held import HeldLevels, Level
from stockwright.stock.models import Shortfall
from stockwright.stock.rules import Held, Part, cut, decide

# (line, order, level, units, per kit, due, placed)
CommitmentRow = tuple[int, int, int, int, int, datetime, datetime]
# (line, order, variant, units, per kit, kind, due, placed)
ShortfallRow = tuple[int, int, int, int, int, str, datetime, datetime]

# From so many rows on, COPY is worth its savepoint.
_MANY = 100

_COMMITMENT_COLUMNS = ("line_id", "order_id", "level_id", "units", "per_kit", "due_at", "placed_at", "created_at")
_COMMITMENT_TYPES = ("int8", "int8", "int8", "int4", "int4", "timestamptz", "timestamptz", "timestamptz")
_SHORTFALL_COLUMNS = (
    "line_id", "order_id", "variant_id", "units", "per_kit", "kind", "due_at", "placed_at", "since",
)  # fmt: skip
_SHORTFALL_TYPES = (
    "int8", "int8", "int8", "int4", "int4", "varchar", "timestamptz", "timestamptz", "timestamptz",
)  # fmt: skip


def write_commitments(rows: Sequence[CommitmentRow], at: datetime) -> None:
    """Add commitments; units for a line and level that have one already are added to it."""
    if len(rows) >= _MANY:
        try:
            with transaction.atomic():
                copied = ((*row, at) for row in rows)
                copy_rows("stock_commitment", _COMMITMENT_COLUMNS, copied, _COMMITMENT_TYPES)
        except IntegrityError:
            # Some line had units of the level before: the slower statement below adds to them.
            pass
        else:
            return
    if rows:
        columns = [as_array(column) for column in zip(*_summed(rows), strict=True)]
        execute(
            "INSERT INTO stock_commitment (line_id, order_id, level_id, units, per_kit, due_at, placed_at, created_at)"
            " SELECT u.*, %s FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::int[],"
            " %s::timestamptz[], %s::timestamptz[]) AS u"
            " ON CONFLICT (line_id, level_id) DO UPDATE SET units = stock_commitment.units + excluded.units",
            (at, *columns),
        )


def _summed(rows: Sequence[CommitmentRow]) -> Iterable[CommitmentRow]:
    """One row per line and level: a statement may touch a row only once."""
    sums: dict[tuple[int, int], CommitmentRow] = {}
    for row in rows:
        key = (row[0], row[2])
        old = sums.get(key)
        sums[key] = row if old is None else (*row[:3], row[3] + old[3], *row[4:])
    return sums.values()


def write_shortfalls(rows: Sequence[ShortfallRow], at: datetime) -> None:
    """Add shortfalls; units for a line and variant that wait already are added to them."""
    if len(rows) >= _MANY:
        try:
            with transaction.atomic():
                copied = ((*row, at) for row in rows)
                copy_rows("stock_shortfall", _SHORTFALL_COLUMNS, copied, _SHORTFALL_TYPES)
        except IntegrityError:
            # Some line waited for the variant before.
            pass
        else:
            return
    if not rows:
        return
    sums: dict[tuple[int, int], ShortfallRow] = {}
    for row in rows:
        old = sums.get((row[0], row[2]))
        sums[row[0], row[2]] = row if old is None else (*row[:3], row[3] + old[3], *row[4:])
    columns = [as_array(column) for column in zip(*sums.values(), strict=True)]
    execute(
        "INSERT INTO stock_shortfall (line_id, order_id, variant_id, units, per_kit, kind, due_at, placed_at, since)"
        " SELECT u.*, %s FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::text[],"
        " %s::timestamptz[], %s::timestamptz[]) AS u"
        " ON CONFLICT (line_id, variant_id) DO UPDATE SET units = stock_shortfall.units + excluded.units",
        (at, *columns),
    )


def lessen(table: str, taken: Mapping[int, int]) -> None:
    """Take units off commitment, shortfall or reservation rows, and remove those that come to nothing."""
    if taken:
        numbers = (list(taken.keys()), list(taken.values()))
        less = "FROM unnest(%s::bigint[], %s::int[]) AS d(id, units) WHERE t.id = d.id AND t.units"
        execute(f"DELETE FROM {table} t USING {less.removeprefix('FROM ')} <= d.units", numbers)  # noqa: S608
        execute(f"UPDATE {table} t SET units = t.units - d.units {less} > d.units", numbers)  # noqa: S608


# Units that are set free for somebody alone: by level.
Own = dict[int, int]


def drop_reservations(held: HeldLevels, at: datetime, holders: Collection[str] = ()) -> tuple[set[int], dict[str, Own]]:
    """Forget reservations of the held levels that have run out, and those of `holders`, who are about to be served.

    Shape: the variants that became freer; of each holder, what was kept for it until now.
    """
    levels = [level.id for level in held.levels.values() if level.reserved]
    freed: set[int] = set()
    own: dict[str, Own] = {}
    if not levels:
        return freed, own
    rows = fetch(
        "DELETE FROM stock_reservation WHERE level_id = ANY(%s) AND (reserved_until <= %s OR holder = ANY(%s))"
        " RETURNING level_id, units, CASE WHEN reserved_until > %s THEN holder END",
        (levels, at, list(holders), at),
    )
    for level_id, units, holder in rows:
        level = held.levels[level_id]
        level.reserved -= units
        freed.add(level.variant_id)
        if holder is not None:
            own.setdefault(holder, {})[level_id] = units
    return freed, own


def drop_expired(held: HeldLevels, at: datetime) -> set[int]:
    """Forget reservations of the held levels that have run out.

    Shape: the variants that became freer.
    """
    return drop_reservations(held, at)[0]


def own_first(
    held: HeldLevels, parts: Iterable[Part], own: Mapping[Any, Own], owner: Callable[[Part], Any]
) -> tuple[list[tuple[Part, Level, int]], list[Part]]:
    """Give what was set free for somebody alone to its own parts, before anybody else is asked.

    Shape: who gets what of which level, for the caller to count there; and the parts as far as they are left.
    """
    mine: dict[Hashable, list[Part]] = {}
    rest: list[Part] = []
    for part in parts:
        who = owner(part)
        (mine.setdefault(who, []) if who in own else rest).append(part)
    takes: list[tuple[Part, Level, int]] = []
    for who, wanted in mine.items():
        found: dict[tuple[int, int], dict[int, int]] = {}
        for level_id, units in own[who].items():
            level = held.levels[level_id]
            if level.ships:
                found.setdefault((level.priority, level.location_id), {})[level.variant_id] = units
        order = sorted(found)
        decision = decide(wanted, [found[key] for key in order])
        takes += [(t.part, held.at(t.part.variant_id, order[t.place][1]), t.units) for t in decision.takes]
        rest += [part._replace(units=units) for part, units in decision.short]
    return takes, rest


# (line, variant, location): where a line's units are promised.
Promised = tuple[int, int, int]


def serve_waiting(call: Call, held: HeldLevels, variant_ids: Collection[int]) -> list[tuple[Promised, int]]:
    """Offer free units of the held levels to the orders that wait for them, in queue order.

    Shape: what was promised where.
    """
    places, locations = held.places(variant_ids)
    if not places:
        return []
    free: dict[int, int] = {}
    for here in places:
        for variant, units in here.items():
            free[variant] = free.get(variant, 0) + units
    # Each waiting row wants one unit or more: no more rows than free units can be served.
    rows = fetch(
        "SELECT s.id, s.line_id, s.order_id, s.variant_id, s.units, s.per_kit, s.due_at, s.placed_at"
        " FROM unnest(%s::bigint[], %s::bigint[]) AS f(variant, units), LATERAL (SELECT * FROM stock_shortfall w"
        " WHERE w.variant_id = f.variant ORDER BY w.due_at, w.placed_at, w.line_id LIMIT f.units) s",
        (list(free.keys()), list(free.values())),
    )
    if not rows:
        return []
    row_of = {(row[1], row[3]): row[0] for row in rows}
    takes = decide([Part(*row[1:]) for row in rows], places).takes
    served: dict[int, int] = {}
    commitments: list[CommitmentRow] = []
    for part, place, units in takes:
        level = held.at(part.variant_id, locations[place])
        level.committed += units
        commitments.append((part[0], part[1], level.id, units, part[4], part[5], part[6]))
        row_id = row_of[part.line_id, part.variant_id]
        served[row_id] = served.get(row_id, 0) + units
        held.moved_orders.add(part.order_id)
    lessen("stock_shortfall", served)
    write_commitments(commitments, call.at)
    return [((part.line_id, part.variant_id, locations[place]), units) for part, place, units in takes]


def lose_promises(call: Call, held: HeldLevels) -> dict[Promised, int]:
    """Where a held level has promised more than it has, cut reservations first and then the youngest commitments.

    What is cut from an order waits as a shortfall of the kind `lost`, where it stood in the queue.

    Shape: what was promised where to the units of it that were cut.
    """
    over = {level.id: -level.unpromised for level in held.levels.values() if level.unpromised < 0}
    if not over:
        return {}
    _cut_reservations(call, held, over)
    lost: dict[Promised, int] = {}
    rows = fetch(
        "SELECT c.id, c.level_id, c.units, c.line_id, c.order_id, c.per_kit, c.due_at, c.placed_at"
        " FROM unnest(%s::bigint[], %s::bigint[]) AS o(level, units), LATERAL (SELECT * FROM stock_commitment x"
        " WHERE x.level_id = o.level ORDER BY x.due_at DESC, x.placed_at DESC, x.line_id DESC LIMIT o.units) c",
        (list(over.keys()), list(over.values())),
    )
    by_id = {row[0]: row for row in rows}
    cuts = dict(cut(over, [Held(*row[:3]) for row in rows]))
    shortfalls: list[ShortfallRow] = []
    for row_id, units in cuts.items():
        _, level_id, _, line_id, order_id, per_kit, due_at, placed_at = by_id[row_id]
        level = held.levels[level_id]
        level.committed -= units
        lost[line_id, level.variant_id, level.location_id] = units
        kind = str(Shortfall.Kind.LOST)
        shortfalls.append((line_id, order_id, level.variant_id, units, per_kit, kind, due_at, placed_at))
        held.moved_orders.add(order_id)
    lessen("stock_commitment", cuts)
    write_shortfalls(shortfalls, call.at)
    return lost


def taken_over(
    cuts: Mapping[Promised, int], served: Iterable[tuple[Promised, int]]
) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], dict[int, int]]]:
    """Which of the cut units their lines got again elsewhere in the same breath.

    Shape: by (variant, location) of the cut: the units that are lost for good, and those that come from elsewhere now,
    by the location they come from.
    """
    got: dict[tuple[int, int], dict[int, int]] = {}
    for (line, variant, location), units in served:
        from_ = got.setdefault((line, variant), {})
        from_[location] = from_.get(location, 0) + units
    lost: dict[tuple[int, int], int] = {}
    moved: dict[tuple[int, int], dict[int, int]] = {}
    for (line, variant, location), units in cuts.items():
        left = units
        for other, there in got.get((line, variant), {}).items():
            taken = min(left, there)
            if taken:
                got[line, variant][other] = there - taken
                here = moved.setdefault((variant, location), {})
                here[other] = here.get(other, 0) + taken
                left -= taken
        if left:
            lost[variant, location] = lost.get((variant, location), 0) + left
    return lost, moved


def _cut_reservations(call: Call, held: HeldLevels, over: dict[int, int]) -> None:
    """Somebody who has not ordered yet loses before somebody who has; `over` is brought down."""
    levels = [level_id for level_id in over if held.levels[level_id].reserved]
    if not levels:
        return
    rows = fetch(
        "SELECT id, level_id, units, holder FROM stock_reservation WHERE level_id = ANY(%s)"
        " ORDER BY created_at DESC, id DESC",
        (levels,),
    )
    cuts = dict(cut(over, [Held(*row[:3]) for row in rows]))
    for row_id, level_id, _, holder in rows:
        units = cuts.get(row_id, 0)
        if units:
            level = held.levels[level_id]
            level.reserved -= units
            over[level_id] -= units
            call.record(
                "stock.reservation_lost", ("variant", level.variant_id), ("location", level.location_id, "place"),
                holder=holder, units=units,
            )  # fmt: skip
    lessen("stock_reservation", cuts)
    for level_id in [level_id for level_id, units in over.items() if not units]:
        del over[level_id]


_REFRESH = """
UPDATE stock_shortfall s SET promised_on = q.promised_on
FROM (
    WITH start AS (
        SELECT f.*, (
            SELECT coalesce(sum(x.units), 0) FROM stock_shortfall x WHERE x.variant_id = f.variant
            AND (x.due_at, x.placed_at, x.line_id) < (f.due, f.placed, f.line)
        ) AS ahead
        FROM unnest(%(variants)s::bigint[], %(due)s::timestamptz[], %(placed)s::timestamptz[], %(lines)s::bigint[])
             AS f(variant, due, placed, line)
    ), queue AS (
        SELECT w.id, w.variant_id, w.kind, f.ahead
               + sum(w.units) OVER (PARTITION BY w.variant_id ORDER BY w.due_at, w.placed_at, w.line_id) AS until
        FROM start f JOIN stock_shortfall w ON w.variant_id = f.variant
             AND (w.due_at, w.placed_at, w.line_id) >= (f.due, f.placed, f.line)
    ), coming AS (
        SELECT a.variant_id, a.expected_on,
               sum(a.units - a.received) OVER (PARTITION BY a.variant_id ORDER BY a.expected_on, a.id) AS until
        FROM stock_arrival a JOIN stock_location o ON o.id = a.location_id AND o.active AND o.ships_orders
        WHERE a.variant_id = ANY(%(variants)s) AND a.closed_at IS NULL AND a.expected_on >= %(today)s
          AND a.units > a.received
    )
    SELECT queue.id, coalesce(
        (SELECT min(c.expected_on) FROM coming c WHERE c.variant_id = queue.variant_id AND c.until >= queue.until),
        CASE WHEN queue.kind = 'preordered' AND v.preorder_until >= %(today)s THEN v.preorder_until END
    ) AS promised_on
    FROM queue JOIN catalog_variant v ON v.id = queue.variant_id
) q
WHERE s.id = q.id AND s.promised_on IS DISTINCT FROM q.promised_on
RETURNING s.order_id
"""
# (due, placed, line): a place in the queue, and the very first one.
Place = tuple[datetime, datetime, int]
_FRONT: Place = (datetime(1, 1, 2, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC), 0)


def refresh_promises(
    variant_ids: Collection[int], at: datetime, *, behind: Mapping[int, Place] | None = None
) -> set[int]:
    """Say anew when each waiting order of these variants is served, from what is on its way, first come first served.

    A day that has passed by `at`, the moment of the call, promises nothing. `behind` spares the part of a variant's queue before a place: nothing has
    changed for those who wait there.

    Shape: the orders whose date changed.
    """
    variants = list(variant_ids)
    if not variants:
        return set()
    places = [(behind or {}).get(variant, _FRONT) for variant in variants]
    due, placed, lines = (list(column) for column in zip(*places, strict=True))
    today = business.calendar().day(at)
    asked = {"variants": variants, "due": due, "placed": placed, "lines": lines, "today": today}
    return {row[0] for row in fetch(_REFRESH, asked)}


def tell_moved(call: Call, held: HeldLevels, cause: str, besides: Collection[int] = ()) -> None:
    """Say which orders' promises changed from below; those in `besides` are told by whoever asked."""
    orders = sorted(held.moved_orders.difference(besides))
    held.moved_orders.clear()
    if orders:
        # Each order's own timeline says what it got: whoever listens writes it there.
        call.record("stock.promises_changed", order_ids=orders, cause=cause)
