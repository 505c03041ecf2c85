"""Fills an empty shop with a small real one, through the same verbs as everybody uses."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from stockwright.catalog.queries.rows import variant_rows
from stockwright.demo import goods, shelves, story
from stockwright.demo.sample import ZONE, Past, past_until
from stockwright.demo.trade import MARKETPLACE, WEB, Trade, imported, set_orders, traded
from stockwright.kit.actions import perform
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.home import home
from stockwright.kit.models import ActionCall, Person
from stockwright.kit.people import SYSTEM, Role, actor_of
from stockwright.kit.rooms import load_rooms
from stockwright.stock.queries import location_ids_by_code
from stockwright.stock.queries.rows import level_rows

Progress = Callable[..., None]
T = TypeVar("T")

LEAD = "lead@demo.local"
CURRENCY = "GBP"
_PEOPLE = {
    LEAD: ("Demo lead", Role.LEAD),
    "picker@demo.local": ("Demo picker", Role.PICKER),
    "buyer@demo.local": ("Demo buyer", Role.BUYER),
    "support@demo.local": ("Demo support", Role.SUPPORT),
    "merchandiser@demo.local": ("Demo merchandiser", Role.MERCHANDISER),
    "analyst@demo.local": ("Demo analyst", Role.ANALYST),
}
_VIEWS = (
    ("orders", "Paid, leaves next", "view=to_ship&payment=paid&sort=ship_by"),
    ("orders", "Short and paid", "view=short&payment=paid&sort=ship_by"),
    ("orders", "Held longest", "view=held&sort=placed"),
)
_AT_ONCE = 500


class DemoSignIn(NamedTuple):
    """How to sign in; the password is empty where somebody else filled this shop."""

    email: str
    password: str


def build(progress: Progress) -> DemoSignIn:
    """Build the demo shop unless it stands; one that was interrupted is gone on with.

    A shop that has people of its own is left alone.
    """
    load_rooms()
    begun = ActionCall.objects.filter(action="demo.begin").first()
    if begun is None and (others := Person.objects.order_by("pk").first()):
        return DemoSignIn(others.email, "")
    password = _password()
    if ActionCall.objects.filter(action="demo.finish").exists():
        return DemoSignIn(LEAD, password)
    moment = datetime.fromisoformat(begun.result["moment"]) if begun and begun.result else now().replace(microsecond=0)
    _do("demo.begin", {"moment": moment.isoformat()}, key="begin")
    _Builder(moment, progress).run(password)
    _do("demo.finish", {}, key="finish")
    return DemoSignIn(LEAD, password)


def _password() -> str:
    """Made at the first start and kept beside the data, so that it can be told again."""
    path = home() / "demo-sign-in.json"
    if path.exists():
        return str(json.loads(path.read_text(encoding="utf-8"))["password"])
    if Person.objects.filter(email=LEAD).exists():
        return ""
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"email": LEAD, "password": password}), encoding="utf-8")
    return password


def _do(name: str, given: dict[str, Any], *, key: str, at: datetime | None = None) -> Any:
    """Perform an action once, however often the demo is built."""
    return perform(
        name, given, actor=SYSTEM, reason="demo shop", key=f"demo:{key}", door="demo", at=at
    ).result  # fmt: skip


def _parts(rows: Sequence[T], size: int = _AT_ONCE) -> Iterator[tuple[int, Sequence[T]]]:
    for start in range(0, len(rows), size):
        yield start, rows[start : start + size]


class _Builder:
    """The steps, in order; each is done once by its key."""

    def __init__(self, moment: datetime, progress: Progress) -> None:
        self._moment = moment
        self._tell = progress

    def run(self, password: str) -> None:
        """Build everything."""
        self._tell("Opening the shop")
        self._open()
        for email, (name, role) in _PEOPLE.items():
            if not Person.objects.filter(email=email).exists():
                _do(
                    "person.create", {"email": email, "name": name, "roles": [role.value], "password": password},
                    key=f"person:{email}",
                )  # fmt: skip
        self._tell("Reading the sample (UCI Online Retail, CC BY 4.0)")
        past = past_until(self._moment)
        sold = goods.units_sold(past.orders)
        weeks = max(1.0, (self._moment - past.begins).days / 7)
        ids = self._products(past, sold)
        levels = shelves.stocked(sold, sorted(sku for sku in ids if not sku.startswith("SET-")), weeks)
        trade = traded(past.orders, calendar(), self._moment)
        clock = story.Clock(calendar(), past.begins, self._moment)
        supply = story.supplied(trade.done, levels, clock, self._moment)
        self._stock(supply.opening, ids, past.begins)
        self._write_offs(past)
        self._history([*map(imported, past.earlier), *trade.credits])
        self._past(story.told(trade.done, supply, clock, self._moment), ids)
        self._expect(sold, levels, ids, weeks)
        self._today(trade)
        self._transfers(ids)
        self._views()
        self._count(min(order["placed_at"] for order in past.earlier))

    def _open(self) -> None:
        _do(
            "settings.change", {"group": "shop", "values": {"name": "Demo gift shop", "currency": CURRENCY}}, key="shop"
        )
        _do("settings.change", {"group": "hours", "values": {"zone": ZONE}}, key="hours")
        for place in shelves.LOCATIONS:
            _do("stock.add_location", dict(place), key=f"location:{place['code']}")
        for code, name in ((WEB, "Web shop"), (MARKETPLACE, "Marketplace")):
            _do(
                "orders.add_channel", {"code": code, "name": name, "kind": "file", "currency": CURRENCY},
                key=f"channel:{code}",
            )  # fmt: skip

    def _products(self, past: Past, sold: Any) -> dict[str, int]:
        products = [goods.dressed(product) for product in past.products]
        products += goods.gift_sets(products, sold)
        for start, part in _parts(products):
            self._tell("Adding products", start, len(products))
            _do("catalog.save_products", {"products": list(part), "source": "demo"}, key=f"products:{start}")
        self._tell("Adding products", len(products), len(products))
        return dict(variant_rows().values_list("sku", "pk"))

    def _stock(self, levels: dict[tuple[str, str], int], ids: dict[str, int], begins: datetime) -> None:
        places = location_ids_by_code()
        lines = [
            {"variant_id": ids[sku], "location_id": places[place], "units": units}
            for (sku, place), units in sorted(levels.items())
        ]
        for start, part in _parts(lines, 5000):
            self._tell("Stocking shelves", start, len(lines))
            _do("stock.set_on_hand", {"lines": list(part)}, key=f"stock:{start}", at=begins)
        self._tell("Stocking shelves", len(lines), len(lines))

    def _write_offs(self, past: Past) -> None:
        if past.write_offs:
            _do("import.write_off", {"source": "demo", "rows": past.write_offs}, key="write_offs")

    def _history(self, orders: Sequence[dict[str, Any]]) -> None:
        """What was before the books began, and mere credits: done, counted, and nothing of stock."""
        for start, part in _parts(orders):
            self._tell("Importing what was before", start, len(orders))
            _do("orders.place", {"orders": list(part)}, key=f"history:{start}")
        self._tell("Importing what was before", len(orders), len(orders))

    def _past(self, events: Sequence[story.Event], ids: dict[str, int]) -> None:
        """Live through the weeks before now, event by event: each at its own time."""
        main = location_ids_by_code()[shelves.MAIN]
        costs = dict(variant_rows().exclude(cost=None).values_list("sku", "cost"))
        for number, event in enumerate(events):
            self._tell("Living through the past", number, len(events))
            if event.deliveries:
                lines = [
                    {"variant_id": ids[each.sku], "units": each.units, "unit_cost": costs.get(each.sku)}
                    for each in event.deliveries
                ]
                _do("demo.deliver", {"location_id": main, "lines": lines}, key=f"past:{number}", at=event.at)
            else:
                _do("orders.place", {"orders": list(event.orders)}, key=f"past:{number}", at=event.at)
        self._tell("Living through the past", len(events), len(events))

    def _today(self, trade: Trade) -> None:
        """The orders on the desk, day by day, as they came."""
        total = sum(map(len, trade.open.values()))
        done = 0
        for day, orders in sorted(trade.open.items()):
            self._tell("Taking today's orders", done, total)
            last = min(self._moment, max(order["placed_at"] for order in orders) + timedelta(minutes=1))
            _do("orders.place", {"orders": orders}, key=f"open:{day}", at=last)
            done += len(orders)
        prices = dict(variant_rows().filter(is_kit=True).values_list("sku", "price"))
        _do("orders.place", {"orders": set_orders(self._moment, CURRENCY, prices)}, key="sets", at=self._moment)
        self._tell("Taking today's orders", total, total)

    def _expect(self, sold: Any, levels: dict[tuple[str, str], int], ids: dict[str, int], weeks: float) -> None:
        place = location_ids_by_code()[shelves.MAIN]
        costs = dict(variant_rows().exclude(cost=None).values_list("sku", "cost"))
        coming = shelves.expected(sold, levels, weeks)
        today = calendar().day(self._moment)
        for number, each in enumerate(coming):
            self._tell("Ordering from suppliers", number, len(coming))
            given = {
                "variant_id": ids[each.sku], "location_id": place, "units": each.units, "reference": each.reference,
                "expected_on": (today + timedelta(days=each.days)).isoformat(), "unit_cost": costs.get(each.sku),
            }  # fmt: skip
            _do("stock.expect", given, key=f"expect:{each.sku}")

    def _transfers(self, ids: dict[str, int]) -> None:
        self._tell("Sending a load between warehouses")
        today = calendar().day(self._moment)
        free = dict(level_rows().filter(location__code=shelves.SECOND).values_list("variant__sku", "available"))
        for number, given in enumerate(shelves.transfers(free, ids, location_ids_by_code(), today)):
            made = _do("stock.create_transfer", given, key=f"transfer:{number}")
            transfer = made["transfer_id"] if isinstance(made, dict) else made.transfer_id
            if number == 0:
                _do("stock.ship_transfer", {"transfer_id": transfer}, key="ship:0")

    def _views(self) -> None:
        """Lists that the lead has kept for everybody."""
        lead = actor_of(Person.objects.get(email=LEAD))
        for page, name, query in _VIEWS:
            given = {"page": page, "name": name, "query": query, "shared": True}
            perform("view_saved.save", given, actor=lead, key=f"demo:view:{page}:{name}", door="demo")

    def _count(self, begins: datetime) -> None:
        """Close the days that are over, and count from the first on: their records are older than any count."""
        self._tell("Counting how it went")
        _do("insight.close_day", {}, key="close", at=self._moment)
        _do("insight.count", {"first": calendar().day(begins).isoformat()}, key="count")
