"""Keyset pages: the place where the last page ended, never a count of rows to skip."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import AwareDatetime, BaseModel, Field

from stockwright.kit.errors import Invalid

MOST = 200
M = TypeVar("M", bound=Model)
T = TypeVar("T")

# The id of a row: what a bigint column can hold.
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Field(ge=1, le=MOST, description="Rows a page.")]
After = Annotated[str, Field(max_length=400, description="Where the last page ended: taken from its `next`.")]


class BadCursor(Invalid):
    """This is not where a page ended: pass on `after` exactly as `next` gave it."""


class Paging(Schema):
    """How much, and from where."""

    limit: Limit = 50
    after: After = ""


PagingQuery = Annotated[Paging, Query(...)]


class Page(BaseModel, Generic[T]):
    """Some rows, and the address of the next ones."""

    items: list[T]
    next: str | None = Field(description="The address of the next page; null on the last one.")


@dataclass(frozen=True, slots=True)
class Key:
    """One column of a list's order; the last one must be unique."""

    field: str
    type: type[datetime | date | int | str | Decimal | UUID]
    descending: bool = False


def page(
    request: HttpRequest, rows: QuerySet[M, Any], keys: Sequence[Key], paging: Paging, show: Callable[[Any], Any]
) -> dict[str, Any]:
    """One page of a queryset in the order of its keys.

    Raises: BadCursor.
    """
    order = [("-" if key.descending else "") + key.field for key in keys]
    if paging.after:
        rows = rows.filter(_beyond(keys, read_cursor(paging.after, [key.type for key in keys])))
    found = list(rows.order_by(*order)[: paging.limit + 1])
    more = len(found) > paging.limit
    kept = found[: paging.limit]
    cursor = [getattr(kept[-1], key.field) for key in keys] if more else None
    return answer(request, [show(row) for row in kept], cursor)


def answer(request: HttpRequest, items: list[Any], cursor: Sequence[Any] | None) -> dict[str, Any]:
    """A page as data; `cursor` is the keys of its last row where more follow."""
    if cursor is None:
        return {"items": items, "next": None}
    address = request.GET.copy()
    address["after"] = write_cursor(cursor)
    return {"items": items, "next": f"{request.path}?{address.urlencode()}"}


def write_cursor(values: Sequence[Any]) -> str:
    """The keys of a row as one word for an address."""
    return base64.urlsafe_b64encode(orjson.dumps([str(value) for value in values])).decode().rstrip("=")


def read_cursor(after: str, types: Sequence[type]) -> list[Any]:
    """The keys that `write_cursor` wrote.

    Raises: BadCursor.
    """
    try:
        texts = orjson.loads(base64.urlsafe_b64decode(after.encode() + b"=" * (-len(after) % 4)))
        values = [_READERS[type_](_plain(text)) for type_, text in zip(types, texts, strict=True)]
    except (binascii.Error, ValueError, TypeError, ArithmeticError, UnicodeError):
        raise BadCursor from None
    if any(isinstance(value, datetime) and value.tzinfo is None for value in values):
        raise BadCursor
    return values


def _bounded(number: int) -> int:
    if not -(2**63) <= number < 2**63:
        raise ValueError("out of range")
    return number


def _finite(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise ValueError("no number")
    return number


def _plain(text: str) -> str:
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("not text")
    return text


_READERS: dict[type, Callable[[str], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    int: lambda text: _bounded(int(text)),
    str: lambda text: text,
    Decimal: lambda text: _finite(Decimal(text)),
    UUID: UUID,
}


def _beyond(keys: Sequence[Key], values: Sequence[Any]) -> Q:
    """The rows after this one. The first key's own bound stands apart, for the index to start from."""
    first, bound = keys[0], values[0]
    q = Q(**{f"{first.field}__{'lte' if first.descending else 'gte'}": bound})
    beyond = Q()
    same = Q()
    for key, value in zip(keys, values, strict=True):
        beyond |= same & Q(**{f"{key.field}__{'lt' if key.descending else 'gt'}": value})
        same &= Q(**{key.field: value})
    return q & beyond


class Span(Schema):
    """From when to when; the end is not included."""

    since: AwareDatetime | None = Field(default=None, description="From this instant.")
    until: AwareDatetime | None = Field(default=None, description="Before this instant.")


SpanQuery = Annotated[Span, Query(...)]
