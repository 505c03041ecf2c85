"""Filters and cells that the lists of the floor share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString

from stockwright.catalog.models import Variant
from stockwright.kit.ids import is_number
from stockwright.kit.lists import RecordList
from stockwright.kit.lists.parts import Rows
from stockwright.kit.pages import PageRequest
from stockwright.kit.pages.names import address
from stockwright.stock.queries import locations


def respond_to(request: PageRequest, list_: RecordList, **context: Any) -> HttpResponseBase:
    """The list; while there is nothing at all it has no views, so that it says what to do instead of "nothing here"."""
    shown = list_ if list_.source().exists() else replace(list_, views=())
    return shown.respond(request, **context)


def location_choices() -> Sequence[tuple[str, Any]]:
    """Warehouses and stores."""
    return [(str(row.id), row.name) for row in locations()]


def at_location(path: str) -> Callable[[Rows, str], Rows]:
    """Rows at one location; what is no number narrows nothing."""

    def narrow(rows: Rows, value: str) -> Rows:
        return rows.filter(**{f"{path}_id": int(value)}) if is_number(value) else rows

    return narrow


def of_variants(path: str) -> Callable[[Rows, Collection[int]], Rows]:
    """Rows of some variants."""

    def narrow(rows: Rows, ids: Collection[int]) -> Rows:
        return rows.filter(**{f"{path}__in": list(ids)})

    return narrow


def variant_link(variant: Variant) -> SafeString:
    """The SKU, leading to why its number is what it is."""
    return format_html("<a class='strong' href='{}'>{}</a>", address("variant", variant.pk), variant.sku)
