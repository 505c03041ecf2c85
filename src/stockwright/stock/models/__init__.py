"""Where every unit is: the ledger of movements, and the levels and promises that it adds up to.

Only stock.actions writes these tables. Other rooms read through stock.queries.
"""

from __future__ import annotations

from stockwright.stock.models.ledger import Condition, Lot, Movement, Portion, Reason, Reversal
from stockwright.stock.models.levels import Difference, Level
from stockwright.stock.models.papers import Arrival, Count, CountLine, Transfer, TransferLine
from stockwright.stock.models.places import HOLDING, Bin, Location
from stockwright.stock.models.promises import Commitment, Reservation, Shortfall

__all__ = [
    "HOLDING",
    "Arrival",
    "Bin",
    "Commitment",
    "Condition",
    "Count",
    "CountLine",
    "Difference",
    "Level",
    "Location",
    "Lot",
    "Movement",
    "Portion",
    "Reason",
    "Reservation",
    "Reversal",
    "Shortfall",
    "Transfer",
    "TransferLine",
]
