"""Orders and customers in the palette, in pickers, in the menu, and by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.forms import Choice, picks, say_choices
from stockwright.kit.ids import is_number
from stockwright.kit.pages import Found, Named, counts_work, finds, names
from stockwright.kit.pages.names import address
from stockwright.kit.pages.words import money, when
from stockwright.orders.models import Channel, Customer, Order, OrderLine
from stockwright.orders.pages.badges import CANCELLED, HOLD, fulfilment_badges
from stockwright.orders.pages.customers import customer_ids
from stockwright.orders.pages.listing import order_ids, to_ship

FEW = 6


@names("order", "view.orders")
def name_orders(ids: list[int]) -> dict[int, Named]:
    """Number, customer and state of orders."""
    rows = (
        Order.objects.filter(pk__in=ids)
        .select_related("channel")
        .defer("search", "shipping_address", "billing_address")
    )
    return {o.pk: _named(o) for o in rows}


def _named(order: Order) -> Named:
    word, look = fulfilment_badges(order)[0]
    return Named(order.number, order.channel.name, address("order", order.pk), word, look)


@names("customer", "view.customers")
def name_customers(ids: list[int]) -> dict[int, Named]:
    """Name and e-mail of customers."""
    rows = Customer.objects.filter(pk__in=ids).only("name", "email")
    return {c.pk: Named(str(c), c.email, address("customer", c.pk)) for c in rows}


@names("channel", "view.orders")
def name_channels(ids: list[int]) -> dict[int, Named]:
    """Names of channels."""
    return {c.pk: Named(c.name) for c in Channel.objects.filter(pk__in=ids)}


@finds(gettext_lazy("Orders"), "view.orders")
def find_orders(text: str) -> Iterable[Found]:
    """Orders by number, customer, e-mail or SKU, newest first."""
    rows = Order.objects.filter(pk__in=order_ids(text, 20)).select_related("channel").order_by("-placed_at")[:FEW]
    for order in rows:
        who = order.customer_name or order.email
        note = " · ".join(filter(None, (who, money(order.total, order.currency), when(order.placed_at))))
        yield Found(order.number, note, address("order", order.pk))


@finds(gettext_lazy("Customers"), "view.customers")
def find_customers(text: str) -> Iterable[Found]:
    """Customers by name or e-mail."""
    for customer in Customer.objects.filter(pk__in=customer_ids(text, FEW)).only("name", "email"):
        yield Found(str(customer), customer.email, address("customer", customer.pk))


@counts_work("orders")
def waiting() -> int:
    """Orders that are still to be sent, up to what the menu shows."""
    return to_ship(Order.objects.order_by())[:1000].count()


def _order_of(value: str) -> Choice | None:
    row = Order.objects.filter(pk=int(value)).first() if is_number(value) else None
    return Choice(str(row.pk), row.number, row.customer_name) if row else None


say_choices(HOLD)
say_choices(CANCELLED)


@picks("order", "view.orders", find=_order_of)
def pick_order(text: str) -> Sequence[Choice]:
    """Orders to choose from."""
    rows = Order.objects.filter(pk__in=order_ids(text, 20)) if text else Order.objects.all()
    return [Choice(str(o.pk), o.number, o.customer_name or o.email) for o in rows.order_by("-placed_at")[:20]]


def _line_of(value: str) -> Choice | None:
    row = OrderLine.objects.filter(pk=int(value)).first() if is_number(value) else None
    return Choice(str(row.pk), f"{row.sku} {row.title}".strip(), _("{n} ordered").format(n=row.units)) if row else None


@picks("line", "view.orders", find=_line_of)
def pick_line(_text: str) -> Sequence[Choice]:
    """Lines are chosen on their order's page, which fills them in."""
    return []


def _customer_of(value: str) -> Choice | None:
    row = Customer.objects.filter(pk=int(value)).first() if is_number(value) else None
    return Choice(str(row.pk), str(row), row.email) if row else None


@picks("customer", "view.customers", find=_customer_of)
def pick_customer(text: str) -> Sequence[Choice]:
    """Customers to choose from."""
    rows = Customer.objects.filter(pk__in=customer_ids(text, 20)) if text else Customer.objects.order_by("-pk")
    return [Choice(str(c.pk), str(c), c.email) for c in rows[:20]]


def _channel_of(value: str) -> Choice | None:
    row = Channel.objects.filter(pk=int(value)).first() if is_number(value) else None
    return Choice(str(row.pk), row.name) if row else None


@picks("channel", "view.orders", find=_channel_of, few=True)
def pick_channel(_text: str) -> Sequence[Choice]:
    """Channels to choose from."""
    return [Choice(str(c.pk), c.name) for c in Channel.objects.order_by("name")]
