"""Paging by key: the next page begins where the last row stood, however deep and whatever was inserted meanwhile."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import F, Q

from stockwright.kit.errors import Invalid
from stockwright.kit.lists.parts import Rows, Sort


class BadCursor(Invalid):
    """This page's address is not whole; start again from the first page."""


def ordered(rows: Rows, sort: Sort, *, descending: bool) -> Rows:
    """The rows in order, with the key to break ties, as an index gives them."""
    if sort.field == "pk":
        return rows.order_by("-pk" if descending else "pk")
    if not sort.nullable:
        return rows.order_by(f"-{sort.field}" if descending else sort.field, "-pk" if descending else "pk")
    field = F(sort.field)
    return rows.order_by(
        field.desc(nulls_first=True) if descending else field.asc(nulls_last=True), "-pk" if descending else "pk"
    )


def beyond(rows: Rows, sort: Sort, cursor: str, *, descending: bool) -> Rows:
    """Only the rows after the cursor, in that order.

    Raises: BadCursor.
    """
    try:
        return _beyond(rows, sort, *decode(cursor), descending=descending)
    except (ValueError, TypeError, ArithmeticError, ValidationError):
        # Whole, but of another list or order: its value is none of this column.
        raise BadCursor from None


def _beyond(rows: Rows, sort: Sort, value: Any, key: int | UUID, *, descending: bool) -> Rows:
    tie = Q(pk__lt=key) if descending else Q(pk__gt=key)
    if sort.field == "pk":
        return rows.filter(tie)
    way = "lt" if descending else "gt"
    if value is None:
        same = Q(**{f"{sort.field}__isnull": True}) & tie
        # Nulls come first when descending, so everything else is still to come.
        return rows.filter(same | Q(**{f"{sort.field}__isnull": False}) if descending else same)
    after = Q(**{f"{sort.field}__{way}": value}) | (Q(**{sort.field: value}) & tie)
    if sort.nullable and not descending:
        return rows.filter(after | Q(**{f"{sort.field}__isnull": True}))
    # Says the same as `after`, but lets the index begin at the right place.
    return rows.filter(Q(**{f"{sort.field}__{way}e": value}) & after)


def encode(row: Any, sort: Sort) -> str:
    """Where a row stands in the order, for an address."""
    value = None if sort.field == "pk" else _value_of(row, sort.field)
    return (
        base64.urlsafe_b64encode(
            json.dumps([_plain(value), row.pk if isinstance(row.pk, int) else str(row.pk)]).encode()
        )
        .decode()
        .rstrip("=")
    )


def decode(cursor: str) -> tuple[Any, int | UUID]:
    """The value and key a cursor stands for.

    Raises: BadCursor.
    """
    try:
        (kind, raw), key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return _sound(_READ[kind](raw)), key if isinstance(key, int) else UUID(key)
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        raise BadCursor from None


def _sound(value: Any) -> Any:
    """The value, if a column could hold it. Raises: ValueError."""
    if isinstance(value, str) and (b"\x00" in value.encode()):
        raise ValueError("not text")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("no number")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("no moment")
    if isinstance(value, list | dict):
        raise TypeError("no value")
    return value


def _value_of(row: Any, path: str) -> Any:
    value = row
    for part in path.split("__"):
        value = getattr(value, part)
    return value


def _plain(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "t", value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return "d", value.isoformat()
    if isinstance(value, Decimal):
        return "n", str(value)
    return "v", value


_READ: dict[str, Callable[[Any], Any]] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "n": Decimal,
    "v": lambda raw: raw,
}
