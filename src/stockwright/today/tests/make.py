"""Proposals for tests, from a watcher whose sight the test decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from stockwright.kit import proposals
from stockwright.kit.actions import Outcome, perform
from stockwright.kit.bulk import fetch
from stockwright.kit.models import Person
from stockwright.kit.people import SYSTEM, Actor, actor_of
from stockwright.kit.proposals import Draft, Found, Look, watcher
from stockwright.orders.tests import make as orders
from stockwright.today.models import Proposal

KIND = "orders.tried"
DUE = datetime(2099, 1, 1, tzinfo=UTC)


class Sight:
    """What the watcher of a test sees."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.total = 0
        self.error: Exception | None = None

    def __call__(self, look: Look) -> Found:
        if self.error:
            raise self.error
        del look
        return Found(tuple(self.drafts), self.total)


@contextmanager
def watching(kind: str = KIND, **columns: Any) -> Iterator[Sight]:
    """A watcher beside those of the rooms, gone afterwards."""
    sight = Sight()
    watcher(kind, title="Tried", **columns)(sight)
    try:
        yield sight
    finally:
        del proposals._WATCHERS[kind]  # noqa: SLF001 - registries have no way to forget, and need none


def draft(subject: int = 1, value: int = 100, **columns: Any) -> Draft:
    """A proposal to tag an order."""
    given = {"order_ids": [subject], "tag": "seen"}
    columns = {"action": "orders.tag", "given": given, "how": "as tried", **columns}
    return Draft(subject=("order", subject), title=f"Tag {subject}", reason="To try.", value=Decimal(value), **columns)


def look(kind: str = KIND) -> Any:
    """Look once; what came of it."""
    return perform("today.refresh", {"kind": kind}, actor=SYSTEM).result


def only() -> Proposal:
    """The one proposal there is."""
    return Proposal.objects.get()


def person(*roles: str, email: str = "") -> Actor:
    """Somebody with these roles."""
    email = email or f"{'-'.join(roles) or 'nobody'}@example.com"
    found = Person.objects.create_user(email, "correct horse battery", name=email.split("@")[0], roles=list(roles))
    return actor_of(found)


def decide(verb: str, proposal: Proposal, actor: Actor = SYSTEM, **given: Any) -> Outcome:
    """Perform one of the verbs of Today."""
    return perform(f"today.{verb}", {"proposal_id": proposal.pk, **given}, actor=actor)


def order(number: str = "1") -> int:
    """An order that can be tagged."""
    if not fetch("SELECT 1 FROM orders_channel"):
        orders.channel()
        orders.variant("A", 100)
    return orders.order(number, {"A": 1}).pk
