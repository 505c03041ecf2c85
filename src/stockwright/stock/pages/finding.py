"""Locations, transfers and counts by name and in pickers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.forms import Choice, picks
from stockwright.kit.ids import is_number
from stockwright.kit.pages import Found, Named, finds, names
from stockwright.kit.pages.names import address
from stockwright.stock.models import HOLDING, Arrival, Count, Difference, Location, Transfer

CHOICES = 20


@names("location", "view.stock")
def name_locations(ids: list[int]) -> dict[int, Named]:
    """Names of locations; only those that hold stock have a page."""
    rows = Location.objects.filter(pk__in=ids)
    return {o.pk: Named(o.name, o.code, address("location", o.pk) if o.kind in HOLDING else "") for o in rows}


@names("transfer", "view.stock")
def name_transfers(ids: list[int]) -> dict[int, Named]:
    """Numbers of transfers."""
    rows = Transfer.objects.filter(pk__in=ids).select_related("origin", "destination")
    return {t.pk: Named(str(t), f"{t.origin} → {t.destination}", address("transfer", t.pk)) for t in rows}


@names("count", "view.stock")
def name_counts(ids: list[int]) -> dict[int, Named]:
    """Numbers of counts."""
    return {
        c.pk: Named(str(c), str(c.location), address("count", c.pk))
        for c in Count.objects.filter(pk__in=ids).select_related("location")
    }


@names("arrival", "view.stock")
def name_arrivals(ids: list[int]) -> dict[int, Named]:
    """References of arrivals."""
    rows = Arrival.objects.filter(pk__in=ids)
    return {a.pk: Named(a.reference or _("arrival {n}").format(n=a.pk)) for a in rows}


@names("difference", "view.stock")
def name_differences(ids: list[int]) -> dict[int, Named]:
    """What differs where."""
    rows = Difference.objects.filter(pk__in=ids).select_related("level__variant", "level__location")
    return {d.pk: Named(f"{d.level.variant.sku}, {d.level.location}") for d in rows}


@finds(gettext_lazy("Locations"), "view.stock")
def find_locations(text: str) -> Iterable[Found]:
    """Locations by name or code."""
    for row in Location.objects.filter(kind__in=HOLDING):
        if text.lower() in row.name.lower() or text.lower() in row.code.lower():
            yield Found(row.name, row.code, address("location", row.pk))


def _location_of(value: str) -> Choice | None:
    row = Location.objects.filter(pk=int(value)).first() if is_number(value) else None
    return Choice(str(row.pk), row.name, row.code) if row else None


@picks("location", "view.stock", find=_location_of, few=True)
def pick_location(_text: str) -> Sequence[Choice]:
    """Warehouses and stores to choose from."""
    rows = Location.objects.filter(kind__in=HOLDING, active=True).order_by("priority", "pk")
    return [Choice(str(o.pk), o.name, o.code) for o in rows]


def _number_in(text: str) -> int | None:
    """The number of a paper as people type it: 12, T-12."""
    digits = text.strip().upper().removeprefix("T-").removeprefix("C-")
    return int(digits) if is_number(digits) else None


def _transfer_of(value: str) -> Choice | None:
    row = Transfer.objects.filter(pk=_number_in(value) or 0).select_related("origin", "destination").first()
    return Choice(str(row.pk), str(row), f"{row.origin} → {row.destination}") if row else None


@picks("transfer", "view.stock", find=_transfer_of)
def pick_transfer(text: str) -> Sequence[Choice]:
    """Transfers that are not finished, by number or place."""
    rows = Transfer.objects.filter(state__in=("draft", "in_transit")).select_related("origin", "destination")
    if text:
        rows = rows.filter(
            Q(pk=_number_in(text) or 0) | Q(origin__name__icontains=text) | Q(destination__name__icontains=text)
        )
    return [Choice(str(t.pk), str(t), f"{t.origin} → {t.destination}") for t in rows.order_by("-pk")[:CHOICES]]


def _count_of(value: str) -> Choice | None:
    row = Count.objects.filter(pk=_number_in(value) or 0).select_related("location").first()
    return Choice(str(row.pk), str(row), str(row.location)) if row else None


@picks("count", "view.stock", find=_count_of)
def pick_count(text: str) -> Sequence[Choice]:
    """Counts that are open, by number or place."""
    rows = Count.objects.filter(state="open").select_related("location")
    if text:
        rows = rows.filter(Q(pk=_number_in(text) or 0) | Q(location__name__icontains=text))
    return [Choice(str(c.pk), str(c), str(c.location)) for c in rows.order_by("-pk")[:CHOICES]]


def _arriving(row: Arrival) -> Choice:
    what = _("{n} × {sku} for {where}").format(n=row.units - row.received, sku=row.variant.sku, where=row.location)
    return Choice(str(row.pk), row.reference or what, what if row.reference else "")


def _arrival_of(value: str) -> Choice | None:
    rows = Arrival.objects.filter(pk=int(value)) if is_number(value) else Arrival.objects.none()
    row = rows.select_related("variant", "location").first()
    return _arriving(row) if row else None


@picks("arrival", "view.stock", find=_arrival_of)
def pick_arrival(text: str) -> Sequence[Choice]:
    """What is still to come, by its reference or SKU."""
    rows = Arrival.objects.filter(closed_at=None).select_related("variant", "location")
    if text:
        rows = rows.filter(Q(reference__icontains=text) | Q(variant__sku__icontains=text))
    return [_arriving(row) for row in rows.order_by("expected_on", "pk")[:CHOICES]]
