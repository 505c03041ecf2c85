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

# What anybody may do who signs in: speak, and keep their own things in order.
EVERYBODY = ("comment.*", "notification.*", "view_saved.*", "person.change_own", "key.*_own")
SEE_ALL = ("view.*",)

GRANTS: dict[Role, tuple[str, ...]] = {
    Role.LEAD: ("*",),
    Role.PICKER: (
        "view.orders", "view.stock", "view.catalog", "view.today", "today.*", "orders.fulfil", "orders.hold",
        "stock.receive", "stock.move", "stock.count", "stock.count_*", "stock.scrap", "stock.quarantine",
        "stock.ship_transfer", "stock.receive_transfer",
    ),
    Role.BUYER: (
        *SEE_ALL, "today.*", "stock.*", "catalog.*", "purchasing.*", "import.*", "export.*",
    ),
    Role.SUPPORT: (
        "view.orders", "view.stock", "view.catalog", "view.today", "view.customers", "view.insight", "today.*",
        "orders.*", "stock.reserve", "stock.release_reservation", "export.*",
    ),
    Role.MERCHANDISER: (
        *SEE_ALL, "today.*", "catalog.*", "listings.*", "import.*", "export.*", "stock.set_policy",
    ),
    Role.ANALYST: (*SEE_ALL, "export.*", "insight.*"),
    Role.READER: SEE_ALL,
}  # fmt: skip


def may(roles: Iterable[str], permission: str) -> bool:
    """Does any of these roles hold the permission? Unknown roles hold nothing."""
    return any(_role_may(role, permission) for role in ("", *roles))


@lru_cache(maxsize=4096)
def _role_may(role: str, permission: str) -> bool:
    patterns = GRANTS.get(Role(role), ()) if role in set(Role) else EVERYBODY if not role else ()
    return any(fnmatchcase(permission, pattern) for pattern in patterns)
