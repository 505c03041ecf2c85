"""Marks in the action log between which a demo shop is built, and the deliveries of its past."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from stockwright.kit.actions import Call, Given, action
from stockwright.stock.actions import Posted, Receipt, receive_many


class BeginGiven(Given):
    """The moment that the demo shop takes for now."""

    moment: AwareDatetime = Field(title=str(_("Moment")))


class FinishGiven(Given):
    """Nothing to say."""


class CameGiven(Given):
    """Units of a variant that a supplier brought."""

    variant_id: int
    units: int = Field(gt=0)
    unit_cost: Decimal | None = None


class DeliverGiven(Given):
    """A morning's deliveries to a location."""

    location_id: int = Field(title=str(_("Location")))
    lines: tuple[CameGiven, ...] = Field(title=str(_("Lines")), min_length=1)


@action("demo.begin", title=str(_("Begin a demo shop")), for_people=False)
def begin(_call: Call, given: BeginGiven) -> dict[str, str]:
    """Fix the moment at which the demo's past ends, so that an interrupted build goes on with the same one."""
    return {"moment": given.moment.isoformat()}


@action("demo.deliver", title=str(_("Take deliveries in")), for_people=False)
def deliver(call: Call, given: DeliverGiven) -> Posted:
    """Take in what suppliers brought on a morning of the past; orders that wait for it are served."""
    return receive_many(
        call,
        [Receipt(line.variant_id, given.location_id, line.units, unit_cost=line.unit_cost) for line in given.lines],
    )


@action("demo.finish", title=str(_("End building the demo shop")), for_people=False)
def finish(call: Call, given: FinishGiven) -> dict[str, str]:  # noqa: ARG001
    """Say that the demo shop is whole."""
    call.record("demo.built")
    return {}
