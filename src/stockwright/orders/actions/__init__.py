"""The only writer of orders."""

from __future__ import annotations

from stockwright.orders.actions import promises
from stockwright.orders.actions.channels import AddChannelGiven, ChannelAdded, add_channel
from stockwright.orders.actions.place import (
    Placed,
    PlacedOrder,
    PlaceGiven,
    What,
    channel_ids,
    place,
    place_orders,
    problems_of,
)

__all__ = [
    "AddChannelGiven",
    "ChannelAdded",
    "PlaceGiven",
    "Placed",
    "PlacedOrder",
    "What",
    "add_channel",
    "channel_ids",
    "place",
    "place_orders",
    "problems_of",
    "promises",
]
