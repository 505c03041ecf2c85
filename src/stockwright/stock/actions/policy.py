"""What a location keeps back, and where it keeps things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute, fetch
from stockwright.stock.actions.checks import bin_ids, refuse_hollow, refuse_uncountable
from stockwright.stock.actions.held import HeldLevels, hold, make_levels
from stockwright.stock.actions.promises import drop_expired, refresh_promises, serve_waiting, tell_moved


class PolicyGiven(Given):
    """What holds for a variant at a location; what is left empty stays as it is."""

    variant_id: int = Field(title="Variant")
    location_id: int = Field(title="Location")
    safety_stock: int | None = Field(
        None, title="Safety stock", ge=0, le=10_000_000, description="Units that are never promised."
    )
    bin: str | None = Field(None, title="Bin", max_length=40, description="Where this location keeps it.")


class SetPolicyGiven(Given):
    """Policies of many levels at once."""

    lines: tuple[PolicyGiven, ...] = Field(title="Policies", min_length=1, max_length=100_000)


@dataclass(frozen=True, slots=True)
class PolicySet:
    """How many levels have another policy now, what held for them before, and what does now."""

    changed: int
    before: tuple[Policy, ...]
    after: tuple[Policy, ...]


class Policy(NamedTuple):
    """What holds for a variant at a location, as far as it was changed."""

    variant_id: int
    location_id: int
    safety_stock: int | None
    # Empty where it has none.
    bin: str | None


def _as_before(_given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    lines = [dict(zip(Policy._fields, row, strict=True)) for row in result["before"]]
    return ("stock.set_policy", {"lines": lines}) if lines else None


@action("stock.set_policy", title=str(_("Set safety stock and bin")), inverse=_as_before)
def set_policy(call: Call, given: SetPolicyGiven) -> PolicySet:
    """Say how many units are never promised, and where they are kept.

    Promises that were made stay; what a lower safety stock sets free is offered to the orders that wait.
    Locks: all levels of the variants, in key order.
    Raises: UnknownVariant, UnknownLocation, UnknownBin, NoStockThere, KitHasNoStock.
    """
    lines = _merged(given.lines)
    refuse_uncountable({line.variant_id for line in lines})
    refuse_hollow(line.location_id for line in lines)
    bins = bin_ids((line.location_id, line.bin) for line in lines if line.bin)
    make_levels((line.variant_id, line.location_id) for line in lines)
    held = hold(line.variant_id for line in lines)
    freed = drop_expired(held, call.at)
    codes = _codes(held)
    before: list[Policy] = []
    after: list[Policy] = []
    moved: dict[int, int | None] = {}
    for line in lines:
        level = held.at(line.variant_id, line.location_id)
        old = Policy(line.variant_id, line.location_id, level.safety_stock, codes.get(level.bin_id or 0, ""))
        units = line.safety_stock if line.safety_stock != old.safety_stock else None
        place = line.bin if line.bin != old.bin else None
        if units is not None:
            call.record(
                "stock.policy_set", ("variant", line.variant_id), ("location", line.location_id, "place"),
                safety_stock=units, safety_stock_before=level.safety_stock,
            )  # fmt: skip
            level.safety_stock = units
            freed.add(line.variant_id)
        if place is not None:
            moved[level.id] = bins.get((line.location_id, place))
        if units is not None or place is not None:
            was = (None if units is None else old.safety_stock, None if place is None else old.bin)
            before.append(Policy(line.variant_id, line.location_id, *was))
            after.append(Policy(line.variant_id, line.location_id, units, place))
    serve_waiting(call, held, freed)
    held.write()
    if moved:
        execute(
            "UPDATE stock_level l SET bin_id = d.bin FROM unnest(%s::bigint[], %s::bigint[]) AS d(id, bin)"
            " WHERE l.id = d.id",
            (list(moved.keys()), list(moved.values())),
        )
    held.moved_orders.update(refresh_promises(held.dated(freed), call.at))
    tell_moved(call, held, "safety_stock")
    return PolicySet(len(before), tuple(before), tuple(after))


def _merged(lines: Iterable[PolicyGiven]) -> list[PolicyGiven]:
    """One line per level: of a level told twice the last counts, in each of its parts."""
    merged: dict[tuple[int, int], PolicyGiven] = {}
    for line in lines:
        key = (line.variant_id, line.location_id)
        told = line.model_dump(exclude_none=True)
        merged[key] = merged[key].model_copy(update=told) if key in merged else line
    return list(merged.values())


def _codes(held: HeldLevels) -> dict[int, str]:
    """The codes of the bins where held levels are kept."""
    ids = [level.bin_id for level in held.levels.values() if level.bin_id]
    return dict(fetch("SELECT id, code FROM stock_bin WHERE id = ANY(%s)", (ids,))) if ids else {}
