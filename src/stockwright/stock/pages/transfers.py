"""Transfers between our own locations."""

from __future__ import annotations

from django.db.models import Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from stockwright.kit.errors import NotFound
from stockwright.kit.lists import Column, RecordList, Sort, View
from stockwright.kit.pages import PageRequest, counts_work, page
from stockwright.kit.pages.words import badge
from stockwright.stock.models import Transfer

LOOK = {"draft": "", "in_transit": "busy", "received": "good", "cancelled": ""}


def _state(row: Transfer) -> object:
    return badge(row.get_state_display(), LOOK[row.state])


TRANSFERS = RecordList(
    name="transfers",
    title=gettext_lazy("Transfers"),
    source=lambda: Transfer.objects.select_related("origin", "destination").annotate(units=Sum("lines__units")),
    columns=(
        Column("number", gettext_lazy("Transfer"), str, link=True),
        Column("from", gettext_lazy("From"), lambda t: t.origin.name),
        Column("to", gettext_lazy("To"), lambda t: t.destination.name),
        Column("state", gettext_lazy("State"), lambda t: t.get_state_display(), show=_state),
        Column("expected", gettext_lazy("Expected"), lambda t: t.expected_on, kind="day"),
        Column("created", gettext_lazy("Planned"), lambda t: t.created_at, kind="time"),
        Column("units", gettext_lazy("Units"), lambda t: t.units, kind="number"),
    ),
    sorts={"number": Sort("pk")},
    default_sort="-number",
    row_url="transfer",
    views=(
        View("open", gettext_lazy("Open"), lambda rows: rows.filter(state__in=["draft", "in_transit"]), counted=True),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    small=True,
    template="stock/transfers.html",
    empty=(
        "local_shipping",
        gettext_lazy("No transfers under way"),
        gettext_lazy("Move goods to where orders are waiting for them."),
    ),
)


@page("view.stock")
def transfers(request: PageRequest) -> HttpResponseBase:
    """The transfers."""
    return TRANSFERS.respond(request)


@page("view.stock")
def transfer(request: PageRequest, pk: int) -> HttpResponse:
    """One transfer: what left, what arrived, what is still on its way."""
    found = Transfer.objects.select_related("origin", "destination").filter(pk=pk).first()
    if found is None:
        raise NotFound(what="transfer", which=pk)
    lines = list(found.lines.select_related("variant", "variant__product").order_by("pk"))
    context = {"transfer": found, "look": LOOK[found.state], "lines": lines, "sums": _sums(lines)}
    return render(request, "stock/transfer.html", context)


def _sums(lines: list[object]) -> dict[str, int]:
    return {name: sum(getattr(line, name) for line in lines) for name in ("units", "shipped", "received")}


@counts_work("transfers")
def open_transfers() -> int:
    """Transfers that are not done."""
    return Transfer.objects.filter(state__in=["draft", "in_transit"])[:1000].count()
