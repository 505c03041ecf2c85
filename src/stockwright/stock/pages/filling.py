"""What dialogs about locations and arrivals show as it stands now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockwright.kit.forms import fills
from stockwright.kit.ids import is_number
from stockwright.stock.models import Arrival, Location


@fills("stock.change_location")
def place(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """The location as it is."""
    number = asked.get("location_id", "")
    row = Location.objects.filter(pk=int(number)).first() if is_number(number) else None
    return (
        {name: getattr(row, name) for name in ("name", "priority", "ships_orders", "active", "address")} if row else {}
    )


@fills("stock.change_arrival")
def arriving(asked: Mapping[str, str]) -> Mapping[str, Any]:
    """What is expected, and when."""
    number = asked.get("arrival_id", "")
    row = Arrival.objects.filter(pk=int(number)).first() if is_number(number) else None
    return {"units": row.units, "expected_on": row.expected_on} if row else {}
