"""Locations: the list, and one with what lies there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Sum
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from stockwright.catalog.pages.finding import title_of, variant_ids
from stockwright.kit.addresses import address_lines
from stockwright.kit.errors import NotFound
from stockwright.kit.lists import Column, RecordList, Sort, View, export
from stockwright.kit.lists.parts import Rows
from stockwright.kit.pages import PageRequest, must, page
from stockwright.kit.pages.names import address
from stockwright.stock.models import HOLDING, Level, Location
from stockwright.stock.queries import LocationRow, locations

# Of the list as a file.
LOCATION_COLUMNS: tuple[tuple[Any, Callable[[LocationRow], Any]], ...] = (
    (gettext_lazy("Code"), lambda row: row.code),
    (gettext_lazy("Name"), lambda row: row.name),
    (gettext_lazy("Kind"), lambda row: row.kind),
    (gettext_lazy("Ships orders"), lambda row: row.ships_orders),
    (gettext_lazy("Open"), lambda row: row.active),
    (gettext_lazy("Priority"), lambda row: row.priority),
    (gettext_lazy("Variants"), lambda row: row.variants),
    (gettext_lazy("On hand"), lambda row: row.on_hand),
    (gettext_lazy("Promised"), lambda row: row.committed),
)


@page("view.stock")
def locations_page(request: PageRequest) -> HttpResponseBase:
    """Warehouses and stores, in the order that orders are promised from them."""
    rows, permission = locations(), "export.locations"
    if request.GET.get("export") == "csv":
        must(request, permission)
        return export("locations", [head for head, _of in LOCATION_COLUMNS], (
            [of(row) for _head, of in LOCATION_COLUMNS] for row in rows
        ))  # fmt: skip
    return render(request, "stock/locations.html", {"rows": rows, "may_export": request.actor.may(permission)})


def _search(rows: Rows, text: str) -> Rows:
    return rows.filter(variant__in=variant_ids(text))


def _levels(location_id: int) -> RecordList:
    """What lies at one location, as a list of its own."""
    return RecordList(
        name="levels",
        title=gettext_lazy("Stock"),
        source=lambda: Level.objects.filter(location=location_id).select_related("variant", "variant__product", "bin"),
        columns=(
            Column("sku", gettext_lazy("SKU"), lambda row: row.variant.sku, sort="sku", show=_link),
            Column("title", gettext_lazy("Product"), lambda row: title_of(row.variant)),
            Column("bin", gettext_lazy("Bin"), lambda row: row.bin.code if row.bin else ""),
            Column("on_hand", gettext_lazy("On hand"), lambda row: row.on_hand, kind="number"),
            Column("committed", gettext_lazy("Promised"), lambda row: row.committed, kind="number"),
            Column("reserved", gettext_lazy("Reserved"), lambda row: row.reserved, kind="number"),
            Column("damaged", gettext_lazy("Damaged"), lambda row: row.damaged, kind="number"),
            Column("safety", gettext_lazy("Safety"), lambda row: row.safety_stock, kind="number"),
            Column("available", gettext_lazy("Available"), lambda row: row.available, kind="number"),
            Column("incoming", gettext_lazy("Incoming"), lambda row: row.incoming, kind="number"),
            Column("counted", gettext_lazy("Counted"), lambda row: row.counted_at, kind="time"),
        ),
        sorts={"sku": Sort("variant__sku")},
        default_sort="sku",
        views=(
            View("here", gettext_lazy("On hand"), lambda rows: rows.filter(on_hand__gt=0)),
            View("coming", gettext_lazy("Incoming"), lambda rows: rows.filter(incoming__gt=0)),
            View("all", gettext_lazy("All"), lambda rows: rows),
        ),
        search=_search,
        search_hint=gettext_lazy("SKU, barcode or title"),
        template="stock/location.html",
        empty=(
            "inventory_2",
            gettext_lazy("Nothing lies here"),
            gettext_lazy("Receive goods or transfer some from elsewhere."),
        ),
    )


def _link(level: Level) -> object:
    # The row is a level, the page is its variant's.
    return _to_variant(level.variant_id, level.variant.sku)


def _to_variant(variant_id: int, sku: str) -> object:
    return format_html("<a class='strong' href='{}'>{}</a>", address("variant", variant_id), sku)


@page("view.stock")
def location(request: PageRequest, pk: int) -> HttpResponseBase:
    """One location, and what lies there."""
    found = Location.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(what="location", which=pk)
    sums = Level.objects.filter(location=pk).aggregate(
        on_hand=Sum("on_hand"), committed=Sum("committed"), available=Sum("available"), incoming=Sum("incoming")
    )
    return _levels(pk).respond(
        request, location=found, sums=sums, bins=list(found.bins.order_by("code")[:200]), holds=found.kind in HOLDING,
        address=address_lines(found.address),
    )  # fmt: skip
