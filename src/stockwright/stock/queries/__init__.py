"""Reading stock: for the rooms above and for pages."""

from __future__ import annotations

from stockwright.stock.queries.available import Availability, Component, availability, kit_components
from stockwright.stock.queries.balances import Contents, contents_of
from stockwright.stock.queries.derived import (
    Differing,
    NumberNow,
    OpenDifference,
    differences_now,
    differing_levels,
    open_differences,
)
from stockwright.stock.queries.locations import LocationRow, Place, location_ids_by_code, locations, places
from stockwright.stock.queries.promises import LineState, any_expired, line_states, short_by_order, variants_overdue
from stockwright.stock.queries.shortfalls import ShortLine, ShortVariant, short_lines, shortfall_list
from stockwright.stock.queries.why import Coming, LevelState, Step, Why, arrivals_open, levels_of, steps_of, why

__all__ = [
    "Availability",
    "Coming",
    "Component",
    "Contents",
    "Differing",
    "LevelState",
    "LineState",
    "LocationRow",
    "NumberNow",
    "OpenDifference",
    "Place",
    "ShortLine",
    "ShortVariant",
    "Step",
    "Why",
    "any_expired",
    "arrivals_open",
    "availability",
    "contents_of",
    "differences_now",
    "differing_levels",
    "kit_components",
    "levels_of",
    "line_states",
    "location_ids_by_code",
    "locations",
    "open_differences",
    "places",
    "short_by_order",
    "short_lines",
    "shortfall_list",
    "steps_of",
    "variants_overdue",
    "why",
]
