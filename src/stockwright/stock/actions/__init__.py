"""The only writer of stock: the kernel's set-based functions for rooms above, and the verbs for people and programs."""

from __future__ import annotations

from stockwright.stock.actions.arrivals import (
    Arriving,
    Expected,
    change_arrival,
    close_arrival,
    close_many,
    expect,
    expect_many,
)
from stockwright.stock.actions.commit import Decided, Demand, commit_demands
from stockwright.stock.actions.count import count, count_cancel, count_enter, count_open, count_post
from stockwright.stock.actions.days import forget_passed_days
from stockwright.stock.actions.fulfil import Fulfilled, Piece, Returned, fulfil_demands, take_back
from stockwright.stock.actions.heard import take_kits, take_policies
from stockwright.stock.actions.held import hold, hold_to_promise, system_location, system_locations
from stockwright.stock.actions.ledger import Move, Posted, post_movements
from stockwright.stock.actions.locations import add_bin, add_location, change_location
from stockwright.stock.actions.move import adjust, mark_damaged, move, quarantine, release, scrap
from stockwright.stock.actions.policy import set_policy
from stockwright.stock.actions.receive import Receipt, receive, receive_many
from stockwright.stock.actions.reconcile import reconcile, repair
from stockwright.stock.actions.release import release_demands, requeue_demands, variants_promised
from stockwright.stock.actions.reserve import expire_reservations, release_reservation, reserve
from stockwright.stock.actions.reverse import reverse
from stockwright.stock.actions.set_on_hand import OnHandSet, set_many, set_on_hand
from stockwright.stock.actions.transfer import cancel_transfer, create_transfer, receive_transfer, ship_transfer

__all__ = [
    "Arriving",
    "Decided",
    "Demand",
    "Expected",
    "Fulfilled",
    "Move",
    "OnHandSet",
    "Piece",
    "Posted",
    "Receipt",
    "Returned",
    "add_bin",
    "add_location",
    "adjust",
    "cancel_transfer",
    "change_arrival",
    "change_location",
    "close_arrival",
    "close_many",
    "commit_demands",
    "count",
    "count_cancel",
    "count_enter",
    "count_open",
    "count_post",
    "create_transfer",
    "expect",
    "expect_many",
    "expire_reservations",
    "forget_passed_days",
    "fulfil_demands",
    "hold",
    "hold_to_promise",
    "mark_damaged",
    "move",
    "post_movements",
    "quarantine",
    "receive",
    "receive_many",
    "receive_transfer",
    "reconcile",
    "release",
    "release_demands",
    "release_reservation",
    "repair",
    "requeue_demands",
    "reserve",
    "reverse",
    "scrap",
    "set_many",
    "set_on_hand",
    "set_policy",
    "ship_transfer",
    "system_location",
    "system_locations",
    "take_back",
    "take_kits",
    "take_policies",
    "variants_promised",
]
