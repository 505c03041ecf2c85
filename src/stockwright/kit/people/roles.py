"""The roles of an operations team, and the patterns of permission each one holds.

A permission is the name of an action (`stock.adjust`), or `view.<room>` for reading. Patterns are those of fnmatch.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """What somebody is here for; a person may hold several."""

    LEAD = "lead"
    PICKER = "picker"
    BUYER = "buyer"
    SUPPORT = "support"
    MERCHANDISER = "merchandiser"
    ANALYST = "analyst"
    READER = "reader"


LABELS = {
    Role.LEAD: _("Operations lead"),
    Role.PICKER: _("Picker and packer"),
    Role.BUYER: _("Buyer"),
    Role.SUPPORT: _("Support agent"),
    Role.MERCHANDISER: _("Merchandiser"),
    Role.ANALYST: _("Analyst"),
    Role.READER: _("Read only"),
}

# What there is to see, by the word after `view.`.
VIEWS = {
    "catalog": _("Products"), "channels": _("Imports"), "customers": _("Customers"), "flow": _("Inbox, outbox and action log"),
    "insight": _("Performance"), "journal": _("What happened to records"), "orders": _("Orders"), "settings": _("Settings"),
    "stock": _("Stock"), "today": _("Today"),
}  # fmt: skip

# Rooms of verbs whose names begin otherwise than people call them.
_ROOMS = {
    "catalog": _("Products"), "import": _("Imports"), "insight": _("Performance"), "key": _("API keys"),
    "person": _("People"),
}  # fmt: skip


def room_of(name: str) -> str:
    """What people call the room of a verb, by the verb's name or the part before its point."""
    code = name.partition(".")[0]
    return str(_ROOMS.get(code) or code.replace("_", " ").capitalize())


# What anybody may do who signs in: speak, and keep their own things in order.
EVERYBODY = ("comment.*", "notification.*", "view_saved.*", "person.change_own", "key.*_own")
# Reading shows no secrets (those are masked or hashed), so who may see everything may see the settings as well.
SEE_ALL = ("view.*",)
WORK_LIST = ("view.today", "today.*")

# What goods ask for on the floor. Each can be put right by another; nothing here changes numbers by decree: a count is
# entered by whoever looks, and posted by those who may adjust.
_FLOOR = (
    "stock.receive", "stock.move", "stock.count_open", "stock.count_enter", "stock.count_cancel", "stock.scrap",
    "stock.quarantine", "stock.release", "stock.mark_damaged", "stock.ship_transfer", "stock.receive_transfer",
    "stock.add_bin",
)  # fmt: skip

GRANTS: dict[Role, tuple[str, ...]] = {
    Role.LEAD: ("*",),
    Role.PICKER: (
        *WORK_LIST, "view.orders", "view.stock", "view.catalog", "view.journal", *_FLOOR,
        "orders.fulfil", "orders.hold", "orders.note", "orders.take_back", "catalog.set_barcodes",
    ),
    Role.BUYER: (
        *SEE_ALL, *WORK_LIST, *_FLOOR, "catalog.*", "purchasing.*", "export.*",
        "stock.adjust", "stock.count", "stock.count_post", "stock.reverse", "stock.set_policy", "stock.reconcile",
        "stock.reserve", "stock.release_reservation", "stock.expect", "stock.change_arrival", "stock.close_arrival",
        "stock.create_transfer", "stock.cancel_transfer",
        "import.add_file", "import.start", "import.cancel", "import.map", "import.unmap",
        "inbox.replay", "inbox.dismiss",
    ),
    Role.SUPPORT: (
        *WORK_LIST, "view.orders", "view.stock", "view.catalog", "view.customers", "view.insight", "view.journal",
        "orders.place", "orders.hold", "orders.release_hold", "orders.cancel", "orders.cancel_lines",
        "orders.edit_lines", "orders.map_line", "orders.change_address", "orders.note", "orders.tag", "orders.untag",
        "orders.set_ship_by", "orders.promise_as_before", "orders.record_payment", "orders.record_refund",
        "orders.take_back",
        "stock.reserve", "stock.release_reservation", "export.*", "service.*",
    ),
    Role.MERCHANDISER: (
        *SEE_ALL, *WORK_LIST, "catalog.*", "listings.*", "export.*", "stock.set_policy", "orders.map_line",
        "import.add_file", "import.start", "import.cancel", "import.map", "import.unmap",
        "inbox.replay", "inbox.dismiss",
    ),
    Role.ANALYST: (*SEE_ALL, "export.*", "insight.*"),
    Role.READER: SEE_ALL,
}  # fmt: skip

# Decided to be the operations lead's alone (and the shop's own, which acts as one): people and keys of others,
# settings, the places there are, what goes out, numbers by decree, and the steps of machines. A test compares this
# and GRANTS with every registered action, so that a new one is decided about.
LEAD_ONLY = (
    "person.activate", "person.change_roles", "person.create", "person.deactivate", "person.invite",
    "person.invite_again", "person.remove_second_step", "person.send_reset", "person.unlock", "key.revoke", "settings.change",
    "stock.add_location", "stock.change_location", "stock.repair", "stock.set_on_hand", "stock.expire_reservations",
    "stock.forget_passed_days",
    "orders.add_channel", "orders.map_known", "outbox.replay", "outbox.cancel", "inbox.receive", "demo.*",
    "import.all_read", "import.begin", "import.fail", "import.finish", "import.save_products", "import.write_off",
)  # fmt: skip


def may(roles: Iterable[str], permission: str) -> bool:
    """Does any of these roles hold the permission? Unknown roles hold nothing."""
    return any(_role_may(role, permission) for role in ("", *roles))


@lru_cache(maxsize=4096)
def _role_may(role: str, permission: str) -> bool:
    patterns = GRANTS.get(Role(role), ()) if role in set(Role) else EVERYBODY if not role else ()
    return any(fnmatchcase(permission, pattern) for pattern in patterns)
