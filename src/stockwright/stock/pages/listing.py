"""Every variant with its stock, state by state."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Sum
from django.http import HttpResponseBase
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from stockwright.catalog.models import Variant
from stockwright.catalog.pages.finding import title_of, variant_ids
from stockwright.kit.ids import is_number
from stockwright.kit.lists import Column, Filter, RecordList, Sort, View
from stockwright.kit.lists.parts import Rows
from stockwright.kit.pages import PageRequest, page
from stockwright.kit.pages.words import units as in_words
from stockwright.stock.models import HOLDING, Level, Location, Shortfall
from stockwright.stock.queries import availability

STATES = ("on_hand", "committed", "reserved", "damaged", "quality_control", "safety_stock", "available", "incoming")


@dataclass(slots=True)
class Sums:
    """A variant's states over all locations."""

    on_hand: int = 0
    committed: int = 0
    reserved: int = 0
    damaged: int = 0
    quality_control: int = 0
    safety_stock: int = 0
    available: int = 0
    incoming: int = 0
    short: int = 0


def _with_stock(page_: list[Variant]) -> None:
    """The sums of every variant of a page; three queries, whatever its size."""
    ids = [v.pk for v in page_]
    levels = Level.objects.filter(variant__in=ids).values_list("variant").annotate(*(Sum(state) for state in STATES))
    sums = {variant: Sums(*states) for variant, *states in levels}
    kits = availability([v.pk for v in page_ if v.is_kit]) if any(v.is_kit for v in page_) else {}
    short = dict(Shortfall.objects.filter(variant__in=ids).values_list("variant").annotate(Sum("units")))
    for row in page_:
        found = sums.get(row.pk, Sums())
        if row.pk in kits:
            found.available = kits[row.pk].available
        found.short = short.get(row.pk, 0)
        row.stock = found  # type: ignore[attr-defined]


def _number(name: str, label: object, look: str = "", *, minor: bool = False) -> Column:
    def show(row: Variant) -> object:
        units = getattr(row.stock, name)  # type: ignore[attr-defined]
        return format_html("<span class='{}'>{}</span>", look, in_words(units)) if units else None

    return Column(name, label, lambda row: getattr(row.stock, name), kind="number", show=show, minor=minor)


def _search(rows: Rows, text: str) -> Rows:
    return rows.filter(pk__in=variant_ids(text))


def _short(rows: Rows) -> Rows:
    return rows.filter(pk__in=Shortfall.objects.values("variant"))


def _out(rows: Rows) -> Rows:
    free = Level.objects.filter(variant=OuterRef("pk"), available__gt=0)
    return rows.filter(~Exists(free), active=True, stocked=True, is_kit=False)


def _at(rows: Rows, value: str) -> Rows:
    if not is_number(value):
        return rows
    return rows.filter(Exists(Level.objects.filter(variant=OuterRef("pk"), location=int(value), on_hand__gt=0)))


VARIANTS = RecordList(
    name="variants",
    title=gettext_lazy("Stock"),
    source=lambda: Variant.objects.select_related("product").defer("search", "product__description", "product__attributes"),
    columns=(
        Column("sku", gettext_lazy("SKU"), lambda v: v.sku, link=True, sort="sku"),
        Column("title", gettext_lazy("Product"), title_of),
        _number("on_hand", gettext_lazy("On hand")),
        _number("committed", gettext_lazy("Promised")),
        _number("reserved", gettext_lazy("Reserved"), minor=True),
        _number("damaged", gettext_lazy("Damaged"), minor=True),
        _number("quality_control", gettext_lazy("Quality control"), minor=True),
        _number("safety_stock", gettext_lazy("Safety"), minor=True),
        _number("available", gettext_lazy("Available"), "strong"),
        _number("incoming", gettext_lazy("Incoming")),
        _number("short", gettext_lazy("Short"), "bad strong"),
        Column("cost", gettext_lazy("Cost"), lambda v: v.cost, kind="money", hidden=True),
        Column("price", gettext_lazy("Price"), lambda v: v.price, kind="money", hidden=True),
    ),
    sorts={"sku": Sort("sku")},
    default_sort="sku",
    row_url="variant",
    panel=True,
    views=(
        View("selling", gettext_lazy("On sale"), lambda rows: rows.filter(active=True)),
        View("short", gettext_lazy("Short"), _short, counted=True),
        View("out", gettext_lazy("Nothing available"), _out),
        View("kits", gettext_lazy("Kits"), lambda rows: rows.filter(is_kit=True)),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    filters=(
        Filter(
            "location", gettext_lazy("On hand at"), _at,
            choices=lambda: [
                (str(place.pk), place.name) for place in Location.objects.filter(kind__in=HOLDING).order_by("priority")
            ],
        ),
        Filter("brand", gettext_lazy("Brand"), lambda rows, v: rows.filter(product__brand__iexact=v), kind="text"),
    ),
    search=_search,
    search_hint=gettext_lazy("SKU, barcode or title"),
    prepare=_with_stock,
    empty=(
        "inventory_2", gettext_lazy("No variants yet"),
        gettext_lazy("Import your shop's product and inventory files under Settings, Imports; then every unit has its place here."),
    ),
    start=("import_new", gettext_lazy("Import a file"), "import.add_file"),
)  # fmt: skip


@page("view.stock")
def variants(request: PageRequest) -> HttpResponseBase:
    """The variants with their stock."""
    return VARIANTS.respond(request)
