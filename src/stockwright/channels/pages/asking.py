"""What people say of a file before it is read, and what of it plays a part."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from pydantic import ValidationError

from stockwright.channels.actions.start import Prepared, StartGiven
from stockwright.channels.files.port import Kind
from stockwright.channels.files.registry import FORMATS
from stockwright.channels.imports.kinds import MAPPED, all_mappings
from stockwright.channels.words import refusal
from stockwright.kit.errors import BadInput, NotFound
from stockwright.kit.models import StoredFile
from stockwright.stock.queries import places

# Endings of files whose bytes are no text.
_BINARY = ("xlsx", "parquet")
# How its bytes become rows: said once, for looking, mapping and importing alike.
OPENING = ("encoding", "delimiter", "sheet")
# What people may say of a file, in the order of the form.
_TEXT_OPTIONS = ("channel", "location", "currency", "zone", "date_format", "decimal", "weight_unit", *OPENING)


def file_of(file_id: int) -> StoredFile:
    """A file that was taken in. Raises: NotFound."""
    stored = StoredFile.objects.filter(pk=file_id).first()
    if stored is None:
        raise NotFound(what="file", which=file_id)
    return stored


def read_given(data: QueryDict, file_id: int) -> StartGiven:
    """What a form or an address says of a file. Raises: BadInput."""
    told: dict[str, Any] = {key: data.get(key, "").strip() for key in ("kind", *_TEXT_OPTIONS)}
    for key in ("decimal", "weight_unit"):
        told[key] = told[key] if told[key] in dict(_choices()[key]) else ""
    ticks = {key: data.get(key) == "1" for key in ("history", "again")}
    try:
        return StartGiven.model_validate({"file_id": file_id, **told, **ticks})
    except ValidationError as error:
        raise BadInput(tuple(_problem(e) for e in error.errors())) from None


def _problem(error: Any) -> dict[str, Any]:
    name = str(error["loc"][0])
    title = StartGiven.model_fields[name].title if name in StartGiven.model_fields else name
    return {"field": title, "message": refusal(error), "type": error["type"]}


def opening_of(given: StartGiven) -> dict[str, str]:
    """How the file's bytes become rows."""
    return {name: getattr(given, name) for name in OPENING}


def said(given: StartGiven, **more: str) -> str:
    """What was said of a file, as a part of an address."""
    told = {name: getattr(given, name) for name in ("kind", *_TEXT_OPTIONS)} | more
    return urlencode({name: value for name, value in told.items() if value})


def options_for(given: StartGiven, stored: StoredFile, prepared: Prepared | None = None) -> dict[str, Any]:
    """What people may say of this file: only what plays a part in reading it, with what counts where they say nothing."""
    kind = prepared.format.kind if prepared else None
    suffix = stored.name.rpartition(".")[2].lower()
    idle = {"encoding", "delimiter"} if suffix in _BINARY else set()
    idle |= set() if suffix == "xlsx" else {"sheet"}
    idle |= {"channel", "currency"} if kind and kind is not Kind.ORDERS else set()
    idle |= {"location"} if kind is Kind.ORDERS else set()
    idle |= set() if prepared and "weight_unit" in prepared.format.asks else {"weight_unit"}
    read = prepared.read if prepared else {}
    choices: dict[str, list[tuple[str, str]]] = {
        **_choices(),
        "location": [("", _("the only one, or none")), *((place.code, place.name) for place in places())],
    }
    options = [
        {
            "name": name, "label": StartGiven.model_fields[name].title, "value": getattr(given, name),
            "choices": choices.get(name), "counts": read.get(name, ""),
        }
        for name in _TEXT_OPTIONS if name not in idle
    ]  # fmt: skip
    return {
        "options": options, "takes_history": kind in (None, Kind.ORDERS), "takes_again": kind in (None, Kind.STOCK)
    }  # fmt: skip


def _choices() -> dict[str, list[tuple[str, str]]]:
    """What may be chosen of each option that is no free text."""
    return {
        "decimal": [("", _("found out")), ("point", _("point: 1,234.50")), ("comma", _("comma: 1.234,50"))],
        "date_format": [
            ("", _("found out")), ("dmy", _("day, month, year")), ("mdy", _("month, day, year")),
            ("ymd", _("year, month, day")),
        ],
        "weight_unit": [
            ("", _("kilograms, where nothing is said")), ("kg", _("kilograms")), ("g", _("grams")), ("lbs", _("pounds")),
            ("oz", _("ounces")),
        ],
        "delimiter": [
            ("", _("found out")), ("comma", _("comma")), ("semicolon", _("semicolon")), ("tab", _("tab")),
            ("pipe", _("pipe")),
        ],
        "encoding": [("", _("found out")), ("utf-8", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")],
    }  # fmt: skip


def kinds_for(chosen: str) -> dict[str, Any]:
    """The kinds of files there are, for a select."""
    kinds = [("", _("found out by its head")), *((f.code, f.title) for f in FORMATS.values())]
    kinds += [(f"{MAPPED}{m.name}", m.title) for m in all_mappings().values()]
    return {"kinds": kinds, "chosen": chosen}
