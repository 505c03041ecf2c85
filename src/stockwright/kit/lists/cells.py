"""How a cell looks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from stockwright.kit.actions import get_action
from stockwright.kit.business import Shop, setting
from stockwright.kit.lists.parts import Column
from stockwright.kit.money import rounded
from stockwright.kit.pages import PageRequest, words
from stockwright.kit.pages.names import address

NOTHING = mark_safe("<span class='nothing'>–</span>")
NUMBERS = frozenset({"number", "money"})


def cell(column: Column, row: Any, row_url: str) -> tuple[SafeString, Column]:
    """The cell as HTML, with its column for class and label."""
    inner = column.show(row) if column.show is not None else _plain(column, row)
    nothing = mark_safe("") if column.kind == "act" else NOTHING
    shown = nothing if inner is None or inner == "" else conditional_escape(inner)
    if column.link and row_url:
        shown = format_html("<a class='strong' href='{}'>{}</a>", address(row_url, row.pk), shown)
    return shown, column


def plain_value(column: Column, row: Any) -> Any:
    """The cell for a file: money with its currency's decimals, and more only where it has them."""
    value = column.value(row)
    if column.kind != "money" or not isinstance(value, Decimal):
        return value
    currency = column.currency(row) if column.currency else setting(Shop).currency
    coins = rounded(value, currency)
    return coins if coins == value else value


def _plain(column: Column, row: Any) -> Any:
    value = column.value(row)
    if value is None or value == "":
        return None
    if column.kind == "number":
        return words.units(value) if value else None
    if column.kind == "money":
        return words.money(value, column.currency(row) if column.currency else "")
    if column.kind in ("time", "day"):
        return words.time_tag(value, "ago" if column.kind == "time" else "when")
    return value


def dialog_column(request: PageRequest, name: str, label: Any, query: Callable[[Any], str]) -> tuple[Column, ...]:
    """A button in every row that opens an action's dialog; no column for whom may not, and none in files."""
    if not request.actor.may(name) or request.GET.get("export"):
        return ()
    title = label or _(get_action(name).title)

    def button(row: Any) -> SafeString | None:
        asked = query(row)
        if not asked:
            return None
        url = f"{address('do', name)}?{asked}"
        return format_html(
            "<a class='button' href='{}' hx-get='{}' hx-target='#dialog-content'>{}</a>", url, url, title
        )

    return (Column("act", "", lambda _row: "", show=button, kind="act"),)
