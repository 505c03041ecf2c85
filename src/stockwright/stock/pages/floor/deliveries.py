"""What a location expects, as it comes through the door: arrivals grouped by what brings them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Sum

from stockwright.catalog.pages.finding import title_of
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.stock.models import Arrival, Level, Shortfall
from stockwright.stock.pages.floor.scanning import CARRIED, described, load_variants

Key = tuple[str, int | None, str, int]


def left_of(arrival: Arrival) -> int:
    """Units that an arrival still brings; fewer than nothing where more came than were announced."""
    return arrival.units - arrival.received


@dataclass(slots=True)
class Delivery:
    """Arrivals that come together: one purchase order, one transfer, or what a supplier sends for a day."""

    key: int
    name: str
    origin: str
    expected_on: date | None
    transfer_id: int | None
    rows: list[Arrival] = field(default_factory=list)

    @property
    def units(self) -> int:
        """Units announced."""
        return sum(row.units for row in self.rows)

    @property
    def received(self) -> int:
        """Units that came."""
        return sum(row.received for row in self.rows)

    @property
    def late(self) -> bool:
        """Whether it should have come before today."""
        return self.expected_on is not None and self.expected_on < calendar().day(now())

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each arrival in words: what is short and what is over."""
        return [
            {
                "arrival": row, "title": title_of(row.variant), "short": max(0, left_of(row)) if not row.closed_at else 0,
                "over": max(0, -left_of(row)), "given_up": max(0, left_of(row)) if row.closed_at else 0,
            }
            for row in self.rows
        ]  # fmt: skip


def _key(row: Arrival) -> Key:
    if row.reference_type == "transfer":
        return (row.reference_type, row.reference_id, "", row.origin_id)
    # Lines of a purchase order are announced one by one under its number.
    return ("", None, row.reference or str(row.expected_on or ""), row.origin_id)


def _grouped(rows: Sequence[Arrival]) -> list[Delivery]:
    found: dict[Key, Delivery] = {}
    for row in rows:
        made = found.get(_key(row))
        if made is None:
            transfer = row.reference_id if row.reference_type == "transfer" else None
            made = found[_key(row)] = Delivery(
                row.pk, row.reference or row.origin.name, row.origin.name, row.expected_on, transfer
            )
        made.rows.append(row)
    return list(found.values())


def _arrivals(location_id: int) -> Any:
    rows = Arrival.objects.filter(location=location_id).select_related("variant__product", "origin")
    return rows.order_by("expected_on", "pk")


def deliveries(location_id: int) -> list[Delivery]:
    """What a location expects, the soonest first and what has no day last."""
    return _grouped(list(_arrivals(location_id).filter(closed_at=None)[:CARRIED]))


def delivery_of(arrival_id: int, location_id: int) -> Delivery | None:
    """The delivery that an arrival belongs to, with its lines that are closed already."""
    row = _arrivals(location_id).filter(pk=arrival_id).first()
    if row is None:
        return None
    if row.reference_type == "transfer":
        same = _arrivals(location_id).filter(reference_type="transfer", reference_id=row.reference_id)
    elif row.reference:
        same = _arrivals(location_id).filter(reference=row.reference, origin=row.origin_id)
    else:
        same = _arrivals(location_id).filter(
            reference="", origin=row.origin_id, expected_on=row.expected_on, closed_at=None
        )
    found = _grouped([other for other in same[:CARRIED] if _key(other) == _key(row)] or [row])[0]
    # The address stays the same whichever of its lines is gone.
    found.key = arrival_id
    return found


def expected_items(
    location_id: int, delivery: Delivery | None, variant_ids: Collection[int] | None
) -> list[dict[str, Any]]:
    """Variants with what brings them here and who waits for them, for a station; None: all that are expected."""
    rows = _arrivals(location_id).filter(closed_at=None)
    if variant_ids is not None:
        rows = rows.filter(variant__in=list(variant_ids))
    own = {row.pk for row in delivery.rows} if delivery else set()
    by_variant: dict[int, list[Arrival]] = {}
    for row in rows[:CARRIED]:
        by_variant.setdefault(row.variant_id, []).append(row)
    wanted = list(by_variant) if variant_ids is None else list(variant_ids)
    waiting = dict(
        Shortfall.objects.filter(variant__in=wanted).values_list("variant").annotate(Sum("units")).order_by()
    )
    bins = dict(
        Level.objects.filter(location=location_id, variant__in=wanted, bin__isnull=False).values_list(
            "variant_id", "bin__code"
        )
    )
    return [
        {
            **told, "waiting": waiting.get(told["variant"], 0), "bin": bins.get(told["variant"], ""),
            # What is being unloaded comes first.
            "arrivals": [
                {"id": row.pk, "left": left_of(row), "label": row.reference or row.origin.name, "here": row.pk in own}
                for row in sorted(by_variant.get(told["variant"], ()), key=lambda row: row.pk not in own)
            ],
            "stray": bool(delivery) and not any(row.pk in own for row in by_variant.get(told["variant"], ())),
        }
        for told in described(load_variants(wanted))
    ]  # fmt: skip
