"""Locations, transfers and counts by name and in pickers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.forms import Choice, picks
from stockwright.kit.ids import is_number
from stockwright.kit.pages import Found, Named, finds, names
from stockwright.kit.pages.names import address
from stockwright.stock.models import HOLDING, Arrival, Count, Difference, Location, Transfer


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
