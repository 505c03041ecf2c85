"""Reservations, shortfalls, and differences between numbers and what they are made of."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from stockwright.kit.lists import Column, RecordList, Sort
from stockwright.kit.pages import PageRequest, counts_work, page
from stockwright.kit.pages.names import address
from stockwright.stock.models import Difference, Reservation
from stockwright.stock.queries import shortfall_list


def _variant(row: Reservation) -> object:
    variant = row.level.variant
    return format_html("<a class='strong' href='{}'>{}</a>", address("variant", variant.pk), variant.sku)


RESERVATIONS = RecordList(
    name="reservations",
    title=gettext_lazy("Reservations"),
    source=lambda: Reservation.objects.select_related("level__variant", "level__location"),
    columns=(
        Column("holder", gettext_lazy("For"), lambda r: r.holder),
        Column("sku", gettext_lazy("SKU"), lambda r: r.level.variant.sku, show=_variant),
        Column("location", gettext_lazy("Location"), lambda r: r.level.location.name),
        Column("since", gettext_lazy("Since"), lambda r: r.created_at, kind="time"),
        Column("until", gettext_lazy("Until"), lambda r: r.reserved_until, kind="time", sort="until"),
        Column("units", gettext_lazy("Units"), lambda r: r.units, kind="number"),
    ),
    sorts={"until": Sort("reserved_until")},
    default_sort="until",
    search=lambda rows, text: rows.filter(holder__istartswith=text),
    search_hint=gettext_lazy("Whom they are for"),
    small=True,
    template="stock/reservations.html",
    empty=(
        "lock_clock",
        gettext_lazy("Nothing is reserved"),
        gettext_lazy("Reservations hold units for somebody who has not ordered yet, until a moment."),
    ),
)


@page("view.stock")
def reservations(request: PageRequest) -> HttpResponseBase:
    """Units held for somebody who has not ordered yet."""
    return RESERVATIONS.respond(request)


@page("view.stock")
def shortfalls(request: PageRequest) -> HttpResponse:
    """Variants that orders wait for, the most urgent first."""
    return render(request, "stock/shortfalls.html", {"rows": shortfall_list(limit=300)})


@page("view.stock")
def differences(request: PageRequest) -> HttpResponse:
    """Numbers that don't agree with the ledger and promises they are made of."""
    rows = Difference.objects.filter(closed_at=None).select_related("level__variant", "level__location")
    closed = Difference.objects.exclude(closed_at=None).select_related("level__variant", "level__location")
    context = {"rows": list(rows.order_by("first_seen")[:500]), "closed": list(closed.order_by("-closed_at")[:20])}
    return render(request, "stock/differences.html", context)


@counts_work("differences")
def open_differences() -> int:
    """Differences nobody has repaired."""
    return Difference.objects.filter(closed_at=None)[:1000].count()
