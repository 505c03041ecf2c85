"""What orders refuse, by name."""

from __future__ import annotations

from stockwright.kit.errors import Invalid, NotFound, Refused


class NoSuchOrder(NotFound):
    """There is no order {which}."""


class NoSuchLine(NotFound):
    """Line {which} is not on this order."""


class BadOrders(Invalid):
    """Order {number}: {problem}."""


class NothingToDo(Refused):
    """Nothing of this is left to be done."""


class TooManyUnits(Refused):
    """Line {line} has {left} units left for this, not {asked}."""


class OrderIsHistory(Refused):
    """Order {number} was imported as history: it is only looked at."""


class AlreadySent(Refused):
    """Order {number} has left already: take it back instead of cancelling it."""


class LeftUnmatched(Invalid):
    """Order {number}: {left} has left already and is not told any more, while {new} is told anew. It may be the same goods under another name, so nothing was changed. Tell the line as it was (by its SKU, or its title and price), or take the goods back and cancel them in the channel."""


class LeftTwice(Invalid):
    """Order {number}: {here} units of {what} have left, and its channel tells {told}, but on other lines than those they left from: they would count twice, so nothing was changed. Tell them on the line that they left from."""


class OrderIsCancelled(Refused):
    """Order {number} is cancelled: its lines stay as they are. Place a new order for what is wanted after all."""


class AlreadyMapped(Refused):
    """Line {line} is known already."""


class IsHeld(Refused):
    """Order {number} is on hold ({reasons}): release it first."""


class NotPromised(Refused):
    """Line {line} has {promised} units promised to it, not {asked}: the others are short."""


class WrongCurrency(Invalid):
    """Order {number} is in {currency}."""


class TooMuchRefunded(Refused):
    """Only {left} {currency} of what was paid is left to refund."""


class NotACoin(Invalid):
    """{amount} can't be paid in {currency}: its smallest coin is coarser."""
