"""Customers: the list, and what one of them ordered."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from stockwright.kit.errors import NotFound
from stockwright.kit.lists import Column, Filter, RecordList, Sort
from stockwright.kit.lists.parts import Rows
from stockwright.kit.lists.search import HITS, words_query
from stockwright.kit.pages import PageRequest, page
from stockwright.orders.models import Customer, Order
from stockwright.orders.pages.badges import fulfilment_badges, money_badges

LATEST = 50


def customer_ids(text: str, limit: int = HITS) -> list[int]:
    """The customers a text may mean, by words of name and e-mail."""
    return list(Customer.objects.filter(search=words_query(text)).order_by("-pk").values_list("pk", flat=True)[:limit])


def _with_orders(page_: list[Customer]) -> None:
    """How many orders each of these has, and for how much; one query a page."""
    sums = {
        row["customer"]: row
        for row in Order.objects.filter(customer__in=[c.pk for c in page_])
        .values("customer").annotate(orders=Count("pk"), spent=Sum("total_shop"))
    }  # fmt: skip
    for row in page_:
        found: Any = sums.get(row.pk, {})
        row.orders_made, row.spent = found.get("orders", 0), found.get("spent")  # type: ignore[attr-defined]


def _search(rows: Rows, text: str) -> Rows:
    return rows.filter(pk__in=customer_ids(text))


CUSTOMERS = RecordList(
    name="customers",
    title=gettext_lazy("Customers"),
    source=lambda: Customer.objects.defer("search"),
    columns=(
        Column("name", gettext_lazy("Name"), lambda c: c.name or c.email or f"#{c.pk}", link=True),
        Column("email", gettext_lazy("E-mail"), lambda c: c.email),
        Column("country", gettext_lazy("Country"), lambda c: c.country),
        Column("since", gettext_lazy("Since"), lambda c: c.created_at, kind="day", sort="since"),
        Column("orders", gettext_lazy("Orders"), lambda c: c.orders_made, kind="number"),
        Column("spent", gettext_lazy("Spent"), lambda c: c.spent, kind="money"),
    ),
    sorts={"since": Sort("created_at"), "number": Sort("pk")},
    default_sort="-number",
    row_url="customer",
    panel=True,
    filters=(
        Filter("country", gettext_lazy("Country"), lambda rows, v: rows.filter(country=v.upper()), kind="text"),
        Filter("tag", gettext_lazy("Tag"), lambda rows, v: rows.filter(tags__contains=[v]), kind="text"),
    ),
    search=_search,
    search_hint=gettext_lazy("Name or e-mail"),
    prepare=_with_orders,
    empty=("group", gettext_lazy("No customers yet"), gettext_lazy("They come with the orders you import.")),
    start=("import_new", gettext_lazy("Import a file"), "import.add_file"),
)


@page("view.customers")
def customers(request: PageRequest) -> HttpResponseBase:
    """The customers."""
    return CUSTOMERS.respond(request)


@page("view.customers")
def customer(request: PageRequest, pk: int) -> HttpResponse:
    """One customer and their orders."""
    found = Customer.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(what="customer", which=pk)
    rows = list(Order.objects.filter(customer=found).select_related("channel").order_by("-placed_at")[:LATEST])
    sums = Order.objects.filter(customer=found).aggregate(
        orders=Count("pk"), spent=Sum("total_shop"), refunded=Sum("refunded")
    )
    context = {
        "customer": found,
        "orders": [(o, [*fulfilment_badges(o), *money_badges(o)]) for o in rows],
        "sums": sums,
        "more": len(rows) == LATEST,
    }
    return render(
        request, "orders/customer_panel.html" if request.GET.get("panel") else "orders/customer.html", context
    )
