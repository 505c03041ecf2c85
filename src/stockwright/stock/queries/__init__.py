"""Reading stock: for the rooms above and for pages."""

from __future__ import annotations

from stockwright.stock.queries.available import Availability, Component, availability, kit_components
from stockwright.stock.queries.promises import LineState, line_states, promised_dates, short_by_order

__all__ = [
    "Availability",
    "Component",
    "LineState",
    "availability",
    "kit_components",
    "line_states",
    "promised_dates",
    "short_by_order",
]
