"""Who holds units without having ordered, and who ordered units that are not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Count as Counted
from django.db.models import Q, Sum
from django.http import HttpResponseBase
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.catalog.pages.finding import title_of, variant_ids
from stockwright.kit.clock import now
from stockwright.kit.lists import Column, Filter, RecordList, Sort, View, dialog_column
from stockwright.kit.lists.parts import Rows
from stockwright.kit.pages import PageRequest, name_all, page
from stockwright.kit.pages.words import badge, time_tag
from stockwright.stock.models import Reservation, Shortfall
from stockwright.stock.pages.floor.narrowing import (
    at_location,
    location_choices,
    respond_to,
    variant_link,
)


def _find_reserved(rows: Rows, text: str) -> Rows:
    return rows.filter(Q(holder__istartswith=text) | Q(level__variant__in=variant_ids(text)))


def _until(row: Reservation) -> object:
    if row.reserved_until <= now():
        return format_html("{} {}", badge(_("time is up"), "soon"), time_tag(row.reserved_until))
    return time_tag(row.reserved_until)


RESERVATIONS = RecordList(
    name="reservations",
    title=gettext_lazy("Reservations"),
    source=lambda: Reservation.objects.select_related("level__variant__product", "level__location"),
    columns=(
        Column("holder", gettext_lazy("For"), lambda r: r.holder),
        Column("sku", gettext_lazy("SKU"), lambda r: r.level.variant.sku, show=lambda r: variant_link(r.level.variant)),
        Column("title", gettext_lazy("Product"), lambda r: title_of(r.level.variant), minor=True),
        Column("location", gettext_lazy("At"), lambda r: r.level.location.name),
        Column("since", gettext_lazy("Since"), lambda r: r.created_at, kind="time"),
        Column("until", gettext_lazy("Until"), lambda r: r.reserved_until, show=_until, sort="until"),
        Column("units", gettext_lazy("Units"), lambda r: r.units, kind="number"),
    ),
    sorts={"until": Sort("reserved_until")},
    default_sort="until",
    views=(
        View("live", gettext_lazy("Held now"), lambda rows: rows.filter(reserved_until__gt=now()), counted=True),
        View("over", gettext_lazy("Time is up"), lambda rows: rows.filter(reserved_until__lte=now()), counted=True),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    filters=(Filter("location", gettext_lazy("At"), at_location("level__location"), choices=location_choices),),
    search=_find_reserved,
    search_hint=gettext_lazy("Whom they are for, or SKU"),
    small=True,
    template="stock/floor/reservations.html",
    empty=(
        "lock_clock", gettext_lazy("Nothing is reserved"),
        gettext_lazy("Reserve units for somebody who has not ordered yet; they are free again by themselves when the time is up."),
    ),
)  # fmt: skip


@page("view.stock")
def reservations(request: PageRequest) -> HttpResponseBase:
    """Units held for somebody who has not ordered yet, the soonest to be free first."""

    def holder(row: Reservation) -> str:
        return urlencode({"holder": row.holder})

    columns = (*RESERVATIONS.columns, *dialog_column(request, "stock.release_reservation", _("Release"), holder))
    return respond_to(request, replace(RESERVATIONS, columns=columns))


KIND_LOOK = {"oversold": "bad", "lost": "bad", "backordered": "soon", "preordered": "busy"}


def _of_kind(kind: str) -> Any:
    return lambda rows: rows.filter(kind=kind)


def _with_orders(page_: list[Shortfall]) -> None:
    """The orders behind a page of shortfalls, by name; one query for each room that names them."""
    named = name_all({("order", s.order_id) for s in page_})
    for row in page_:
        row.order_named = named["order", row.order_id]  # type: ignore[attr-defined]


def _order(row: Any) -> object:
    named = row.order_named
    words = format_html("<a class='strong' href='{}'>{}</a>", named.url, named.label) if named.url else named.label
    return format_html("{} <span class='muted'>{}</span>", words, named.note)


def _due(row: Shortfall) -> object:
    return format_html("<span class='{}'>{}</span>", "bad" if row.due_at < now() else "", time_tag(row.due_at, "when"))


def _promised(row: Shortfall) -> object:
    if row.promised_on is not None:
        late = row.promised_on > row.due_at.date()
        return format_html("<span class='{}'>{}</span>", "soon" if late else "good", time_tag(row.promised_on, "when"))
    return badge(_("nothing is on its way"), "bad")


def _find_short(rows: Rows, text: str) -> Rows:
    return rows.filter(variant__in=variant_ids(text))


SHORTFALLS = RecordList(
    name="shortfalls",
    title=gettext_lazy("Shortfalls"),
    source=lambda: Shortfall.objects.select_related("variant__product"),
    columns=(
        Column("order", gettext_lazy("Order"), lambda s: s.order_named.label, show=_order),
        Column("sku", gettext_lazy("Waits for"), lambda s: s.variant.sku, show=lambda s: variant_link(s.variant)),
        Column("title", gettext_lazy("Product"), lambda s: title_of(s.variant), minor=True),
        Column("kind", gettext_lazy("Why"), lambda s: s.get_kind_display(), show=lambda s: badge(s.get_kind_display(), KIND_LOOK[s.kind])),
        Column("due", gettext_lazy("Leaves by"), lambda s: s.due_at, show=_due, sort="due"),
        Column("since", gettext_lazy("Waits since"), lambda s: s.since, kind="time", sort="since"),
        Column("promised", gettext_lazy("Promised for"), lambda s: s.promised_on, show=_promised, sort="promised"),
        Column("units", gettext_lazy("Units"), lambda s: s.units, kind="number"),
    ),
    sorts={"due": Sort("due_at"), "since": Sort("since"), "promised": Sort("promised_on", nullable=True)},
    default_sort="due",
    views=(
        View("all", gettext_lazy("All"), lambda rows: rows),
        View("unknown", gettext_lazy("Nothing on its way"), lambda rows: rows.filter(promised_on=None), counted=True),
        *(View(str(k.value), k.label, _of_kind(str(k.value)), counted=True) for k in Shortfall.Kind),
    ),
    filters=(
        Filter("overdue", gettext_lazy("Past the promise"), lambda rows, _v: rows.filter(due_at__lt=now()), kind="flag"),
    ),
    search=_find_short,
    search_hint=gettext_lazy("SKU, barcode or title"),
    prepare=_with_orders,
    small=True,
    template="stock/floor/shortfalls.html",
    empty=(
        "task_alt", gettext_lazy("Nothing is short"),
        gettext_lazy("Every unit that was ordered is promised. What orders wait for would stand here, the most urgent first."),
    ),
)  # fmt: skip

MOST = 5


@page("view.stock")
def shortfalls(request: PageRequest) -> HttpResponseBase:
    """Who waits for what, since when, and when it is promised; the first to be served first."""
    sums = Shortfall.objects.aggregate(
        short=Sum("units"), orders=Counted("order_id", distinct=True), variants=Counted("variant", distinct=True),
        unknown=Sum("units", filter=Q(promised_on=None)),
    )  # fmt: skip
    most = (
        Shortfall.objects.values("variant", "variant__sku").annotate(short=Sum("units"))
        .order_by("-short", "variant__sku")[:MOST]
    )  # fmt: skip
    return respond_to(request, SHORTFALLS, sums=sums, most=list(most) if sums["short"] else [])
