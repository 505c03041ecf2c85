"""From what was found to the movements that make the books say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from stockwright.kit.bulk import fetch
from stockwright.stock.actions.held import HeldLevels
from stockwright.stock.actions.ledger import Move
from stockwright.stock.models import Reason


class Found(NamedTuple):
    """How many units more (or, negative, fewer) than the books say a level really has."""

    variant_id: int
    location_id: int
    variance: int


class Looked(NamedTuple):
    """What somebody found of a variant, and the moment of looking."""

    variant_id: int
    units: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found beside what the books said at the moment of looking."""

    found: list[Found]
    # By variant; only of those that are not out of date.
    booked: dict[int, int]
    # Variants whose books were put right after somebody looked: comparing them would do it a second time.
    out_of_date: tuple[int, ...]


# What corrects the books rather than moving goods.
_CORRECTIONS = [str(r) for r in (Reason.OPENING, Reason.COUNTED, Reason.ADJUSTED, Reason.CHANNEL, Reason.REPAIR)]
_SINCE = """
SELECT d.variant,
       coalesce(sum(CASE WHEN m.to_location_id = %(place)s THEN m.units ELSE 0 END
                    - CASE WHEN m.from_location_id = %(place)s THEN m.units ELSE 0 END), 0)::int,
       coalesce(bool_or(l.counted_at > d.at), false)
       OR coalesce(bool_or(m.reason = ANY(%(corrections)s)
                           OR EXISTS (SELECT 1 FROM stock_reversal r WHERE r.call = m.call)), false)
FROM unnest(%(variants)s::bigint[], %(moments)s::timestamptz[]) AS d(variant, at)
JOIN stock_level l ON l.variant_id = d.variant AND l.location_id = %(place)s
LEFT JOIN stock_movement m ON m.variant_id = d.variant AND m.occurred_at > d.at
          AND (m.to_location_id = %(place)s OR m.from_location_id = %(place)s)
GROUP BY d.variant
"""


def compare(held: HeldLevels, location_id: int, looked: Sequence[Looked]) -> Compared:
    """Compare what was found with the books as they were at the moment of looking, over held levels."""
    rows = fetch(
        _SINCE,
        {
            "place": location_id,
            "corrections": _CORRECTIONS,
            "variants": [one.variant_id for one in looked],
            "moments": [one.at for one in looked],
        },
    )
    since = {variant: (units, corrected) for variant, units, corrected in rows}
    found: list[Found] = []
    booked: dict[int, int] = {}
    for variant, units, _at in looked:
        came, corrected = since[variant]
        if corrected:
            continue
        on_hand = held.at(variant, location_id).on_hand
        booked[variant] = on_hand - came
        # Goods may have left since: no more can be missing than are there.
        found.append(Found(variant, location_id, max(units - booked[variant], -on_hand)))
    return Compared(found, booked, tuple(one.variant_id for one in looked if one.variant_id not in booked))


def variance_moves(
    held: HeldLevels,
    found: Iterable[Found],
    elsewhere: int | Mapping[tuple[int, int], int],
    reason: str,
    *,
    reference: tuple[str, int | None] = ("", None),
    note: str = "",
) -> Iterator[Move]:
    """Movements between levels and the place where differences go.

    What is missing is taken from sellable units first, then from those under quality control, then from damaged ones.
    `elsewhere` is that place, or one for each (variant, location).
    """
    for variant, location, variance in found:
        other = elsewhere if isinstance(elsewhere, int) else elsewhere[variant, location]
        if variance > 0:
            yield Move(variant, variance, other, location, reason, reference=reference, note=note)
            continue
        missing = -variance
        level = held.at(variant, location)
        for condition, there in (
            ("sellable", level.sellable),
            ("quality_control", level.quality_control),
            ("damaged", level.damaged),
        ):
            taken = min(missing, max(0, there))
            if taken:
                missing -= taken
                yield Move(
                    variant, taken, location, other, reason, from_condition=condition, to_condition=condition,
                    reference=reference, note=note,
                )  # fmt: skip
