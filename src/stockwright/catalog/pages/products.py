"""Products: the list, and one with its variants, data and pictures."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from stockwright.catalog.models import Product
from stockwright.catalog.pages.finding import variant_ids
from stockwright.kit.errors import NotFound
from stockwright.kit.lists import Column, Filter, RecordList, Sort
from stockwright.kit.lists.parts import Rows
from stockwright.kit.pages import PageRequest, page

LOOK = {"active": "good", "draft": "soon"}


def _search(rows: Rows, text: str) -> Rows:
    return rows.filter(variants__in=variant_ids(text)).distinct()


PRODUCTS = RecordList(
    name="products",
    title=gettext_lazy("Products"),
    source=lambda: Product.objects.defer("description", "attributes", "search").prefetch_related("variants"),
    columns=(
        Column("title", gettext_lazy("Product"), lambda p: p.title, link=True, sort="title"),
        Column("brand", gettext_lazy("Brand"), lambda p: p.brand),
        Column("kind", gettext_lazy("Kind"), lambda p: p.kind),
        Column("variants", gettext_lazy("Variants"), lambda p: len(p.variants.all()), kind="number"),
        Column("status", gettext_lazy("Status"), lambda p: p.get_status_display()),
        Column("updated", gettext_lazy("Changed"), lambda p: p.updated_at, kind="time"),
    ),
    sorts={"title": Sort("title"), "number": Sort("pk")},
    default_sort="-number",
    row_url="product",
    filters=(
        Filter(
            "status", gettext_lazy("Status"), lambda rows, v: rows.filter(status=v),
            choices=lambda: list(Product.Status.choices),
        ),
        Filter("brand", gettext_lazy("Brand"), lambda rows, v: rows.filter(brand__iexact=v), kind="text"),
    ),
    search=_search,
    search_hint=gettext_lazy("Title, SKU or barcode"),
    empty=("category", gettext_lazy("No products yet"), gettext_lazy("Import your shop's product file under Settings, Imports.")),
    start=("import_new", gettext_lazy("Import a file"), "import.add_file"),
)  # fmt: skip


@page("view.catalog")
def products(request: PageRequest) -> HttpResponseBase:
    """The products."""
    return PRODUCTS.respond(request)


@page("view.catalog")
def product(request: PageRequest, pk: int) -> HttpResponse:
    """One product with its variants, data and pictures."""
    found = Product.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(what="product", which=pk)
    variants = list(
        found.variants.defer("search").prefetch_related("barcodes", "components__component").order_by("sku")
    )
    context = {
        "product": found,
        "look": LOOK.get(found.status, ""),
        "variants": variants,
        "images": list(found.images.order_by("position", "pk")[:24]),
        "attributes": sorted(found.attributes.items()),
    }
    return render(request, "catalog/product.html", context)
