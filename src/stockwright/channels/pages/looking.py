"""A file is dropped, looked at, and brought in."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from stockwright.channels.actions.start import StartGiven, prepare_table
from stockwright.channels.errors import CantKeep
from stockwright.channels.files.errors import UnknownFormat
from stockwright.channels.files.registry import FORMATS
from stockwright.channels.imports.preview import FirstPart, first_part, preview_first
from stockwright.channels.imports.samples import SAMPLES, sample
from stockwright.channels.imports.storing import Kept, keep
from stockwright.channels.pages.asking import file_of, kinds_for, opening_of, options_for, read_given, said
from stockwright.channels.pages.uploads import left_out
from stockwright.channels.words import KINDS
from stockwright.kit.business import calendar
from stockwright.kit.errors import Invalid, NotFound, StockwrightError
from stockwright.kit.models import StoredFile
from stockwright.kit.pages import PageRequest, act, must, page

log = logging.getLogger(__name__)

# A look ahead on a page reads so many records; the whole file is read by the import.
_LOOKED_AT = 400


class Unexpected(Invalid):
    """{name} can't be read: something in it is not as any file we know ({what}). Save it again as CSV in UTF-8, or look at its first rows."""


@page("view.channels")
def new_import(request: PageRequest) -> HttpResponse:
    """Take a file in."""
    if request.method == "POST":
        must(request, "import.add_file")
        upload = request.FILES.get("file")
        if upload is None and (lost := left_out(request)):
            raise CantKeep(name=lost[0], why=lost[1])
        if upload is None:
            raise Invalid(_("Choose a file first."))
        return _take_in(request, keep(upload.name or "file", upload.chunks()))
    kinds = [(format_.title, format_.doc) for format_ in FORMATS.values()]
    return render(request, "channels/new.html", {"kinds": kinds, "samples": SAMPLES})


def _take_in(request: PageRequest, kept: Kept) -> HttpResponse:
    given = {"name": kept.name, "digest": kept.digest, "bytes": kept.bytes, "path": kept.path}
    added = act(request, "import.add_file", given)
    file_id = added.result["file_id"] if isinstance(added.result, dict) else 0
    return redirect("import_look", file_id)


@page("view.channels")
def sample_file(request: PageRequest, name: str) -> HttpResponse:
    """A file to try imports with: to look at here, or to take away."""
    if name not in SAMPLES:
        raise NotFound(what="sample", which=name)
    content = sample(name)
    if request.method == "POST":
        must(request, "import.add_file")
        return _take_in(request, keep(name, [content]))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page("view.channels")
def look(request: PageRequest, file_id: int) -> HttpResponse:
    """What an import of a file would do, with what people may say of it."""
    stored = file_of(file_id)
    given = read_given(request.GET, file_id)
    context: dict[str, Any] = {
        "stored": stored, "given": given, "said": said(given), **options_for(given, stored), **kinds_for(given.kind)
    }  # fmt: skip
    try:
        part = opened(stored, given)
        context |= _seen(stored, given, part)
    except UnknownFormat as error:
        context |= {"problem": error.message, "unknown": True}
    except StockwrightError as error:
        context["problem"] = error.message
    return render(request, "channels/look.html", context)


def opened(stored: StoredFile, given: StartGiven) -> FirstPart:
    """The first part of a file, read as people said. Raises: Invalid, whatever is in the file."""
    with _whatever_is_in(stored):
        return first_part(stored, opening_of(given))


def _seen(stored: StoredFile, given: StartGiven, part: FirstPart) -> dict[str, Any]:
    with _whatever_is_in(stored):
        prepared = prepare_table(part.table, given)
        seen = preview_first(part, stored, prepared, _LOOKED_AT, again=given.again)
    return {**options_for(given, stored, prepared), "seen": seen, "samples": [_sample(s) for s in seen.samples]}


@contextlib.contextmanager
def _whatever_is_in(stored: StoredFile) -> Iterator[None]:
    """Strangers put anything into files: what no reader foresaw is told as the file's own trouble."""
    try:
        yield
    except (StockwrightError, DatabaseError):
        raise
    except Exception as error:
        log.exception("the file %s can't be looked at", stored.pk)
        raise Unexpected(name=stored.name, what=f"{type(error).__name__}: {str(error)[:200]}") from error


@require_POST
@page("view.channels")
def start_import(request: PageRequest, file_id: int) -> HttpResponse:
    """Begin the import; a worker reads it."""
    started = act(request, "import.start", read_given(request.POST, file_id).model_dump(exclude={"background"})).result
    found = started["import_id"] if isinstance(started, dict) else started.import_id
    return redirect("import", found)


def _sample(sample: dict[str, Any]) -> dict[str, Any]:
    """A record in a line: what it is, and what stands out of it."""
    told = sample["payload"]
    if sample["type"] == "order":
        at, count = calendar().local(told["placed_at"]), len(told["lines"])
        words = ngettext("%(n)s line, placed %(at)s", "%(n)s lines, placed %(at)s", count) % {
            "n": count, "at": f"{at:%a} {at.day} {at:%b %Y %H:%M}"
        }  # fmt: skip
    elif sample["type"] == "stock":
        if told["meaning"] == "available":
            words = _("%(n)s can be sold at %(location)s")
        else:
            words = ngettext("%(n)s unit on hand at %(location)s", "%(n)s units on hand at %(location)s", told["units"])
        words %= {"n": told["units"], "location": told["location"]}
    elif sample["type"] == "product":
        count = len(told["variants"])
        words = ngettext("%(title)s, %(n)s variant", "%(title)s, %(n)s variants", count)
        words %= {"title": told.get("title", ""), "n": count}
    else:
        words = ""
    return {"type": KINDS.get(sample["type"], sample["type"]), "key": sample["key"], "words": words}
