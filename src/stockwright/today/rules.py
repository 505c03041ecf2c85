"""Which proposal comes first: one pure function, and its reason in numbers.

The rank follows from the money expected to be lost by waiting one more hour:

    per hour = value at stake x confidence / hours left

Value at stake is what is lost in the end if nobody acts, confidence how sure that is, and the hours left run to the
deadline. What is due within the hour, or overdue, counts as one hour left, so that an overdue trifle does not push
aside something large; what has no deadline counts as due in a week. Equal ones go by their deadline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

SOONEST = Decimal(1)
UNHURRIED = Decimal(7 * 24)
_COIN = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Rank:
    """How much an hour of waiting costs, and the numbers it is made of."""

    per_hour: Decimal
    hours_left: Decimal
    value: Decimal
    confidence: Decimal
    deadline: datetime | None


def rank(value: Decimal, confidence: Decimal, deadline: datetime | None, now: datetime) -> Rank:
    """The money expected to be lost per hour of waiting.

    Units: `value` in the shop's currency, confidence from 0 to 1.
    """
    left = UNHURRIED if deadline is None else Decimal(str((deadline - now).total_seconds())) / 3600
    # What lies further off than a week presses no less than what has no deadline at all.
    hours = min(max(left, SOONEST), UNHURRIED)
    return Rank((value * confidence / hours).quantize(_COIN), hours, value, confidence, deadline)


class Urgency(StrEnum):
    """How a deadline looks."""

    BAD = "bad"
    SOON = "soon"
    CALM = ""


def urgency(deadline: datetime | None, now: datetime) -> Urgency:
    """Red within four hours or past, amber within a day and a half, calm otherwise."""
    if deadline is None:
        return Urgency.CALM
    hours = (deadline - now).total_seconds() / 3600
    if hours <= 4:  # noqa: PLR2004 - as the docstring says
        return Urgency.BAD
    return Urgency.SOON if hours <= 36 else Urgency.CALM  # noqa: PLR2004 - as the docstring says


def agreement(decided: Iterable[str]) -> tuple[int, int]:
    """How many of the decisions agreed with what was proposed, and how many there were.

    Applied as it was agrees; edited or dismissed does not; what expired was never decided.
    """
    counted = [state for state in decided if state in {"applied", "edited", "dismissed"}]
    return sum(state == "applied" for state in counted), len(counted)
