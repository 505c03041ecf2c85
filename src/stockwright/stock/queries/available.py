"""How many can be sold."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from stockwright.kit.bulk import fetch


class Component(NamedTuple):
    """What a kit is picked as."""

    variant_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Availability:
    """A variant's numbers summed over the locations asked about; of a kit, how many can be made up.

    Units: pieces; `available` never counts below zero at any location, `on_hand` and the others are plain sums.
    """

    variant_id: int
    available: int
    on_hand: int = 0
    committed: int = 0
    reserved: int = 0
    incoming: int = 0
    is_kit: bool = False
    # False for services and fees, and kits of nothing else, which can always be sold.
    stocked: bool = True


_LEVELS = """
SELECT v.id, v.is_kit, CASE WHEN v.is_kit THEN NOT EXISTS (SELECT 1 FROM catalog_kitcomponent WHERE kit_id = v.id)
           OR EXISTS (SELECT 1 FROM catalog_kitcomponent k JOIN catalog_variant c ON c.id = k.component_id AND c.stocked
                      WHERE k.kit_id = v.id) ELSE v.stocked END,
       coalesce(sum(greatest(l.available, 0)) FILTER (WHERE o.active AND (%(all)s OR o.ships_orders)), 0),
       coalesce(sum(l.on_hand), 0), coalesce(sum(l.committed), 0), coalesce(sum(l.reserved), 0),
       coalesce(sum(l.incoming), 0)
FROM catalog_variant v
LEFT JOIN (stock_level l JOIN stock_location o ON o.id = l.location_id
           AND (%(locations)s::bigint[] IS NULL OR o.id = ANY(%(locations)s))) ON l.variant_id = v.id
WHERE v.id = ANY(%(variants)s)
GROUP BY v.id
"""

# A kit must come complete from one location to be sold as available: the sum over locations of the least component.
_KITS = """
SELECT made.kit_id, sum(made.kits) FROM (
    SELECT k.kit_id, o.id, min(greatest(coalesce(l.available, 0), 0) / k.units) AS kits
    FROM catalog_kitcomponent k
    JOIN catalog_variant v ON v.id = k.component_id AND v.stocked
    CROSS JOIN stock_location o
    LEFT JOIN stock_level l ON l.variant_id = k.component_id AND l.location_id = o.id
    WHERE k.kit_id = ANY(%(kits)s) AND o.kind IN ('warehouse', 'store') AND o.active AND (%(all)s OR o.ships_orders)
      AND (%(locations)s::bigint[] IS NULL OR o.id = ANY(%(locations)s))
    GROUP BY k.kit_id, o.id
) made GROUP BY made.kit_id
"""


def availability(
    variant_ids: Iterable[int], *, locations: Collection[int] | None = None, all_locations: bool = False
) -> dict[int, Availability]:
    """What can be sold of many variants, kits by component, at the locations that ship orders.

    `locations` narrows it; `all_locations` counts those too that web orders may not take from.
    """
    where = {"all": all_locations, "locations": None if locations is None else list(locations)}
    rows = fetch(_LEVELS, {"variants": list(set(variant_ids)), **where})
    kits = [row[0] for row in rows if row[1]]
    made = dict(fetch(_KITS, {"kits": kits, **where})) if kits else {}
    return {
        id_: Availability(
            id_, int(made.get(id_, 0)) if is_kit else int(free), int(on_hand), int(committed), int(reserved),
            int(incoming), is_kit, stocked,
        )
        for id_, is_kit, stocked, free, on_hand, committed, reserved, incoming in rows
    }  # fmt: skip


def kit_components(kit_ids: Collection[int]) -> dict[int, tuple[Component, ...]]:
    """The components of kits."""
    found: dict[int, list[Component]] = {kit: [] for kit in kit_ids}
    rows = fetch(
        "SELECT kit_id, component_id, units FROM catalog_kitcomponent WHERE kit_id = ANY(%s) ORDER BY kit_id, id",
        (list(kit_ids),),
    )
    for kit, component, units in rows:
        found[kit].append(Component(component, units))
    return {kit: tuple(components) for kit, components in found.items()}
