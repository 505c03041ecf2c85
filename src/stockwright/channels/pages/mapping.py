"""Saying once what the columns of a file mean."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from stockwright.channels.files.mapped import FIELDS
from stockwright.channels.files.port import Kind
from stockwright.channels.files.reading import Table
from stockwright.channels.files.reading.table import fold
from stockwright.channels.imports.kinds import MAPPED
from stockwright.channels.imports.preview import first_rows
from stockwright.channels.pages.asking import OPENING, file_of, read_given, said
from stockwright.channels.pages.looking import opened
from stockwright.channels.words import KINDS, field_words
from stockwright.kit.errors import NotFound, StockwrightError
from stockwright.kit.pages import PageRequest, act, page, say
from stockwright.kit.pages.names import address


@page("view.channels")
def map_file(request: PageRequest, file_id: int) -> HttpResponse:
    """Say what the columns of a file mean, and keep it under a name."""
    stored = file_of(file_id)
    kind = _kind(request.GET.get("for") or request.POST.get("for") or "orders")
    # What the page before was told of the file comes with the address, in which the form is sent too.
    given = read_given(request.GET, file_id)
    table = opened(stored, given).table
    problem = ""
    if request.method == "POST":
        try:
            saved = act(request, "import.map", {"mapping": _spec(request.POST, kind)}).result
        except StockwrightError as error:
            problem = error.message
        else:
            say(request, _("Mapping saved."))
            return redirect(f"{address('import_look', file_id)}?{said(given, kind=MAPPED + saved['name'])}")
    context = {
        "stored": stored, "kind": kind.value, "kinds": [(k.value, KINDS[k.value]) for k in Kind],
        "columns": table.columns, "rows": first_rows(table), "said": said(given), "opening": _opening_words(given),
        "fields": _fields(table, kind, request.POST), "problem": problem, "posted": request.POST,
    }  # fmt: skip
    return render(request, "channels/map.html", context)


def _kind(name: str) -> Kind:
    if name not in set(Kind):
        raise NotFound(what="kind of record", which=name)
    return Kind(name)


def _opening_words(given: Any) -> str:
    """What was declared of the file's bytes, to be seen where its columns are."""
    return ", ".join(value for name in OPENING if (value := getattr(given, name)))


def _fields(table: Table, kind: Kind, posted: Any) -> list[dict[str, Any]]:
    """Every field a mapping can fill, with the column that is called the same, if any."""
    by_name = {fold(column).replace(" ", "_"): column for column in table.columns}
    return [
        {
            "name": name, "words": field_words(name), "needed": needed, "how": how,
            "column": posted.get(f"column.{name}") or by_name.get(name, ""),
            "constant": posted.get(f"constant.{name}", ""),
        }
        for name, (needed, how) in FIELDS[kind].items()
    ]  # fmt: skip


def _spec(posted: Any, kind: Kind) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in FIELDS[kind]:
        column, constant = posted.get(f"column.{name}", ""), posted.get(f"constant.{name}", "").strip()
        if constant:
            columns[name] = {"constant": constant}
        elif column:
            columns[name] = {"column": column}
    return {
        "name": posted.get("name", "").strip(), "title": posted.get("title", "").strip(), "kind": kind.value,
        "channel": posted.get("channel", "").strip(), "history": posted.get("history") == "1",
        "decimal": posted.get("decimal", ""), "date_format": posted.get("date_format", ""), "columns": columns,
    }  # fmt: skip
