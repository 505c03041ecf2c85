"""From what was found to the movements that make the books say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from stockwright.stock.actions.held import HeldLevels
from stockwright.stock.actions.ledger import Move


class Found(NamedTuple):
    """How many units more (or, negative, fewer) than the books say a level really has."""

    variant_id: int
    location_id: int
    variance: int


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
