"""Which format an import reads with, and with what options."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _
from pydantic import ValidationError

from stockwright.channels.errors import BadMapping
from stockwright.channels.files.cells.moments import check_declared
from stockwright.channels.files.cells.numbers import DECLARED
from stockwright.channels.files.errors import BadCell, UnknownFormat
from stockwright.channels.files.mapped import Mapping, mapped_format, named, shipped_mappings
from stockwright.channels.files.port import Format, Options
from stockwright.channels.files.reading import Table
from stockwright.channels.files.registry import FORMATS, recognise
from stockwright.channels.models import ImportMapping
from stockwright.kit.business import Hours, Shop, setting
from stockwright.kit.errors import BadInput, NotFound

MAPPED = "mapping:"


def mapping_of(name: str) -> Mapping:
    """A saved mapping, else a shipped one of that name.

    Raises: NotFound, BadMapping.
    """
    saved = ImportMapping.objects.filter(name=named(name)).first()
    if saved is not None:
        return checked_mapping(saved.spec)
    if (shipped := shipped_mappings().get(named(name))) is None:
        raise NotFound(what="mapping", which=name)
    return shipped


def checked_mapping(spec: Any) -> Mapping:
    """A mapping from data. Raises: BadMapping."""
    try:
        return Mapping.model_validate(spec)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}".lstrip(": ") for e in error.errors())
        raise BadMapping(why=problems) from None


def all_mappings() -> dict[str, Mapping]:
    """Every mapping by name; a saved one stands before a shipped one of the same name."""
    saved = {row.name: checked_mapping(row.spec) for row in ImportMapping.objects.order_by("name")}
    return shipped_mappings() | saved


def format_of(kind: str, table: Table | None = None, mapping: Any = None) -> Format:
    """The format for a kind: a code, `mapping:<name>`, a mapping's name alone, or empty (then by the file's head).

    Hyphens and underscores are the same.

    Raises: NotFound, BadMapping, UnknownFormat.
    """
    if mapping is not None:
        return mapped_format(checked_mapping(mapping))
    if (code := named(kind)) in FORMATS:
        return FORMATS[code]
    if kind.startswith(MAPPED):
        return mapped_format(mapping_of(kind.removeprefix(MAPPED)))
    if kind and kind != "auto":
        return mapped_format(mapping_of(kind))
    if table is None:
        raise NotFound(what="kind of file", which=kind)
    try:
        return recognise(table)
    except UnknownFormat:
        fitting = [f for m in all_mappings().values() if (f := mapped_format(m)).recognise(table) == 1]
        if len(fitting) != 1:
            raise
        return fitting[0]


def options_of(given: dict[str, Any]) -> Options:
    """Options with what the shop's settings say where nothing else does.

    Raises: BadInput.
    """
    known = {field.name for field in fields(Options)}
    told = {key: value for key, value in given.items() if key in known and value not in ("", None)}
    zone = told.setdefault("zone", setting(Hours).zone)
    told.setdefault("currency", setting(Shop).currency)
    try:
        ZoneInfo(zone)
        check_declared(told.get("date_format", ""))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(({"field": "zone", "message": _("not a known time zone"), "type": "value"},)) from None
    except BadCell as error:
        raise BadInput(({"field": "date_format", "message": error.reason, "type": "value"},)) from None
    if told.get("decimal", "") and told["decimal"].lower() not in DECLARED:
        raise BadInput(({"field": "decimal", "message": _("point or comma"), "type": "value"},))
    return Options(**told)
