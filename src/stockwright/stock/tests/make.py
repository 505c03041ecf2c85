"""Builders for tests of stock and of the rooms above it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.test import Client

from stockwright.catalog.models import KitComponent, Product, Variant
from stockwright.kit.actions import Call, Outcome, perform
from stockwright.kit.ids import new_id
from stockwright.kit.models import Person
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import Demand, Move, post_movements
from stockwright.stock.actions.held import make_levels, system_location
from stockwright.stock.models import Arrival, Level, Location
from stockwright.stock.queries import differing_levels

_number = count(1)
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def call(at: datetime | None = None, action: str = "test.act") -> Call:
    """A running action, for calling the kernel's functions directly."""
    return Call(id=new_id(), action=action, actor=SYSTEM, reason="", at=at or datetime.now(UTC))


def do(name: str, /, **given: Any) -> Outcome:
    """Perform a verb of stock; whatever it did, the books agree afterwards."""
    outcome = perform(f"stock.{name}", given, actor=SYSTEM)
    assert differing_levels() == []
    return outcome


def result(name: str, /, **given: Any) -> Any:
    """What a verb of stock answers."""
    return do(name, **given).result


def client(*roles: str) -> Client:
    """Somebody with these roles, signed in."""
    person = Person.objects.create_user(f"{uuid4()}@example.com", None, name="Somebody", roles=list(roles))
    made = Client()
    made.force_login(person)
    return made


def text(response: Any) -> str:
    """What a page or a streamed file says."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode())


def kinds(outcome: Outcome) -> set[str]:
    """What kinds of facts came of it."""
    return {fact.kind for fact in outcome.facts}


def location(code: str = "", **columns: Any) -> Location:
    """A warehouse that ships orders."""
    code = code or f"wh-{next(_number)}"
    values = {"name": code.upper(), "kind": Location.Kind.WAREHOUSE, **columns}
    return Location.objects.create(code=code, **values)


def variant(sku: str = "", **columns: Any) -> Variant:
    """A variant that is counted, of a product of its own."""
    sku = sku or f"SKU-{next(_number)}"
    at = datetime.now(UTC)
    product = columns.pop("product", None) or Product.objects.create(
        title=sku, handle=f"p-{sku.lower()}-{next(_number)}", created_at=at, updated_at=at
    )
    return Variant.objects.create(product=product, sku=sku, created_at=at, updated_at=at, **columns)


def kit(sku: str = "", **components: int) -> Variant:
    """A kit of the variants with these SKUs, made where missing: kit("SET", CUP=2, TRAY=1)."""
    made = variant(sku, is_kit=True)
    for name, units in components.items():
        component = Variant.objects.filter(sku=name).first() or variant(name)
        KitComponent.objects.create(kit=made, component=component, units=units)
    return made


def level(of: Variant, at: Location, on_hand: int = 0, **numbers: int) -> Level:
    """A level with so many units in it, posted through the ledger; `safety_stock` is set as it is."""
    make_levels([(of.pk, at.pk)])
    if on_hand:
        post_movements(call(), [Move(of.pk, on_hand, system_location("before"), at.pk, "opening")])
    if numbers:
        Level.objects.filter(variant=of, location=at).update(**numbers)
    return Level.objects.get(variant=of, location=at)


def demand(
    of: Variant, units: int = 1, *, line: int = 0, order: int = 0, due: int = 0, placed: int = 0, before: int = 0
) -> Demand:
    """An order line asking for units; `due` and `placed` are days after NOON."""
    line = line or next(_number)
    return Demand(line, order or line, of.pk, units, NOON + timedelta(days=due), NOON + timedelta(days=placed), before)


def arrival(of: Variant, at: Location, units: int, on: date | None = None) -> Arrival:
    """Units expected from suppliers, counted in the level's incoming."""
    make_levels([(of.pk, at.pk)])
    row = Level.objects.get(variant=of, location=at)
    Level.objects.filter(pk=row.pk).update(incoming=row.incoming + units)
    return Arrival.objects.create(
        variant=of, location=at, origin_id=system_location("supplier"), units=units, expected_on=on,
        created_at=datetime.now(UTC),
    )  # fmt: skip
