"""The menu: what exists and what the person may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from stockwright.kit.pages import all_counts
from stockwright.kit.pages.names import address
from stockwright.kit.people import Actor


@dataclass(frozen=True, slots=True)
class Item:
    """An entry: shown once a room has the page of that name."""

    label: Any
    url_name: str
    permission: str
    parts: tuple[Item, ...] = ()


@dataclass(slots=True)
class Shown:
    """An entry as the template needs it."""

    label: str
    url: str
    count: int = 0
    here: bool = False
    open: bool = False
    parts: list[Shown] = field(default_factory=list)


MENU = (
    Item(_("Today"), "today", "view.today"),
    Item(
        _("Orders"), "orders", "view.orders",
        (Item(_("Customers"), "customers", "view.customers"),),
    ),
    Item(
        _("Stock"), "variants", "view.stock",
        (
            Item(_("Products"), "products", "view.catalog"),
            Item(_("Shortfalls"), "shortfalls", "view.stock"),
            Item(_("Locations"), "locations", "view.stock"),
            Item(_("Arrivals"), "arrivals", "view.stock"),
            Item(_("Receive"), "receive", "stock.receive"),
            Item(_("Transfers"), "transfers", "view.stock"),
            Item(_("Counts"), "counts", "view.stock"),
            Item(_("Reservations"), "reservations", "view.stock"),
            Item(_("Differences"), "differences", "view.stock"),
        ),
    ),
    Item(_("Performance"), "performance", "view.insight"),
    Item(
        _("Settings"), "settings", "view.settings",
        (
            Item(_("People"), "people", "view.settings"),
            Item(_("API keys"), "api_keys", ""),
            Item(_("Imports"), "imports", "view.channels"),
            Item(_("Inbox"), "inbox", "view.flow"),
            Item(_("Outbox"), "outbox", "view.flow"),
            Item(_("Action log"), "calls", "view.flow"),
        ),
    ),
)  # fmt: skip


def menu_for(actor: Actor, path: str) -> list[Shown]:
    """The menu as one person sees it on one page."""
    counts = all_counts()
    shown = [entry for item in MENU if (entry := _show(item, actor, counts))]
    every = [part for entry in shown for part in (entry, *entry.parts)]
    # The longest address that the page lies under is where we are.
    here = max((e for e in every if _under(path, e.url)), key=lambda e: len(e.url), default=None)
    for entry in shown:
        for part in (entry, *entry.parts):
            part.here = part is here
        entry.open = entry.here or any(part.here for part in entry.parts)
    return shown


def _show(item: Item, actor: Actor, counts: dict[str, int]) -> Shown | None:
    parts = [entry for part in item.parts if (entry := _show(part, actor, counts))]
    url = address(item.url_name)
    if not url or (item.permission and not actor.may(item.permission)):
        # Somebody who may see a part but not the head (their own keys, say) enters by the part.
        return Shown(str(item.label), parts[0].url, parts=parts) if parts else None
    return Shown(str(item.label), url, counts.get(item.url_name, 0), parts=parts)


def _under(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
