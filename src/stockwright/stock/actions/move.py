"""Units changing bin, condition or number where they are."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.errors import Invalid
from stockwright.stock.actions.checks import bin_ids, known_lot, refuse_hollow, refuse_uncountable
from stockwright.stock.actions.held import system_location
from stockwright.stock.actions.ledger import Move, Posted, post_movements
from stockwright.stock.actions.reverse import reversing
from stockwright.stock.models import Condition, Reason


class HereGiven(Given):
    """Units of a variant at a location."""

    variant_id: int = Field(title="Variant")
    location_id: int = Field(title="Location")
    units: int = Field(title="Units", gt=0, le=10_000_000)
    lot: str = Field("", title="Lot", max_length=80)
    note: str = Field("", title="Note", max_length=500)
    keep_promises: bool = Field(
        False, title="Keep promises", description="Refuse rather than take units that were promised to customers."
    )


def _change_condition(
    call: Call, given: HereGiven, *, old: Condition, new: Condition, reason: Reason, kind: str
) -> Posted:
    """Move units between conditions at one location."""
    refuse_uncountable([given.variant_id])
    refuse_hollow([given.location_id])
    posted = post_movements(
        call,
        [
            Move(
                given.variant_id, given.units, given.location_id, given.location_id, reason, from_condition=old.value,
                to_condition=new.value, lot_id=known_lot(given.variant_id, given.lot), note=given.note,
            )
        ],
        keep_promises=given.keep_promises,
    )  # fmt: skip
    call.record(
        kind, ("variant", given.variant_id), ("location", given.location_id, "place"),
        units=given.units, was=old.value, now=new.value, **posted.of(given.variant_id, given.location_id),
    )  # fmt: skip
    return posted


class MoveGiven(HereGiven):
    """Units going from bin to bin, or from one condition to another, within a location."""

    from_bin: str = Field("", title="From bin", max_length=40)
    to_bin: str = Field("", title="To bin", max_length=40)
    from_condition: Condition = Field(Condition.SELLABLE, title="From condition")
    to_condition: Condition = Field(Condition.SELLABLE, title="To condition")


@action("stock.move", title=str(_("Move")), subject="variant", subject_field="variant_id", inverse=reversing)
def move(call: Call, given: MoveGiven) -> Posted:
    """Move units within a location: to another bin, or to another condition.

    Raises: Invalid where nothing would change, UnknownBin, UnknownLot, NotInBin, NotInLot, NotEnoughHere, PromisesAtRisk.
    """
    refuse_uncountable([given.variant_id])
    refuse_hollow([given.location_id])
    if given.from_condition == given.to_condition and given.from_bin == given.to_bin:
        raise Invalid(str(_("Say which bin or condition the units go to.")))
    bins = bin_ids([(given.location_id, given.from_bin), (given.location_id, given.to_bin)])
    posted = post_movements(
        call,
        [
            Move(
                given.variant_id, given.units, given.location_id, given.location_id, Reason.MOVED,
                from_condition=given.from_condition.value, to_condition=given.to_condition.value,
                from_bin=bins.get((given.location_id, given.from_bin)),
                to_bin=bins.get((given.location_id, given.to_bin)),
                lot_id=known_lot(given.variant_id, given.lot), note=given.note,
            )
        ],
        keep_promises=given.keep_promises,
    )  # fmt: skip
    call.record(
        "stock.moved", ("variant", given.variant_id), ("location", given.location_id, "place"), units=given.units,
        from_bin=given.from_bin, to_bin=given.to_bin, was=given.from_condition.value, now=given.to_condition.value,
    )  # fmt: skip
    return posted


class QuarantineGiven(HereGiven):
    """Units to be looked at before they are sold."""


@action(
    "stock.quarantine", title=str(_("Quarantine")), subject="variant", subject_field="variant_id", inverse=reversing
)
def quarantine(call: Call, given: QuarantineGiven) -> Posted:
    """Put sellable units under quality control; they can't be promised until released.

    Raises: UnknownLot, NotInLot, NotEnoughHere, PromisesAtRisk.
    """
    sellable, checked = Condition.SELLABLE, Condition.QUALITY_CONTROL
    return _change_condition(
        call, given, old=sellable, new=checked, reason=Reason.QUARANTINED, kind="stock.quarantined"
    )


class ReleaseGiven(HereGiven):
    """Units found to be good."""


@action("stock.release", title=str(_("Release")), subject="variant", subject_field="variant_id", inverse=reversing)
def release(call: Call, given: ReleaseGiven) -> Posted:
    """Release units from quality control; orders that wait for them are served at once.

    Raises: UnknownLot, NotInLot, NotEnoughHere.
    """
    checked, sellable = Condition.QUALITY_CONTROL, Condition.SELLABLE
    return _change_condition(
        call, given, old=checked, new=sellable, reason=Reason.RELEASED, kind="stock.released_for_sale"
    )


class DamageGiven(HereGiven):
    """Units found broken."""

    condition: Condition = Field(Condition.SELLABLE, title="Found among", description="Where they were counted so far.")


@action(
    "stock.mark_damaged", title=str(_("Mark damaged")), subject="variant", subject_field="variant_id",
    inverse=reversing,
)  # fmt: skip
def mark_damaged(call: Call, given: DamageGiven) -> Posted:
    """Mark units as damaged; they stay where they are but can't be promised.

    Raises: UnknownLot, NotInLot, NotEnoughHere, PromisesAtRisk.
    """
    if given.condition is Condition.DAMAGED:
        raise Invalid(str(_("They are damaged already.")))
    return _change_condition(
        call, given, old=given.condition, new=Condition.DAMAGED, reason=Reason.DAMAGED, kind="stock.damaged"
    )


class ScrapGiven(HereGiven):
    """Units thrown away."""

    condition: Condition = Field(Condition.SELLABLE, title="Condition")


@action(
    "stock.scrap", title=str(_("Scrap")), subject="variant", subject_field="variant_id", inverse=reversing,
    dangerous=True,
)  # fmt: skip
def scrap(call: Call, given: ScrapGiven) -> Posted:
    """Throw units away: they leave the location for scrap.

    Raises: UnknownLot, NotInLot, NotEnoughHere, PromisesAtRisk.
    """
    refuse_uncountable([given.variant_id])
    refuse_hollow([given.location_id])
    posted = post_movements(
        call,
        [
            Move(
                given.variant_id, given.units, given.location_id, system_location("scrap"), Reason.SCRAPPED,
                from_condition=given.condition.value, lot_id=known_lot(given.variant_id, given.lot), note=given.note,
            )
        ],
        keep_promises=given.keep_promises,
    )  # fmt: skip
    call.record(
        "stock.scrapped", ("variant", given.variant_id), ("location", given.location_id, "place"), units=given.units,
        condition=given.condition.value, **posted.of(given.variant_id, given.location_id),
    )  # fmt: skip
    return posted


class AdjustGiven(Given):
    """A correction by hand."""

    variant_id: int = Field(title="Variant")
    location_id: int = Field(title="Location")
    change: int = Field(title="Change", ge=-10_000_000, le=10_000_000, description="Units more, or less with a minus.")
    condition: Condition = Field(Condition.SELLABLE, title="Condition")
    lot: str = Field("", title="Lot", max_length=80)
    note: str = Field("", title="Note", max_length=500)
    keep_promises: bool = Field(
        False, title="Keep promises", description="Refuse rather than take units that were promised to customers."
    )


@action("stock.adjust", title=str(_("Adjust")), subject="variant", subject_field="variant_id", inverse=reversing)
def adjust(call: Call, given: AdjustGiven) -> Posted:
    """Correct a number by hand: the difference comes from, or goes to, shrinkage.

    Raises: UnknownLot, NotInLot, NotEnoughHere, PromisesAtRisk.
    """
    refuse_uncountable([given.variant_id])
    refuse_hollow([given.location_id])
    if not given.change:
        raise Invalid(str(_("Nothing would change.")))
    shrinkage, lot = system_location("shrinkage"), known_lot(given.variant_id, given.lot)
    if given.change > 0:
        one = Move(
            given.variant_id, given.change, shrinkage, given.location_id, Reason.ADJUSTED,
            to_condition=given.condition.value, lot_id=lot, note=given.note,
        )  # fmt: skip
    else:
        one = Move(
            given.variant_id, -given.change, given.location_id, shrinkage, Reason.ADJUSTED,
            from_condition=given.condition.value, lot_id=lot, note=given.note,
        )  # fmt: skip
    posted = post_movements(call, [one], keep_promises=given.keep_promises)
    call.record(
        "stock.adjusted", ("variant", given.variant_id), ("location", given.location_id, "place"), change=given.change,
        condition=given.condition.value, **posted.of(given.variant_id, given.location_id),
    )  # fmt: skip
    return posted
