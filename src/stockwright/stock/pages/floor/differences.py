"""Numbers that don't agree with what they are made of."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import F, Max
from django.http import HttpResponseBase
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.catalog.pages.finding import title_of, variant_ids
from stockwright.kit.lists import Column, Filter, RecordList, Sort, View, dialog_column
from stockwright.kit.lists.parts import Rows
from stockwright.kit.models import ActionCall
from stockwright.kit.pages import PageRequest, counts_work, page
from stockwright.kit.pages.words import badge, signed
from stockwright.stock.models import Difference
from stockwright.stock.pages.floor.narrowing import (
    at_location,
    location_choices,
    respond_to,
    variant_link,
)

PARTS = {
    "on_hand": gettext_lazy("on hand"),
    "damaged": gettext_lazy("damaged"),
    "quality_control": gettext_lazy("quality control"),
    "committed": gettext_lazy("promised"),
    "reserved": gettext_lazy("reserved"),
    "incoming": gettext_lazy("incoming"),
    "misplaced": gettext_lazy("in another lot or bin"),
}


def _part(row: Difference) -> str:
    return str(PARTS.get(row.part, row.part))


def _gap(row: Difference) -> object:
    return badge(signed(row.stored - row.derived), "" if row.closed_at else "bad")


def _search(rows: Rows, text: str) -> Rows:
    return rows.filter(level__variant__in=variant_ids(text))


def _of_part(rows: Rows, value: str) -> Rows:
    return rows.filter(part=value)


DIFFERENCES = RecordList(
    name="differences",
    title=gettext_lazy("Differences"),
    source=lambda: Difference.objects.select_related("level__variant__product", "level__location"),
    columns=(
        Column("sku", gettext_lazy("SKU"), lambda d: d.level.variant.sku, show=lambda d: variant_link(d.level.variant)),
        Column("title", gettext_lazy("Product"), lambda d: title_of(d.level.variant), minor=True),
        Column("location", gettext_lazy("Location"), lambda d: d.level.location.name),
        Column("part", gettext_lazy("Number"), _part),
        Column("since", gettext_lazy("Since"), lambda d: d.first_seen, kind="time", sort="since"),
        Column("closed", gettext_lazy("Settled"), lambda d: d.closed_at, kind="time"),
        Column("stored", gettext_lazy("Level says"), lambda d: d.stored, kind="number", show=lambda d: d.stored),
        Column("derived", gettext_lazy("Made of"), lambda d: d.derived, kind="number", show=lambda d: d.derived),
        Column("gap", gettext_lazy("Off by"), lambda d: d.stored - d.derived, kind="number", show=_gap),
    ),
    sorts={"since": Sort("first_seen")},
    default_sort="since",
    views=(
        View("open", gettext_lazy("Open"), lambda rows: rows.filter(closed_at=None), counted=True),
        View("closed", gettext_lazy("Settled"), lambda rows: rows.exclude(closed_at=None), sort="-since"),
        View("all", gettext_lazy("All"), lambda rows: rows, sort="-since"),
    ),
    filters=(
        Filter("location", gettext_lazy("Location"), at_location("level__location"), choices=location_choices),
        Filter("part", gettext_lazy("Number"), _of_part, choices=lambda: list(PARTS.items())),
        Filter("surplus", gettext_lazy("Level says too much"), lambda rows, _v: rows.filter(stored__gt=F("derived")), kind="flag"),
    ),
    search=_search,
    search_hint=gettext_lazy("SKU, barcode or title"),
    bulk=("stock.repair",),
    small=True,
    template="stock/floor/differences.html",
    empty=(
        "balance", gettext_lazy("Every number agrees"),
        gettext_lazy("Levels are derived anew from the ledger, promises and arrivals, and compared; what differs would stand here. Compare them now to be sure."),
    ),
)  # fmt: skip


@page("view.stock")
def differences(request: PageRequest) -> HttpResponseBase:
    """What reconciling found, with the repair of each."""

    def repair(row: Difference) -> str:
        return "" if row.closed_at else urlencode({"difference_id": row.pk})

    columns = (*DIFFERENCES.columns, *dialog_column(request, "stock.repair", _("Repair"), repair))
    checked = ActionCall.objects.filter(action="stock.reconcile").aggregate(at=Max("performed_at"))["at"]
    return respond_to(request, replace(DIFFERENCES, columns=columns), checked=checked)


@counts_work("differences")
def open_differences() -> int:
    """Differences nobody has repaired."""
    return Difference.objects.filter(closed_at=None)[:1000].count()
