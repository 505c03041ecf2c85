"""Reading what was sent: JSON that is what it claims to be."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja.parser import Parser

from stockwright.kit.errors import BadInput, Invalid, TooLarge

# Deeper than any honest document; what is stored deeper than this some readers can't read back.
DEEPEST = 100


class NotJson(Invalid):
    """The body is not JSON: {detail}."""


def read_json(request: HttpRequest) -> Any:
    """The body as data; an empty body is an empty object.

    Raises: NotJson, TooLarge.
    """
    try:
        body = request.body
    except RequestDataTooBig:
        raise TooLarge(what="The body", limit="the limit of the shop") from None
    if not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(detail=str(error)) from None
    _check_depth(value)
    return value


def header_text(request: HttpRequest, name: str) -> str:
    """A header as text: UTF-8 where it is, Latin-1 otherwise."""
    raw = request.headers.get(name, "")
    try:
        return raw.encode("latin-1").decode()
    except UnicodeError:
        return raw


def read_flag(request: HttpRequest, name: str) -> bool:
    """A yes or no of the address.

    Raises: BadInput.
    """
    value = request.GET.get(name, "0").lower()
    if value not in {"0", "1", "true", "false"}:
        raise BadInput(({"field": name, "message": "1 or 0", "type": "bool_parsing"},))
    return value in {"1", "true"}


class JsonParser(Parser):
    """Ninja's way to the same reading."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body as data."""
        return read_json(request)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for held in level
            if isinstance(held, dict | list)
            for inner in (held.values() if isinstance(held, dict) else held)
        ]
        if not level:
            return
    raise NotJson(detail=f"nested deeper than {DEEPEST} levels")
