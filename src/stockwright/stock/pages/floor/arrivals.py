"""What is on its way, to every location."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Q, Sum
from django.http import HttpResponseBase
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.catalog.pages.finding import title_of, variant_ids
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.lists import Column, Filter, RecordList, Sort, View, dialog_column
from stockwright.kit.lists.parts import Rows
from stockwright.kit.pages import PageRequest, page
from stockwright.kit.pages.names import address
from stockwright.kit.pages.words import badge, time_tag
from stockwright.stock.models import Arrival, Shortfall
from stockwright.stock.pages.floor.deliveries import left_of
from stockwright.stock.pages.floor.narrowing import (
    at_location,
    location_choices,
    respond_to,
    variant_link,
)


def _open(rows: Rows) -> Rows:
    return rows.filter(closed_at=None)


def _late(rows: Rows) -> Rows:
    return _open(rows).filter(expected_on__lt=calendar().day(now()))


def _search(rows: Rows, text: str) -> Rows:
    return rows.filter(Q(variant__in=variant_ids(text)) | Q(reference__istartswith=text))


def _expected(row: Arrival) -> object:
    late = row.closed_at is None and row.expected_on is not None and row.expected_on < calendar().day(now())
    when = time_tag(row.expected_on, "when")
    return format_html("{} {}", when, badge(_("late"), "bad")) if late else when


def _reference(row: Arrival) -> object:
    words = row.reference or row.origin.name
    if row.reference_type == "transfer" and row.reference_id:
        return format_html("<a class='link' href='{}'>{}</a>", address("transfer", row.reference_id), words)
    return words


def _state(row: Arrival) -> object:
    left = left_of(row)
    if left < 0:
        return badge(_("{n} over").format(n=-left), "soon")
    if row.closed_at is not None:
        return badge(_("{n} never came").format(n=left), "bad") if left else badge(_("received"), "good")
    return badge(_("partly here"), "busy") if row.received else badge(_("on its way"))


def _to_come(row: Arrival) -> int:
    return 0 if row.closed_at else max(0, left_of(row))


def _to_come_of(row: Arrival) -> object:
    words = _("{n} of {units}") if row.received or row.closed_at else "{n}"
    return words.format(n=_to_come(row), units=row.units)


def _with_waiting(page_: list[Arrival]) -> None:
    """How many units orders wait for, of each variant of a page; one query."""
    sums = dict(
        Shortfall.objects.filter(variant__in={a.variant_id for a in page_})
        .values_list("variant").annotate(Sum("units")).order_by()
    )  # fmt: skip
    for row in page_:
        row.waiting = sums.get(row.variant_id, 0)  # type: ignore[attr-defined]


def _waiting(row: Any) -> object:
    return format_html("<span class='bad strong'>{}</span>", row.waiting) if row.waiting and not row.closed_at else None


ARRIVALS = RecordList(
    name="arrivals",
    title=gettext_lazy("Arrivals"),
    source=lambda: Arrival.objects.select_related("variant__product", "location", "origin"),
    columns=(
        Column("sku", gettext_lazy("SKU"), lambda a: a.variant.sku, show=lambda a: variant_link(a.variant)),
        Column("title", gettext_lazy("Product"), lambda a: title_of(a.variant), minor=True),
        Column("expected", gettext_lazy("Expected"), lambda a: a.expected_on, show=_expected, sort="expected"),
        Column("reference", gettext_lazy("Brought by"), lambda a: a.reference or a.origin.name, show=_reference),
        Column("location", gettext_lazy("To"), lambda a: a.location.name),
        Column("state", gettext_lazy("State"), lambda a: "closed" if a.closed_at else "open", show=_state),
        Column("units", gettext_lazy("Units"), lambda a: a.units, kind="number", hidden=True),
        Column("received", gettext_lazy("Came"), lambda a: a.received, kind="number", hidden=True),
        Column("left", gettext_lazy("To come"), _to_come, kind="number", show=_to_come_of),
        Column("waiting", gettext_lazy("Orders wait for"), lambda a: a.waiting, kind="number", show=_waiting),
    ),
    sorts={"expected": Sort("expected_on", nullable=True), "number": Sort("pk")},
    default_sort="expected",
    views=(
        View("open", gettext_lazy("To come"), _open, counted=True),
        View("late", gettext_lazy("Late"), _late, counted=True),
        View("undated", gettext_lazy("Without a day"), lambda rows: _open(rows).filter(expected_on=None)),
        View("closed", gettext_lazy("Closed"), lambda rows: rows.exclude(closed_at=None), sort="-number"),
        View("all", gettext_lazy("All"), lambda rows: rows, sort="-number"),
    ),
    filters=(
        Filter("location", gettext_lazy("To"), at_location("location"), choices=location_choices),
        Filter("transfers", gettext_lazy("Transfers only"), lambda rows, _v: rows.filter(reference_type="transfer"), kind="flag"),
    ),
    search=_search,
    search_hint=gettext_lazy("SKU, title or order number"),
    bulk=("stock.change_arrival", "stock.close_arrival"),
    prepare=_with_waiting,
    template="stock/floor/arrivals.html",
    empty=(
        "local_shipping", gettext_lazy("Nothing is on its way"),
        gettext_lazy("Expect goods when you order them: orders that wait get a date, and receiving them is a scan."),
    ),
)  # fmt: skip


@page("view.stock")
def arrivals(request: PageRequest) -> HttpResponseBase:
    """What suppliers and transfers bring, the soonest first."""

    def change(row: Arrival) -> str:
        return "" if row.closed_at else urlencode({"arrival_id": row.pk})

    columns = (*ARRIVALS.columns, *dialog_column(request, "stock.change_arrival", _("Change"), change))
    return respond_to(request, replace(ARRIVALS, columns=columns), may_receive=request.actor.may("stock.receive"))
