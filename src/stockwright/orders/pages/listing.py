"""The orders list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Upper
from django.http import HttpResponseBase
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from stockwright.catalog.models import Variant
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.ids import is_number
from stockwright.kit.lists import Column, Filter, RecordList, Sort, View
from stockwright.kit.lists.parts import Rows
from stockwright.kit.lists.search import HITS, words_query
from stockwright.kit.models import InboxMessage
from stockwright.kit.pages import PageRequest, page
from stockwright.kit.pages.words import time_tag
from stockwright.orders.models import Channel, Order, OrderLine
from stockwright.orders.pages.badges import (
    FULFILMENT,
    OPEN,
    PAYMENT,
    as_html,
    fulfilment_badges,
    is_late,
    money_badges,
    payment_badge,
)
from stockwright.orders.queries.rows import tagged
from stockwright.orders.states import Payment


def to_ship(rows: Rows) -> Rows:
    """What is still to be sent; said as the partial index says it."""
    return rows.filter(fulfilment__in=[state.value for state in OPEN], is_history=False)


def late(rows: Rows) -> Rows:
    """What should have left."""
    return due(rows, "overdue")


def unpaid(rows: Rows) -> Rows:
    """What is to be sent but not paid."""
    return to_ship(rows).filter(payment__in=[Payment.PENDING, Payment.AUTHORIZED, Payment.PARTIALLY_PAID])


def find_orders(rows: Rows, text: str) -> Rows:
    """Orders by number, customer, e-mail or SKU, each through its own index."""
    return rows.filter(pk__in=order_ids(text))


def order_ids(text: str, limit: int = HITS) -> list[int]:
    """The newest orders that a text may mean."""
    wanted = text.strip().upper()
    numbers = Q()
    for start in (wanted, f"#{wanted}"):
        numbers |= Q(upper_number__startswith=start)
    by_number = (
        Order.objects.annotate(upper_number=Upper("number")).filter(numbers).values_list("pk", flat=True)[:limit]
    )
    by_words = Order.objects.filter(search=words_query(text)).order_by("-pk").values_list("pk", flat=True)[:limit]
    variants = list(
        Variant.objects.annotate(upper_sku=Upper("sku"))
        .filter(upper_sku=Value(wanted))
        .values_list("pk", flat=True)[:5]
    )
    by_sku: Sequence[int] = []
    if variants:
        lines = OrderLine.objects.filter(variant__in=variants).order_by("-order_id")
        by_sku = list(lines.values_list("order_id", flat=True)[:limit])
    return list(dict.fromkeys([*by_number, *by_words, *by_sku]))


def _since(rows: Rows, value: str) -> Rows:
    day = _day(value)
    return rows.filter(placed_at__gte=calendar().bounds(day)[0]) if day else rows


def _until(rows: Rows, value: str) -> Rows:
    day = _day(value)
    return rows.filter(placed_at__lt=calendar().bounds(day)[1]) if day else rows


def _day(value: str) -> date | None:
    try:
        return parse_date(value)
    except ValueError:
        return None


def _channel(rows: Rows, value: str) -> Rows:
    return rows.filter(channel_id=int(value)) if is_number(value) else rows


def of_import(rows: Rows, value: str) -> Rows:
    """What an import placed or changed, by its number: its messages in the inbox name the orders."""
    if not is_number(value):
        return rows.none()
    told = InboxMessage.objects.filter(source=f"file:{value}", topic="order.place")
    channels = list(told.values_list("payload__channel", flat=True)[:1])
    return rows.filter(channel__code__in=channels, number__in=told.values("external_id"))


SHIP_BY = {
    "overdue": gettext_lazy("overdue"),
    "today": gettext_lazy("later today"),
    "tomorrow": gettext_lazy("tomorrow"),
    "later": gettext_lazy("after tomorrow"),
}


def due(rows: Rows, when: str) -> Rows:
    """What is still to be sent and promised to leave then, on the shop's days; read by the index of what is to ship."""
    moment, shop = now(), calendar()
    today = shop.day(moment)
    tomorrow, after = (shop.bounds(today + timedelta(days=days))[0] for days in (1, 2))
    spans = {
        "overdue": (None, moment),
        "today": (moment, tomorrow),
        "tomorrow": (tomorrow, after),
        "later": (after, None),
    }
    if when not in spans:
        return rows
    since, until = spans[when]
    rows = to_ship(rows)
    if since is not None:
        rows = rows.filter(ship_by__gte=since)
    return rows if until is None else rows.filter(ship_by__lt=until)


def _ship_by(order: Order) -> Any:
    if order.ship_by is None or order.fulfilment not in {s.value for s in OPEN}:
        return None
    look = "bad" if is_late(order) else "soon" if order.ship_by < now() + timedelta(hours=4) else ""
    return format_html("<span class='{}'>{}</span>", look, time_tag(order.ship_by, "when"))


def _customer(order: Order) -> str:
    return order.customer_name or order.email


ORDERS = RecordList(
    name="orders",
    title=gettext_lazy("Orders"),
    source=lambda: Order.objects.select_related("channel").defer(
        "search", "shipping_address", "billing_address", "discounts", "taxes", "note"
    ),
    columns=(
        Column("number", gettext_lazy("Order"), lambda o: o.number, link=True),
        Column("placed", gettext_lazy("Placed"), lambda o: o.placed_at, kind="time", sort="placed", minor=True),
        Column("customer", gettext_lazy("Customer"), _customer),
        Column("channel", gettext_lazy("Channel"), lambda o: o.channel.name, minor=True),
        Column("ship_by", gettext_lazy("Ship by"), lambda o: o.ship_by, show=_ship_by, sort="ship_by"),
        Column(
            "state", gettext_lazy("Goods"), lambda o: ", ".join(w for w, _look in fulfilment_badges(o)),
            show=lambda o: as_html(fulfilment_badges(o)),
        ),
        Column(
            "payment", gettext_lazy("Payment"), lambda o: payment_badge(o)[0], show=lambda o: as_html(money_badges(o)),
            minor=True,
        ),
        Column("short", gettext_lazy("Short units"), lambda o: o.short_units, kind="number", hidden=True),
        Column("country", gettext_lazy("Country"), lambda o: o.country, hidden=True),
        Column("tags", gettext_lazy("Tags"), lambda o: ", ".join(o.tags), hidden=True),
        Column("currency", gettext_lazy("Currency"), lambda o: o.currency, hidden=True),
        Column("total", gettext_lazy("Total"), lambda o: o.total, kind="money", currency=lambda o: o.currency),
    ),
    sorts={"placed": Sort("placed_at"), "ship_by": Sort("ship_by", nullable=True)},
    default_sort="-placed",
    row_url="order",
    panel=True,
    views=(
        View("to_ship", gettext_lazy("To ship"), to_ship, sort="ship_by", counted=True),
        View("late", gettext_lazy("Late"), late, sort="ship_by", counted=True),
        View("held", gettext_lazy("Held"), lambda rows: to_ship(rows).filter(holds__gt=0), counted=True),
        View("short", gettext_lazy("Short"), lambda rows: rows.filter(short_units__gt=0), sort="ship_by", counted=True),
        View("unpaid", gettext_lazy("Unpaid"), unpaid, sort="ship_by", counted=True),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    filters=(
        Filter(
            "channel", gettext_lazy("Channel"), _channel,
            choices=lambda: [(str(c.pk), c.name) for c in Channel.objects.order_by("name")],
        ),
        Filter(
            "goods", gettext_lazy("Goods"), lambda rows, v: rows.filter(fulfilment=v),
            choices=lambda: [(s.value, word) for s, (word, _look) in FULFILMENT.items()],
        ),
        Filter(
            "payment", gettext_lazy("Payment"), lambda rows, v: rows.filter(payment=v),
            choices=lambda: [(s.value, word) for s, (word, _look) in PAYMENT.items()],
        ),
        Filter("ship_by", gettext_lazy("Ship by"), due, choices=lambda: list(SHIP_BY.items())),
        Filter("since", gettext_lazy("Placed from"), _since, kind="since"),
        Filter("until", gettext_lazy("Placed until"), _until, kind="until"),
        Filter("tag", gettext_lazy("Tag"), tagged, kind="text"),
        Filter("import", gettext_lazy("Number of the import"), of_import, kind="text"),
    ),
    search=find_orders,
    search_hint=gettext_lazy("Number, customer, e-mail or SKU"),
    bulk=("orders.hold", "orders.release_hold", "orders.tag", "orders.cancel"),
    empty=(
        "shopping_bag", gettext_lazy("No orders yet"),
        gettext_lazy("Import the order export of your shop under Settings, Imports: every order is stored and its stock promised."),
    ),
    start=("import_new", gettext_lazy("Import a file"), "import.add_file"),
)  # fmt: skip


@page("view.orders")
def orders(request: PageRequest) -> HttpResponseBase:
    """The orders, as views, filters and search narrow them."""
    return ORDERS.respond(request)
