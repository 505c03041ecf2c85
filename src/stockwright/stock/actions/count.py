"""Counting: what was found becomes what the books say, and the difference is a movement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute
from stockwright.kit.errors import Invalid, NotFound
from stockwright.kit.states import move as move_state
from stockwright.stock.actions.checks import refuse_hollow, refuse_uncountable
from stockwright.stock.actions.held import HeldLevels, hold, make_levels, skus_of, system_location
from stockwright.stock.actions.ledger import post_held
from stockwright.stock.actions.reverse import reversing
from stockwright.stock.actions.variance import Compared, Looked, compare, variance_moves
from stockwright.stock.errors import CountedSince, CountIncomplete, CountNotOpen
from stockwright.stock.models import Count, CountLine, Reason
from stockwright.stock.states import COUNT_MOVES, CountState


class Counted(Given):
    """What somebody found."""

    variant_id: int = Field(title="Variant")
    units: int = Field(title="Counted units", ge=0, le=10_000_000, description="All there are, damaged ones included.")


class Entered(Counted):
    """What somebody found, and when."""

    counted_at: AwareDatetime | None = Field(
        None, title="Counted at", description="The moment of looking; empty means now."
    )


@dataclass(frozen=True, slots=True)
class Variance:
    """What a count changed."""

    movements: tuple[int, ...]
    # Variant to units more or less than the books said; those that agreed are zero.
    variances: dict[int, int]
    # Units of promises that were lost by it, and that nowhere else could take over.
    lost: int
    count_id: int | None = None
    # Variants that were counted, adjusted or set after somebody looked: what was found of them is out of date.
    left_out: tuple[int, ...] = ()
    # Promised units that come from elsewhere now, by the name of the location.
    taken_over: dict[str, int] = field(default_factory=dict)


class CountGiven(Given):
    """What was found at a location, without having been shown what the books say."""

    location_id: int = Field(title="Location")
    lines: tuple[Counted, ...] = Field(title="Counted", min_length=1, max_length=5000)
    note: str = Field("", title="Note", max_length=500)
    keep_promises: bool = Field(
        False, title="Keep promises", description="Refuse rather than take units that were promised to customers."
    )


@action("stock.count", title=str(_("Count")), subject="location", subject_field="location_id", inverse=reversing)
def count(call: Call, given: CountGiven) -> Variance:
    """Say how many units there really are; a difference goes to shrinkage, or comes from it.

    Raises: UnknownVariant, KitHasNoStock, PromisesAtRisk; CountedSince where somebody else was faster.
    """
    counted = {line.variant_id: line.units for line in given.lines}
    refuse_uncountable(counted)
    refuse_hollow([given.location_id])
    make_levels((variant, given.location_id) for variant in counted)
    held = hold(counted)
    compared = compare(held, given.location_id, [Looked(v, units, call.at) for v, units in counted.items()])
    if compared.out_of_date:
        skus = skus_of(compared.out_of_date)
        raise CountedSince(skus=", ".join(sorted(skus.values())))
    return _post(call, held, compared, keep_promises=given.keep_promises, note=given.note)


def _post(
    call: Call,
    held: HeldLevels,
    compared: Compared,
    *,
    keep_promises: bool,
    count_id: int | None = None,
    note: str = "",
) -> Variance:
    """Post the variances of one location and note when it was counted."""
    found = compared.found
    reference = ("count", count_id) if count_id else ("", None)
    moves = list(
        variance_moves(held, found, system_location("shrinkage"), Reason.COUNTED, reference=reference, note=note)
    )
    posted = post_held(call, held, moves, keep_promises=keep_promises, cause="counted")
    execute(
        "UPDATE stock_level l SET counted_at = %s FROM unnest(%s::bigint[], %s::bigint[]) AS d(variant, location)"
        " WHERE l.variant_id = d.variant AND l.location_id = d.location",
        (call.at, [f.variant_id for f in found], [f.location_id for f in found]),
    )
    for variant, location, variance in found:
        call.record(
            "stock.counted", ("variant", variant), ("location", location, "place"), variance=variance,
            **posted.of(variant, location),
        )  # fmt: skip
    variances = {f.variant_id: f.variance for f in found}
    told = posted.in_all()
    return Variance(
        posted.movements, variances, told["lost"], count_id, compared.out_of_date, told.get("taken_over", {})
    )  # fmt: skip


class OpenGiven(Given):
    """Something to be counted."""

    location_id: int = Field(title="Location")
    variants: tuple[int, ...] = Field((), title="Variants", description="None: everything this location has.")
    note: str = Field("", title="Note", max_length=500)


@dataclass(frozen=True, slots=True)
class Opened:
    """A count to be done."""

    count_id: int
    lines: int


def _cancelling(_given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "stock.count_cancel", {"count_id": result["count_id"]}


@action(
    "stock.count_open", title=str(_("Plan a count")), subject="location", subject_field="location_id",
    inverse=_cancelling,
)  # fmt: skip
def count_open(call: Call, given: OpenGiven) -> Opened:
    """Plan a count of some variants, or of all that a location has.

    Raises: UnknownVariant, UnknownLocation.
    """
    refuse_hollow([given.location_id])
    refuse_uncountable(given.variants)
    document = Count.objects.create(location_id=given.location_id, note=given.note, created_at=call.at)
    if given.variants:
        CountLine.objects.bulk_create(
            CountLine(count=document, variant_id=variant) for variant in dict.fromkeys(given.variants)
        )
        lines = len(set(given.variants))
    else:
        lines = execute(
            "INSERT INTO stock_countline (count_id, variant_id) SELECT %s, l.variant_id FROM stock_level l"
            " JOIN catalog_variant v ON v.id = l.variant_id AND v.stocked AND NOT v.is_kit"
            " WHERE l.location_id = %s AND (v.active OR l.on_hand > 0) ORDER BY v.sku",
            (document.pk, given.location_id),
        )
    call.record("count.opened", ("count", document.pk), ("location", given.location_id, "place"), lines=lines)
    return Opened(document.pk, lines)


class EnterGiven(Given):
    """What was found of a count's variants."""

    count_id: int = Field(title="Count")
    lines: tuple[Entered, ...] = Field(title="Counted", min_length=1, max_length=5000)


# By so much may the clock of a device be ahead of ours.
AHEAD = timedelta(minutes=1)


@action("stock.count_enter", title=str(_("Enter counted units")), subject="count", subject_field="count_id")
def count_enter(call: Call, given: EnterGiven) -> Opened:
    """Note what was found, and when; a variant not on the list is added to it. Of two entries the later look stays.

    Goods may go on moving until the count is posted: the variance is that of the moment of looking.
    Raises: NotFound, CountNotOpen, UnknownVariant, KitHasNoStock, Invalid where that moment has not come yet.
    """
    document = _open_count(given.count_id)
    looked = {line.variant_id: (line.units, _moment(call, line.counted_at)) for line in given.lines}
    refuse_uncountable(looked)
    rows = [(variant, units, at) for variant, (units, at) in looked.items()]
    execute(
        "INSERT INTO stock_countline (count_id, variant_id, counted, counted_at)"
        " SELECT %s, v, c, t FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS d(v, c, t)"
        " ON CONFLICT (count_id, variant_id) DO UPDATE SET counted = excluded.counted, counted_at = excluded.counted_at"
        " WHERE stock_countline.counted_at IS NULL OR stock_countline.counted_at <= excluded.counted_at",
        (document.pk, *(list(column) for column in zip(*rows, strict=True))),
    )
    call.record("count.entered", ("count", document.pk), lines=len(rows))
    return Opened(document.pk, len(rows))


def _moment(call: Call, told: datetime | None) -> datetime:
    if told is not None and told > call.at + AHEAD:
        raise Invalid(str(_("Nobody can have counted that yet: the moment lies ahead.")))
    return call.at if told is None else min(told, call.at)


class PostGiven(Given):
    """A count that is done."""

    count_id: int = Field(title="Count")
    leave_uncounted: bool = Field(False, title="Leave out what was not counted")
    keep_promises: bool = Field(False, title="Keep promises", description="Refuse rather than break promises.")


@action(
    "stock.count_post", title=str(_("Post the count")), subject="count", subject_field="count_id", inverse=reversing
)
def count_post(call: Call, given: PostGiven) -> Variance:
    """Make the books say what was found: each line is compared with the books of the moment of looking.

    A line whose level was counted, adjusted or set after that moment is left out, and the answer names it.
    Raises: NotFound, CountNotOpen, CountIncomplete, PromisesAtRisk.
    """
    document = _open_count(given.count_id)
    lines = list(document.lines.values_list("variant_id", "counted", "counted_at"))
    done = [Looked(variant, counted, at) for variant, counted, at in lines if counted is not None and at is not None]
    missing = len(lines) - len(done)
    if (missing and not given.leave_uncounted) or not done:
        raise CountIncomplete(missing=missing, lines=len(lines))
    move_state(call, document, "state", CountState.POSTED, COUNT_MOVES, type_="count", posted_at=call.at)
    make_levels((looked.variant_id, document.location_id) for looked in done)
    held = hold(looked.variant_id for looked in done)
    compared = compare(held, document.location_id, done)
    execute(
        "UPDATE stock_countline t SET booked = d.booked FROM unnest(%s::bigint[], %s::int[]) AS d(variant, booked)"
        " WHERE t.count_id = %s AND t.variant_id = d.variant",
        (list(compared.booked.keys()), list(compared.booked.values()), document.pk),
    )
    return _post(call, held, compared, keep_promises=given.keep_promises, count_id=document.pk, note=document.note)


class CancelGiven(Given):
    """A count that is not wanted any more."""

    count_id: int = Field(title="Count")


@action(
    "stock.count_cancel", title=str(_("Cancel the count")), subject="count", subject_field="count_id", dangerous=True
)
def count_cancel(call: Call, given: CancelGiven) -> Opened:
    """Give a count up; nothing changes.

    Raises: NotFound, CountNotOpen.
    """
    document = _open_count(given.count_id)
    move_state(call, document, "state", CountState.CANCELLED, COUNT_MOVES, type_="count")
    return Opened(document.pk, document.lines.count())


def _open_count(count_id: int) -> Count:
    """A count that is being done.

    Locks: its row, so that it is posted once.
    """
    document = Count.objects.select_for_update().filter(pk=count_id).first()
    if document is None:
        raise NotFound(what="count", which=count_id)
    if document.state != Count.State.OPEN:
        raise CountNotOpen(state=document.get_state_display())
    return document
