"""Numbers in the menu: open work, counted cheaply and remembered for a few seconds."""

from __future__ import annotations

from collections.abc import Callable

from django.core.cache import cache

SECONDS = 10
_COUNTS: dict[str, Callable[[], int]] = {}


def counts_work(item: str) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Register the open work of a menu item (by its url name); the query must read a partial index."""

    def register(count: Callable[[], int]) -> Callable[[], int]:
        _COUNTS[item] = count
        return count

    return register


def all_counts() -> dict[str, int]:
    """Open work by menu item, at most ten seconds old."""
    held: dict[str, int] | None = cache.get("menu-counts")
    if held is None:
        held = {item: count() for item, count in _COUNTS.items()}
        cache.set("menu-counts", held, SECONDS)
    return held
