"""Promising units to orders: a whole batch is decided at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from stockwright.kit.actions import Call, Fact
from stockwright.kit.bulk import execute, fetch
from stockwright.stock.actions.held import HeldLevels, hold, keep_uncounted, make_first_levels, shortages
from stockwright.stock.actions.promises import (
    CommitmentRow,
    Own,
    Place,
    ShortfallRow,
    drop_reservations,
    own_first,
    refresh_promises,
    serve_waiting,
    tell_moved,
    write_commitments,
    write_shortfalls,
)
from stockwright.stock.actions.quiet import uncollected
from stockwright.stock.errors import NotEnough, Shortage, UnknownVariant
from stockwright.stock.rules import Decision, Part, decide, shortfall_kind


@dataclass(frozen=True, slots=True)
class Demand:
    """What an order line asks for."""

    line_id: int
    order_id: int
    variant_id: int
    units: int
    due_at: datetime
    placed_at: datetime
    # Units that the line asked for earlier, and that have not left: they are decided again with the others where what
    # they were promised is not what the line is made of today.
    before: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """What was promised and what not, in units of the lines: a kit counts when all its components are there."""

    committed: dict[int, int] = field(default_factory=dict)
    short: dict[int, int] = field(default_factory=dict)
    # Lines of services and fees: counted as committed, but nothing stands behind them that could be fulfilled.
    not_stocked: frozenset[int] = frozenset()


@dataclass(slots=True)
class Wanted:
    """Demands exploded into parts, with what the decision needs to know of their variants."""

    parts: list[Part]
    kits: dict[int, Demand]
    not_stocked: set[int]
    backorder: dict[int, str]
    without_level: set[int]
    # Variants that are counted, and services and fees, alone or in kits: what they are must not change meanwhile.
    counted: set[int]
    uncounted: set[int]


_VARIANTS = (
    "SELECT v.id, v.stocked, v.is_kit, v.backorder, NOT EXISTS (SELECT 1 FROM stock_level l WHERE l.variant_id = v.id)"
    " FROM catalog_variant v WHERE v.id = ANY(%s)"
)
_COMPONENTS = (
    "SELECT k.kit_id, k.component_id, k.units, v.stocked, v.backorder,"
    " NOT EXISTS (SELECT 1 FROM stock_level l WHERE l.variant_id = v.id)"
    " FROM catalog_kitcomponent k JOIN catalog_variant v ON v.id = k.component_id WHERE k.kit_id = ANY(%s)"
    " ORDER BY k.kit_id, k.component_id"
)


def explode(demands: Sequence[Demand]) -> Wanted:
    """Turn demands into parts: kits into their components, services into nothing.

    Raises: UnknownVariant.
    """
    wanted = Wanted([], {}, set(), {}, set(), set(), set())
    recipes = _recipes(wanted, {demand.variant_id for demand in demands})
    append = wanted.parts.append
    for demand in demands:
        line, order, variant, units = demand.line_id, demand.order_id, demand.variant_id, demand.units
        recipe = recipes.get(variant)
        if recipe is None:
            append(Part(line, order, variant, units, 1, demand.due_at, demand.placed_at))
        elif not recipe:
            wanted.not_stocked.add(line)
        else:
            wanted.kits[line] = demand
            for component, per_kit in recipe:
                append(Part(line, order, component, units * per_kit, per_kit, demand.due_at, demand.placed_at))
    return wanted


def _recipes(wanted: Wanted, variants: set[int]) -> dict[int, list[tuple[int, int]]]:
    """Read what the decision needs to know of the variants, into `wanted`.

    Shape: of kits, their counted components and units; of services, nothing; plain variants have no recipe, nor have kits that
    nobody has described yet: those can only be short.
    """
    kits: list[int] = []
    recipes: dict[int, list[tuple[int, int]]] = {}
    for id_, stocked, is_kit, backorder, no_level in fetch(_VARIANTS, (list(variants),)):
        wanted.backorder[id_] = backorder
        if is_kit:
            kits.append(id_)
        elif not stocked:
            recipes[id_] = []
            wanted.uncounted.add(id_)
        else:
            wanted.counted.add(id_)
            if no_level:
                wanted.without_level.add(id_)
    unknown = variants - wanted.backorder.keys()
    if unknown:
        raise UnknownVariant(which=min(unknown))
    for kit, component, units, stocked, backorder, no_level in fetch(_COMPONENTS, (kits,)) if kits else ():
        # A kit made of services alone is one itself.
        recipe = recipes.setdefault(kit, [])
        if not stocked:
            wanted.uncounted.add(component)
        else:
            recipe.append((component, units))
            wanted.counted.add(component)
            wanted.backorder.setdefault(component, backorder)
            if no_level:
                wanted.without_level.add(component)
    return recipes


# What is part of a kit can't become one.
_RECAST = (
    "SELECT 1 FROM catalog_variant v WHERE v.id = ANY(%s) AND (NOT v.stocked OR v.is_kit"
    " AND NOT EXISTS (SELECT 1 FROM catalog_kitcomponent k WHERE k.component_id = v.id))"
    " UNION ALL SELECT 1 FROM catalog_variant WHERE id = ANY(%s) AND stocked LIMIT 1"
)


def hold_wanted(wanted: Wanted, also: Collection[int] = ()) -> HeldLevels | None:
    """Hold the levels of what is wanted, and those of `also`.

    None where something was begun or ceased to be counted, or became a kit, during the wait: explode the demands anew.

    Locks: as `keep_uncounted`, as `make_first_levels`, then all levels of the variants, in key order.
    """
    keep_uncounted(wanted.uncounted)
    make_first_levels(wanted.without_level)
    held = hold({part.variant_id for part in wanted.parts}.union(also))
    return None if fetch(_RECAST, (list(wanted.counted), list(wanted.uncounted))) else held


def commit_demands(
    call: Call, demands: Iterable[Demand], *, refuse_oversold: bool = False, holders: Mapping[int, str] | None = None
) -> Decided:
    """Promise units to order lines, and write down as shortfalls what can't be promised.

    A channel has sold already: for its orders the backorder policy decides only what a shortfall is called. With
    `refuse_oversold` it is all or nothing for variants that are not sold on backorder. What an order's holder has
    reserved goes to that order first, then waiting orders are served, then the others.

    Shape: `holders` goes from order to the holder of its reservations, which are used up.
    Locks: all levels of the variants concerned, in key order.
    Raises: NotEnough (only with `refuse_oversold`), UnknownVariant.
    """
    asked = [demand for demand in demands if demand.units > 0 or demand.before > 0]
    if not asked:
        return Decided()
    with uncollected(len(asked)):
        return _commit(call, asked, refuse_oversold=refuse_oversold, holders=holders or {})


def _commit(call: Call, asked: Sequence[Demand], *, refuse_oversold: bool, holders: Mapping[int, str]) -> Decided:
    held: HeldLevels | None = None
    while held is None:
        decided_on, wanted, outdated = _with_outdated(asked)
        held = hold_wanted(wanted, set().union(*outdated.values()))
    asked = decided_on
    freed, kept = drop_reservations(held, call.at, set(holders.values()))
    own: dict[Any, Own] = {**kept, **_give_up(held, outdated)}
    parts: Sequence[Part] = wanted.parts
    rows: list[CommitmentRow] = []
    if own:
        parts = _own_first(held, parts, own, holders, rows)
    freed |= {held.levels[level].variant_id for units in own.values() for level in units}
    serve_waiting(call, held, freed)
    places, locations = held.places()
    decision = decide(parts, places)
    if refuse_oversold:
        _refuse_oversold(wanted, decision)
    _write(call, held, wanted, decision, locations, commitments=rows)
    held.write()
    held.moved_orders.update(refresh_promises(held.dated(freed), call.at))
    held.moved_orders.update(_date(call, held, wanted, decision))
    decided = _decided(asked, wanted, decision)
    _tell(call, asked, decided, decision)
    tell_moved(call, held, "reservation_expired", besides={demand.order_id for demand in asked})
    return decided


# What lines were promised or wait for: variant and units in one unit of the line.
_STORED = (
    "SELECT c.line_id, l.variant_id, c.per_kit FROM stock_commitment c JOIN stock_level l ON l.id = c.level_id"
    " WHERE c.line_id = ANY(%(ids)s)"
    " UNION SELECT line_id, variant_id, per_kit FROM stock_shortfall WHERE line_id = ANY(%(ids)s)"
)


def _with_outdated(asked: Sequence[Demand]) -> tuple[Sequence[Demand], Wanted, dict[int, set[int]]]:
    """Explode demands; lines that were promised other parts than they are made of today ask for all their units anew.

    Shape: the demands, their parts, and of each such line the variants that it was promised or waits for.
    """
    wanted = explode(asked)
    lines = [demand.line_id for demand in asked if demand.before]
    if not lines:
        return asked, wanted, {}
    # Asked for nothing new as well: their parts count, their units are none.
    made_of: dict[int, set[tuple[int, int]]] = {line: set() for line in lines}
    stored: dict[int, set[tuple[int, int]]] = {line: set() for line in lines}
    for part in wanted.parts:
        if part.line_id in made_of:
            made_of[part.line_id].add((part.variant_id, part.per_kit))
    for line, variant, per_kit in fetch(_STORED, {"ids": lines}):
        stored[line].add((variant, per_kit))
    outdated = {line: {variant for variant, _ in stored[line]} for line in lines if stored[line] != made_of[line]}
    if not outdated and all(demand.units for demand in asked):
        return asked, wanted, {}
    asked = [
        replace(demand, units=demand.before + demand.units) if demand.line_id in outdated else demand
        for demand in asked
        if demand.units or demand.line_id in outdated
    ]
    return asked, explode(asked), outdated


def _give_up(held: HeldLevels, lines: Mapping[int, set[int]]) -> dict[int, Own]:
    """Forget what lines were promised and what they wait for.

    Shape: of each line, what it has set free for itself.
    """
    own: dict[int, Own] = {}
    if lines:
        execute("DELETE FROM stock_shortfall WHERE line_id = ANY(%s)", (list(lines),))
        for line, level, units in fetch(
            "DELETE FROM stock_commitment WHERE line_id = ANY(%s) RETURNING line_id, level_id, units", (list(lines),)
        ):
            held.levels[level].committed -= units
            own.setdefault(line, {})[level] = units
    return own


def _own_first(
    held: HeldLevels,
    parts: Sequence[Part],
    own: Mapping[Any, Own],
    holders: Mapping[int, str],
    rows: list[CommitmentRow],
) -> Sequence[Part]:
    """Promise to lines and holders what was theirs already, into `rows`; answers what they ask for besides."""
    takes, rest = own_first(held, parts, own, lambda p: p.line_id if p.line_id in own else holders.get(p.order_id))
    for part, level, units in takes:
        level.committed += units
        rows.append((part.line_id, part.order_id, level.id, units, part.per_kit, part.due_at, part.placed_at))
    return rest


def _write(
    call: Call,
    held: HeldLevels,
    wanted: Wanted,
    decision: Decision,
    locations: list[int],
    *,
    commitments: list[CommitmentRow],
) -> None:
    append = commitments.append
    by_place = held.by_place
    for part, place, units in decision.takes:
        level = by_place[part[2], locations[place]]
        level.committed += units
        append((part[0], part[1], level.id, units, part[4], part[5], part[6]))
    shortfalls: list[ShortfallRow] = [
        (
            part.line_id, part.order_id, part.variant_id, units, part.per_kit,
            shortfall_kind(wanted.backorder[part.variant_id]), part.due_at, part.placed_at,
        )
        for part, units in decision.short
    ]  # fmt: skip
    write_commitments(commitments, call.at)
    write_shortfalls(shortfalls, call.at)


def _decided(asked: Sequence[Demand], wanted: Wanted, decision: Decision) -> Decided:
    """In units of the lines; of a kit as many are short as its scarcest component leaves incomplete."""
    short: dict[int, int] = {}
    kits = wanted.kits
    for part, units in decision.short:
        line = part.line_id
        if line in kits:
            short[line] = max(short.get(line, 0), -(-units // part.per_kit))
        else:
            short[line] = short.get(line, 0) + units
    committed: dict[int, int] = {}
    for demand in asked:
        committed[demand.line_id] = committed.get(demand.line_id, 0) + demand.units
    for line, units in short.items():
        committed[line] -= units
    return Decided(committed, short, frozenset(wanted.not_stocked))


def _date(call: Call, held: HeldLevels, wanted: Wanted, decision: Decision) -> set[int]:
    """Name the days of what is short now, and of whoever waits behind it; who waits ahead keeps what was said.

    The queue of a hot variant is long: it is looked at only where something is coming, or announced.
    """
    behind: dict[int, Place] = {}
    for part, _ in decision.short:
        place = (part.due_at, part.placed_at, part.line_id)
        behind[part.variant_id] = min(place, behind.get(part.variant_id, place))
    datable = held.dated(behind) | {variant for variant in behind if wanted.backorder[variant] == "preorder"}
    return refresh_promises(datable, call.at, behind=behind)


def _refuse_oversold(wanted: Wanted, decision: Decision) -> None:
    oversold = [(part, units) for part, units in decision.short if wanted.backorder[part.variant_id] == "deny"]
    if oversold:
        raise NotEnough(missing_of(wanted.parts, Decision([], oversold)))


def missing_of(parts: Sequence[Part], decision: Decision) -> tuple[Shortage, ...]:
    """What a decision leaves short, summed by variant, with SKUs."""
    short: dict[int, int] = {}
    for part, units in decision.short:
        short[part.variant_id] = short.get(part.variant_id, 0) + units
    needs: dict[int, int] = {}
    for part in parts:
        needs[part.variant_id] = needs.get(part.variant_id, 0) + part.units
    return shortages({(v, None): (needs[v], needs[v] - units) for v, units in short.items()})


def _tell(call: Call, asked: Sequence[Demand], decided: Decided, decision: Decision) -> None:
    """One fact per order that was promised something, one per order that was not.

    Shape: the first counts the lines that got all they asked for, the second those that did not.
    """
    promised: dict[int, int] = {}
    whole: dict[int, int] = {}
    short: dict[int, int] = {}
    lacking: dict[int, int] = {}
    for demand in asked:
        line, order = demand.line_id, demand.order_id
        missing = decided.short.get(line, 0)
        units = demand.units - missing
        if units > 0 and line not in decided.not_stocked:
            promised[order] = promised.get(order, 0) + units
            if not missing:
                whole[order] = whole.get(order, 0) + 1
        if missing:
            short[order] = short.get(order, 0) + missing
            lacking[order] = lacking.get(order, 0) + 1
    at = call.at
    call.record_many(
        [
            Fact("stock.committed", (("order", id_, "subject"),), {"units": n, "lines": whole.get(id_, 0)}, at)
            for id_, n in promised.items()
        ]
    )
    if short:
        variants: dict[int, list[int]] = {}
        for part, _ in decision.short:
            variants.setdefault(part.order_id, []).append(part.variant_id)
        call.record_many(
            [
                Fact(
                    "stock.short", (("order", id_, "subject"),),
                    {"units": n, "lines": lacking[id_], "variants": variants.get(id_, [])}, at,
                )
                for id_, n in short.items()
            ]
        )  # fmt: skip
