"""Days that were promised and have passed."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit import business
from stockwright.kit.actions import Call, Given, action
from stockwright.stock.actions.held import hold
from stockwright.stock.actions.promises import refresh_promises, tell_moved
from stockwright.stock.queries.promises import variants_overdue


class ForgetGiven(Given):
    """Variants whose goods did not come on the day."""

    most: int = Field(1000, title="Variants at a time", gt=0, le=100_000)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many orders have another day now, or none."""

    orders: int


@action("stock.forget_passed_days", title=str(_("Forget days that have passed")), for_people=False)
def forget_passed_days(call: Call, given: ForgetGiven) -> Forgotten:
    """Name the days anew of those who wait for goods that should have come.

    Locks: all levels of the variants, in key order.
    """
    variants = variants_overdue(business.calendar().day(call.at), most=given.most)
    held = hold(variants)
    held.moved_orders.update(refresh_promises(variants, call.at))
    orders = len(held.moved_orders)
    tell_moved(call, held, "day_passed")
    return Forgotten(orders)
