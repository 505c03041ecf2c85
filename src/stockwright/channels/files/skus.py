"""SKUs of files that leave them out or use them twice."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.text import slugify
from django.utils.translation import gettext as _

from stockwright.channels.files.errors import BadCell

LONGEST = 100


def derived(handle: str, options: Iterable[str]) -> str:
    """A stable SKU for a variant that has none: the product's handle and its option values."""
    values = [slugify(value, allow_unicode=True) for value in options if value and value != "Default Title"]
    return "-".join([handle, *filter(None, values)])[:LONGEST]


class SkusSeen:
    """Refuses a SKU that an earlier record of the same file has."""

    def __init__(self) -> None:
        self._line: dict[str, int] = {}

    def take(self, skus: Iterable[tuple[str, int, str]]) -> None:
        """Note (SKU, line, column) of one record's variants.

        Raises: BadCell; then none of them is noted.
        """
        new: dict[str, int] = {}
        for sku, line, column in skus:
            if len(sku) > LONGEST:
                raise BadCell(_("longer than %(n)s characters") % {"n": LONGEST}, column=column, value=sku, line=line)
            first = self._line.get(sku, new.get(sku))
            if first is not None:
                raise BadCell(
                    _("line %(first)s has this SKU already: every variant needs its own") % {"first": first},
                    column=column, value=sku, line=line,
                )  # fmt: skip
            new[sku] = line
        self._line |= new
