"""What a location keeps back, and where it keeps things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute
from stockwright.stock.actions.checks import bin_ids, refuse_hollow, refuse_uncountable
from stockwright.stock.actions.held import hold, make_levels
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
    """How many levels have another policy now, what they kept back before, and what they do now."""

    changed: int
    # (variant, location, safety stock)
    before: tuple[tuple[int, int, int], ...]
    after: tuple[tuple[int, int, int], ...]


def _as_before(_given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    lines = [{"variant_id": v, "location_id": at, "safety_stock": n} for v, at, n in result["before"]]
    return ("stock.set_policy", {"lines": lines}) if lines else None


@action("stock.set_policy", title=str(_("Set safety stock and bin")), inverse=_as_before)
def set_policy(call: Call, given: SetPolicyGiven) -> PolicySet:
    """Say how many units are never promised, and where they are kept.

    Promises that were made stay; what a lower safety stock sets free is offered to the orders that wait.
    Locks: all levels of the variants, in key order.
    Raises: UnknownVariant, UnknownLocation, UnknownBin, NoStockThere, KitHasNoStock.
    """
    lines = given.lines
    refuse_uncountable({line.variant_id for line in lines})
    refuse_hollow(line.location_id for line in lines)
    bins = bin_ids((line.location_id, line.bin) for line in lines if line.bin)
    make_levels((line.variant_id, line.location_id) for line in lines)
    held = hold(line.variant_id for line in lines)
    freed = drop_expired(held, call.at)
    before: list[tuple[int, int, int]] = []
    after: list[tuple[int, int, int]] = []
    moved: list[tuple[int, int | None]] = []
    for line in lines:
        level = held.at(line.variant_id, line.location_id)
        if line.safety_stock is not None and line.safety_stock != level.safety_stock:
            before.append((line.variant_id, line.location_id, level.safety_stock))
            after.append((line.variant_id, line.location_id, line.safety_stock))
            call.record(
                "stock.policy_set", ("variant", line.variant_id), ("location", line.location_id, "place"),
                safety_stock=line.safety_stock, safety_stock_before=level.safety_stock,
            )  # fmt: skip
            level.safety_stock = line.safety_stock
            freed.add(line.variant_id)
        if line.bin is not None:
            moved.append((level.id, bins.get((line.location_id, line.bin))))
    serve_waiting(call, held, freed)
    held.write()
    if moved:
        execute(
            "UPDATE stock_level l SET bin_id = d.bin FROM unnest(%s::bigint[], %s::bigint[]) AS d(id, bin)"
            " WHERE l.id = d.id",
            [list(column) for column in zip(*moved, strict=True)],
        )
    held.moved_orders.update(refresh_promises(held.dated(freed), call.at))
    tell_moved(call, held, "safety_stock")
    return PolicySet(len(before) + len(moved), tuple(before), tuple(after))
