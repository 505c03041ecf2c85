"""Promising units to orders: a whole batch is decided at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stockwright.kit.actions import Call, Fact
from stockwright.kit.bulk import fetch
from stockwright.stock.actions.held import HeldLevels, hold, make_first_levels, shortages
from stockwright.stock.actions.promises import (
    CommitmentRow,
    ShortfallRow,
    drop_expired,
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
    wanted = Wanted([], {}, set(), {}, set())
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

    Shape: of kits, their components and units; of services, nothing; plain variants have no recipe, nor have kits that
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
        elif no_level:
            wanted.without_level.add(id_)
    unknown = variants - wanted.backorder.keys()
    if unknown:
        raise UnknownVariant(which=min(unknown))
    for kit, component, units, stocked, backorder, no_level in fetch(_COMPONENTS, (kits,)) if kits else ():
        if stocked:
            recipes.setdefault(kit, []).append((component, units))
            wanted.backorder.setdefault(component, backorder)
            if no_level:
                wanted.without_level.add(component)
    return recipes


def commit_demands(
    call: Call, demands: Iterable[Demand], *, refuse_short: bool = False, holders: Sequence[str] = ()
) -> Decided:
    """Promise units to order lines, and write down as shortfalls what can't be promised.

    The backorder policy decides only what a shortfall is called. With `refuse_short` it is all or nothing.
    Reservations of `holders` are used up by it.

    Locks: all levels of the variants concerned, in key order.
    Raises: NotEnough (only with `refuse_short`), UnknownVariant.
    """
    asked = [demand for demand in demands if demand.units > 0]
    if not asked:
        return Decided()
    with uncollected(len(asked)):
        return _commit(call, asked, refuse_short=refuse_short, holders=holders)


def _commit(call: Call, asked: Sequence[Demand], *, refuse_short: bool, holders: Sequence[str]) -> Decided:
    wanted = explode(asked)
    make_first_levels(wanted.without_level)
    held = hold({part.variant_id for part in wanted.parts})
    freed = drop_expired(held, call.at, holders=holders)
    if freed and not holders:
        serve_waiting(call, held, freed)
    places, locations = held.places()
    decision = decide(wanted.parts, places)
    if refuse_short and decision.short:
        raise NotEnough(missing_of(wanted.parts, decision))
    _write(call, held, wanted, decision, locations)
    if freed and holders:
        serve_waiting(call, held, freed)
    held.write()
    # The whole queue of a hot variant is long: it is gone through only when a day can be named.
    held.moved_orders.update(refresh_promises(held.dated(freed) | _datable(held, wanted, decision)))
    decided = _decided(asked, wanted, decision)
    _tell(call, asked, decided, decision)
    tell_moved(call, held, "reservation_expired", besides={demand.order_id for demand in asked})
    return decided


def _write(call: Call, held: HeldLevels, wanted: Wanted, decision: Decision, locations: list[int]) -> None:
    commitments: list[CommitmentRow] = []
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


def _datable(held: HeldLevels, wanted: Wanted, decision: Decision) -> set[int]:
    """Of the variants that are short now, those for which a day can be named: something is coming, or announced."""
    short = {part.variant_id for part, _ in decision.short}
    return held.dated(short) | {variant for variant in short if wanted.backorder[variant] == "preorder"}


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
    """One fact per order that was promised something, one per order that was not."""
    promised: dict[int, int] = {}
    short: dict[int, int] = {}
    for demand in asked:
        line = demand.line_id
        missing = decided.short.get(line, 0)
        units = demand.units - missing
        if units > 0 and line not in decided.not_stocked:
            promised[demand.order_id] = promised.get(demand.order_id, 0) + units
        if missing:
            short[demand.order_id] = short.get(demand.order_id, 0) + missing
    at = call.at
    call.record_many(
        [Fact("stock.committed", (("order", id_, "subject"),), {"units": n}, at) for id_, n in promised.items()]
    )
    if short:
        variants: dict[int, list[int]] = {}
        for part, _ in decision.short:
            variants.setdefault(part.order_id, []).append(part.variant_id)
        call.record_many(
            [
                Fact("stock.short", (("order", id_, "subject"),), {"units": n, "variants": variants.get(id_, [])}, at)
                for id_, n in short.items()
            ]
        )
