"""Small files to try imports with, moved to the present as the demo's own orders are."""

from __future__ import annotations

import re
from datetime import date, timedelta
from errno import ENOENT
from importlib import resources

from django.utils.translation import gettext_lazy

from stockwright.kit.clock import now

# Each with what it is.
SAMPLES = {
    "shopify_orders.csv": gettext_lazy("Shopify orders of last week"),
    "shopify_inventory.csv": gettext_lazy("Shopify stock at two locations"),
    "bad_rows.csv": gettext_lazy("Shopify orders, some of which can't go in"),
}

# Days with a time of day behind them; one that no calendar has is a mistake on purpose, and stays.
_DAY = re.compile(rb"\b\d{4}-\d\d-\d\d(?= \d\d:\d\d)")


def sample(name: str) -> bytes:
    """One of `SAMPLES` whose last day was yesterday, so that what is open in it is not long overdue.

    Raises: FileNotFoundError.
    """
    if name not in SAMPLES:
        raise FileNotFoundError(ENOENT, f"there are {', '.join(SAMPLES)}", name)
    raw = resources.files(__name__).joinpath(name).read_bytes()
    days = {found: day for found in set(_DAY.findall(raw)) if (day := _day(found))}
    if not days:
        return raw
    shift = now().date() - timedelta(days=1) - max(days.values())
    return _DAY.sub(lambda found: _moved(found[0], days, shift), raw)


def _day(told: bytes) -> date | None:
    try:
        return date.fromisoformat(told.decode())
    except ValueError:
        return None


def _moved(told: bytes, days: dict[bytes, date], shift: timedelta) -> bytes:
    return (days[told] + shift).isoformat().encode() if told in days else told
