"""What stock refuses, by name."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from stockwright.kit.errors import Conflict, Invalid, Refused


@dataclass(frozen=True, slots=True)
class Shortage:
    """A variant of which somebody asked for more than there is."""

    variant_id: int
    sku: str
    asked: int
    available: int
    location_id: int | None = None


class _WithShortages(Refused):
    """There is not enough stock."""

    def __init__(self, shortages: tuple[Shortage, ...], **facts: Any) -> None:
        self.shortages = shortages
        words = ", ".join(f"{s.sku} (asked {s.asked}, there {s.available})" for s in shortages[:5])
        more = f" and {len(shortages) - 5} more" if len(shortages) > 5 else ""  # noqa: PLR2004 - a sentence's length
        opening = (type(self).__doc__ or "").strip().splitlines()[0].rstrip(".")
        super().__init__(f"{opening}: {words}{more}.", shortages=[asdict(s) for s in shortages], **facts)


class NotEnough(_WithShortages):
    """Not enough is available."""


class NotEnoughHere(_WithShortages):
    """There are not that many at this location, in this condition."""


class PromisesAtRisk(_WithShortages):
    """This would break promises to customers."""


class NotCommitted(Refused):
    """These lines have not that many units committed: {lines}."""


class NotInLot(Refused):
    """Of {sku} there are {there} in lot {lot} here, in this condition; {asked} were asked for."""


class NotInBin(Refused):
    """Of {sku} there are {there} in bin {bin}, in this condition; {asked} were asked for."""


class OnlyExpired(Refused):
    """Of {sku} only {there} of {asked} can go to customers: the rest here has expired; scrap it or set it aside."""


class UnknownLot(Invalid):
    """{sku} has no lot {lot}."""


class LotNeeded(Invalid):
    """{sku} is tracked by lot: say which lot{expiry}."""


class KitHasNoStock(Refused):
    """{sku} is a kit: it has no stock of its own; count, receive and move its components."""


class KitWouldHideStock(Refused):
    """{sku} still has stock of its own: move it away before making it a kit."""


class NotStocked(Refused):
    """{sku} is a service or fee: it is not counted."""


class NoStockThere(Refused):
    """{location} holds no stock: choose a warehouse or store."""


class UnknownVariant(Invalid):
    """There is no variant {which}."""


class UnknownLocation(Invalid):
    """There is no location {which}."""


class UnknownBin(Invalid):
    """There is no bin {which} at this location."""


class CodeTaken(Refused):
    """The code {code} is used already."""


class LocationNotEmpty(Refused):
    """{location} still holds or is promised stock; move it away first."""


class TransferNotOpen(Refused):
    """This transfer is {state}; that can't be done any more."""


class CountNotOpen(Refused):
    """This count is {state}; that can't be done any more."""


class CountIncomplete(Refused):
    """{missing} of {lines} lines have not been counted yet."""


class CountedSince(Conflict):
    """{skus}: counted or set by somebody else in the meantime; look again."""


class ArrivalClosed(Refused):
    """This arrival is closed already."""


class BelongsToTransfer(Refused):
    """This arrival comes with transfer {transfer}: receive or cancel it there."""


class ArrivalElsewhere(Invalid):
    """Arrival {arrival} brings {sku} to {location}: receive that there, or choose another arrival."""


class ReversedAlready(Conflict):
    """This has been reversed already."""


class NotReversible(Refused):
    """A movement “{what}” belongs to its order or transfer: change it there."""


class NoReservation(Refused):
    """{holder} holds nothing."""


class ReservedSince(Conflict):
    """{holder} has reserved anew since; look again."""


class DifferenceGone(Refused):
    """This difference has been closed already."""


class LevelChanged(Conflict):
    """The level is not {expected} any more but {found}; look again."""
