"""The only writer of stock: the kernel's set-based functions for rooms above, and the verbs for people and programs."""

from __future__ import annotations

from stockwright.stock.actions.commit import Decided, Demand, commit_demands
from stockwright.stock.actions.fulfil import Fulfilled, Piece, Returned, fulfil_demands, take_back
from stockwright.stock.actions.held import hold
from stockwright.stock.actions.ledger import Move, Posted, post_movements
from stockwright.stock.actions.release import release_demands, requeue_demands, variants_promised

__all__ = [
    "Decided",
    "Demand",
    "Fulfilled",
    "Move",
    "Piece",
    "Posted",
    "Returned",
    "commit_demands",
    "fulfil_demands",
    "hold",
    "post_movements",
    "release_demands",
    "requeue_demands",
    "take_back",
    "variants_promised",
]
