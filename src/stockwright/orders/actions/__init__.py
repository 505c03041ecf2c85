"""The only writer of orders: one verb, one function, one transaction."""

from __future__ import annotations

# Importing the others is what registers their verbs.
from stockwright.orders.actions import details, mapping, promises
from stockwright.orders.actions.cancel import CancelGiven, Cancelled, CancelLinesGiven, cancel, cancel_lines
from stockwright.orders.actions.channels import AddChannelGiven, ChannelAdded, add_channel
from stockwright.orders.actions.edit import Edited, EditLinesGiven, LineAdded, LineEdit, edit_lines
from stockwright.orders.actions.fulfil import (
    FulfilGiven,
    ReturnedLine,
    Sent,
    TakeBackGiven,
    TakenBack,
    fulfil,
    take_goods_back,
)
from stockwright.orders.actions.given import LineUnits
from stockwright.orders.actions.hold import HeldOrders, HoldGiven, ReleasedHolds, ReleaseGiven, hold, release_hold
from stockwright.orders.actions.money import MoneyGiven, Recorded, record_payment, record_refund
from stockwright.orders.actions.place import (
    Placed,
    PlacedOrder,
    PlaceGiven,
    What,
    channel_ids,
    checked_input,
    place,
    place_orders,
    problems_of,
)

__all__ = [
    "AddChannelGiven",
    "CancelGiven",
    "CancelLinesGiven",
    "Cancelled",
    "ChannelAdded",
    "EditLinesGiven",
    "Edited",
    "FulfilGiven",
    "HeldOrders",
    "HoldGiven",
    "LineAdded",
    "LineEdit",
    "LineUnits",
    "MoneyGiven",
    "PlaceGiven",
    "Placed",
    "PlacedOrder",
    "Recorded",
    "ReleaseGiven",
    "ReleasedHolds",
    "ReturnedLine",
    "Sent",
    "TakeBackGiven",
    "TakenBack",
    "What",
    "add_channel",
    "cancel",
    "cancel_lines",
    "channel_ids",
    "checked_input",
    "details",
    "edit_lines",
    "fulfil",
    "hold",
    "mapping",
    "place",
    "place_orders",
    "problems_of",
    "promises",
    "record_payment",
    "record_refund",
    "release_hold",
    "take_goods_back",
]
