"""Builders for tests of pages: people, a small shop, signed-in clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.test import Client

from stockwright.catalog.models import Barcode, Product, Variant
from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.inbox import Incoming, drain_all, receive
from stockwright.kit.models import InboxMessage, Person
from stockwright.kit.people import SYSTEM, Role

PASSWORD = "a long enough secret"

# Other rooms' tables are theirs to write; tests of pages look into them to see what a click has done.
Order: Any = apps.get_model("orders", "Order")
Hold: Any = apps.get_model("orders", "Hold")
Channel: Any = apps.get_model("orders", "Channel")
Customer: Any = apps.get_model("orders", "Customer")
Level: Any = apps.get_model("stock", "Level")
Location: Any = apps.get_model("stock", "Location")
Transfer: Any = apps.get_model("stock", "Transfer")
Count: Any = apps.get_model("stock", "Count")
Arrival: Any = apps.get_model("stock", "Arrival")


def person(*roles: Role, email: str = "") -> Person:
    """Somebody who can sign in."""
    name = roles[0].value.title() if roles else "Nobody"
    return Person.objects.create_user(
        email or f"{name.lower()}@shop.example", PASSWORD, name=name, roles=[r.value for r in roles]
    )


def signed_in(*roles: Role) -> Client:
    """A browser in which somebody with these roles is signed in."""
    client = Client()
    client.force_login(person(*roles), backend="django.contrib.auth.backends.ModelBackend")
    return client


@dataclass(frozen=True, slots=True)
class Shop:
    """What the small shop has one of."""

    order: Any
    short_order: Any
    variant: Variant
    kit: Variant
    location: Any
    transfer: Any
    count: Any
    message: InboxMessage


def _variant(sku: str, **columns: object) -> Variant:
    at = now()
    product = Product.objects.create(title=f"Product {sku}", handle=sku.lower(), created_at=at, updated_at=at)
    made: Variant = Variant.objects.create(product=product, sku=sku, price=20, created_at=at, updated_at=at, **columns)
    return made


def _place(number: str, sku: str, units: int, **more: object) -> Any:
    draft = {
        "channel": "web", "number": number, "placed_at": (now() - timedelta(days=3)).isoformat(), "currency": "EUR",
        "lines": [{"sku": sku, "units": units, "unit_price": "20"}], "customer": {"name": "Anna Bell", "email": "anna@example.com"},
        **more,
    }  # fmt: skip
    perform("orders.place", {"orders": [draft]}, actor=SYSTEM)
    return Order.objects.get(number=number)


def small_shop() -> Shop:
    """Two locations, a few variants and orders, a transfer, a count, and a message that nobody could apply."""
    for code in ("north", "store"):
        perform("stock.add_location", {"code": code, "name": code.title(), "kind": "warehouse"}, actor=SYSTEM)
    north, store = Location.objects.get(code="north"), Location.objects.get(code="store")
    lamp, mug, made = _variant("LAMP-OAK"), _variant("MUG-BLU"), _variant("SET-1", is_kit=True)
    Barcode.objects.create(variant=lamp, code="8719000144711")
    made.components.create(component=mug, units=2)
    for variant, units in ((lamp, 20), (mug, 8)):
        given = {"variant_id": variant.pk, "location_id": north.pk, "units": units, "opening": True}
        perform("stock.receive", given, actor=SYSTEM)
    perform("orders.add_channel", {"code": "web", "name": "Web shop", "currency": "EUR"}, actor=SYSTEM)
    order, short = _place("#1001", "LAMP-OAK", 3), _place("#1002", "MUG-BLU", 11)
    lines = [{"variant_id": lamp.pk, "units": 2}]
    perform("stock.create_transfer", {"origin_id": north.pk, "destination_id": store.pk, "lines": lines}, actor=SYSTEM)
    perform("stock.count_open", {"location_id": north.pk}, actor=SYSTEM)
    receive("web", [Incoming("order.place", "bad", {"nonsense": 1}, external_id="bad")])
    drain_all()
    return Shop(
        order, short, lamp, made, north, Transfer.objects.get(), Count.objects.get(), InboxMessage.objects.get()
    )
