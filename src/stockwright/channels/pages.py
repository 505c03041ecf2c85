"""Imports on the web: drop a file, look at what it would do, bring it in, see what did not go in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from stockwright.channels.actions.start import Prepared, StartGiven, prepare
from stockwright.channels.files.errors import UnknownFormat
from stockwright.channels.files.mapped import FIELDS, named
from stockwright.channels.files.port import Kind
from stockwright.channels.files.reading import Table, open_table
from stockwright.channels.files.reading.table import fold
from stockwright.channels.files.registry import FORMATS
from stockwright.channels.imports.kinds import MAPPED, all_mappings
from stockwright.channels.imports.preview import first_rows, preview
from stockwright.channels.imports.storing import keep, on_disk
from stockwright.channels.models import Import
from stockwright.channels.queries import Report, reject_columns, reject_rows, report
from stockwright.channels.states import ImportState
from stockwright.channels.words import KINDS, field_words
from stockwright.kit.bulk import fetch
from stockwright.kit.business import calendar
from stockwright.kit.errors import Invalid, NotFound, NotPermitted, StockwrightError
from stockwright.kit.lists import Column, RecordList, Sort
from stockwright.kit.models import StoredFile
from stockwright.kit.pages import PageRequest, act, page, say
from stockwright.kit.pages.names import Named, address, names
from stockwright.kit.sheets import write_csv

# A look ahead on a page reads so many records; the whole file is read by the import.
_LOOKED_AT = 400
_REJECTS_SHOWN = 100
# Endings of files whose bytes are no text.
_BINARY = ("xlsx", "parquet")
_LOOKS = {
    ImportState.WAITING: "soon", ImportState.READING: "busy", ImportState.APPLYING: "busy", ImportState.DONE: "good",
    ImportState.CANCELLED: "", ImportState.FAILED: "bad",
}  # fmt: skip
# What people may say of a file, in the order of the form.
_TEXT_OPTIONS = ("channel", "location", "currency", "zone", "date_format", "decimal", "encoding", "delimiter", "sheet")


def _state(run: Import) -> Any:
    return format_html('<span class="badge {}">{}</span>', _LOOKS[ImportState(run.state)], run.get_state_display())


IMPORTS = RecordList(
    name="imports",
    title=gettext_lazy("Imports"),
    source=lambda: Import.objects.defer("columns", "mapping", "options", "notes"),
    columns=(
        Column("file", gettext_lazy("File"), lambda r: r.name, link=True),
        Column("kind", gettext_lazy("Kind"), lambda r: title_of(r.kind)),
        Column("state", gettext_lazy("State"), lambda r: str(r.get_state_display()), show=_state),
        Column("started", gettext_lazy("Started"), lambda r: r.created_at, kind="time", sort="started"),
        Column("rows", gettext_lazy("Rows"), lambda r: r.rows, kind="number"),
        Column("new", gettext_lazy("New"), lambda r: r.new, kind="number"),
        Column("changed", gettext_lazy("Changed"), lambda r: r.changed, kind="number"),
        Column("unchanged", gettext_lazy("Unchanged"), lambda r: r.unchanged, kind="number"),
        Column("rejected", gettext_lazy("Rejected"), lambda r: r.rejected_records, kind="number"),
    ),
    sorts={"started": Sort("created_at")},
    default_sort="-started",
    row_url="import",
    small=True,
    empty=(
        "upload_file",
        gettext_lazy("No file was imported yet"),
        gettext_lazy(
            "Orders, products and stock come in from exports of Shopify, WooCommerce and Magento, or any table."
        ),
    ),
    template="channels/imports.html",
)


def title_of(kind: str) -> str:
    """A kind of file in words."""
    if kind in FORMATS:
        return FORMATS[kind].title
    name = kind.removeprefix(MAPPED)
    mapping = all_mappings().get(named(name))
    return mapping.title if mapping else name


@page("view.channels")
def imports(request: PageRequest) -> HttpResponseBase:
    """Every import, the latest first."""
    return IMPORTS.respond(request)


@page("view.channels")
def new_import(request: PageRequest) -> HttpResponse:
    """Take a file in."""
    if request.method == "POST":
        if not request.actor.may("import.add_file"):
            raise NotPermitted(who=request.actor.name, action="import.add_file")
        upload = request.FILES.get("file")
        if upload is None:
            raise Invalid(_("Choose a file first."))
        kept = keep(upload.name or "file", upload.chunks())
        given = {"name": kept.name, "digest": kept.digest, "bytes": kept.bytes, "path": kept.path}
        added = act(request, "import.add_file", given)
        file_id = added.result["file_id"] if isinstance(added.result, dict) else 0
        return redirect("import_look", file_id)
    kinds = [(format_.title, format_.doc) for format_ in FORMATS.values()]
    return render(request, "channels/new.html", {"kinds": kinds})


@page("view.channels")
def look(request: PageRequest, file_id: int) -> HttpResponse:
    """What an import of a file would do, with what people may say of it."""
    stored = _file(file_id)
    given = _given(request.GET, file_id)
    context: dict[str, Any] = {"stored": stored, "given": given, **_options(given, stored), **_kinds(given.kind)}
    try:
        prepared = prepare(stored, given)
        context |= _options(given, stored, prepared)
        context["seen"] = seen = preview(
            stored, prepared, opening=given.model_dump(include={"encoding", "delimiter", "sheet"}), limit=_LOOKED_AT
        )
        context["samples"] = [_sample(sample) for sample in seen.samples]
    except UnknownFormat as error:
        context |= {"problem": error.message, "unknown": True}
    except StockwrightError as error:
        context["problem"] = error.message
    return render(request, "channels/look.html", context)


@require_POST
@page("view.channels")
def start_import(request: PageRequest, file_id: int) -> HttpResponse:
    """Begin the import; a worker reads it."""
    started = act(request, "import.start", _given(request.POST, file_id).model_dump(exclude={"background"})).result
    found = started["import_id"] if isinstance(started, dict) else started.import_id
    return redirect("import", found)


@page("view.channels")
def map_file(request: PageRequest, file_id: int) -> HttpResponse:
    """Say what the columns of a file mean, and keep it under a name."""
    stored = _file(file_id)
    kind = Kind(request.GET.get("for", request.POST.get("for", "orders")))
    with on_disk(stored) as where:
        table = open_table(where, stored.name)
        rows = first_rows(table)
    problem = ""
    if request.method == "POST":
        try:
            saved = act(request, "import.map", {"mapping": _spec(request.POST, kind)}).result
        except StockwrightError as error:
            problem = error.message
        else:
            say(request, _("Mapping saved."))
            return redirect(f"{address('import_look', file_id)}?kind={MAPPED}{saved['name']}")
    context = {
        "stored": stored, "kind": kind.value, "kinds": [(k.value, KINDS[k.value]) for k in Kind],
        "columns": table.columns, "rows": rows,
        "fields": _fields(table, kind, request.POST), "problem": problem, "posted": request.POST,
    }  # fmt: skip
    return render(request, "channels/map.html", context)


@page("view.channels")
def one_import(request: PageRequest, import_id: int) -> HttpResponse:
    """How an import stands; the part that changes is asked for again while it runs."""
    told = report(import_id)
    rejects = told.run.rejects.order_by("line", "id")[:_REJECTS_SHOWN]
    context = {
        "told": told, "run": told.run, "title": title_of(told.run.kind), "look": _LOOKS[ImportState(told.run.state)],
        "rejects": rejects, "inbox": _inbox(told), "done": _done(told),
    }  # fmt: skip
    response = render(request, "channels/progress.html" if request.partial else "channels/import.html", context)
    if request.partial and not told.running:
        # What stands around the progress has changed too: its badge, its acts, its notes.
        response["HX-Refresh"] = "true"
    return response


@page("view.channels")
def rejects_file(_request: PageRequest, import_id: int) -> HttpResponseBase:
    """The rows that did not go in, with why, in the columns they came in."""
    run = report(import_id).run
    pieces = write_csv(reject_columns(run), reject_rows(run), zone=calendar().zone)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{run.pk}-rejects.csv"'
    return response


@names("import")
def name_imports(ids: list[int]) -> dict[int, Named]:
    """Imports by their file."""
    return {
        run.pk: Named(run.name, title_of(run.kind), address("import", run.pk), str(run.get_state_display()))
        for run in Import.objects.filter(pk__in=ids)
    }


def _file(file_id: int) -> StoredFile:
    stored = StoredFile.objects.filter(pk=file_id).first()
    if stored is None:
        raise NotFound(what="file", which=file_id)
    return stored


def _given(data: Any, file_id: int) -> StartGiven:
    told = {key: data.get(key, "").strip() for key in ("kind", *_TEXT_OPTIONS)}
    told["decimal"] = told["decimal"] if told["decimal"] in ("point", "comma") else ""
    ticks = {key: data.get(key) == "1" for key in ("history", "again")}
    return StartGiven.model_validate({"file_id": file_id, **told, **ticks})


def _options(given: StartGiven, stored: StoredFile, prepared: Prepared | None = None) -> dict[str, Any]:
    """What people may say of this file: only what plays a part in reading it, with what counts where they say nothing."""
    kind = prepared.format.kind if prepared else None
    suffix = stored.name.rpartition(".")[2].lower()
    idle = {"encoding", "delimiter"} if suffix in _BINARY else set()
    idle |= set() if suffix == "xlsx" else {"sheet"}
    idle |= {"channel", "currency"} if kind and kind is not Kind.ORDERS else set()
    idle |= {"location"} if kind is Kind.ORDERS else set()
    read = prepared.read if prepared else {}
    options = [{**each, "counts": read.get(each["name"], "")} for each in _choices(given) if each["name"] not in idle]
    return {
        "options": options, "takes_history": kind in (None, Kind.ORDERS), "takes_again": kind in (None, Kind.STOCK)
    }  # fmt: skip


def _choices(given: StartGiven) -> list[dict[str, Any]]:
    locations = fetch(
        "SELECT code, name FROM stock_location WHERE kind IN ('warehouse', 'store') ORDER BY priority, name"
    )
    choices = {
        "location": [("", _("the only one, or none")), *locations],
        "decimal": [("", _("found out")), ("point", _("point: 1,234.50")), ("comma", _("comma: 1.234,50"))],
        "date_format": [
            ("", _("found out")), ("dmy", _("day, month, year")), ("mdy", _("month, day, year")),
            ("ymd", _("year, month, day")),
        ],
        "delimiter": [
            ("", _("found out")), ("comma", _("comma")), ("semicolon", _("semicolon")), ("tab", _("tab")),
            ("pipe", _("pipe")),
        ],
        "encoding": [("", _("found out")), ("utf-8", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")],
    }  # fmt: skip
    return [
        {
            "name": name, "label": StartGiven.model_fields[name].title, "value": getattr(given, name),
            "choices": choices.get(name),
        }
        for name in _TEXT_OPTIONS
    ]  # fmt: skip


def _kinds(chosen: str) -> dict[str, Any]:
    kinds = [("", _("found out by its head")), *((f.code, f.title) for f in FORMATS.values())]
    kinds += [(f"{MAPPED}{m.name}", m.title) for m in all_mappings().values()]
    return {"kinds": kinds, "chosen": chosen}


def _sample(sample: dict[str, Any]) -> dict[str, Any]:
    """A record in a line: what it is, and what stands out of it."""
    told = sample["payload"]
    if sample["type"] == "order":
        at, count = calendar().local(told["placed_at"]), len(told["lines"])
        words = ngettext("%(n)s line, placed %(at)s", "%(n)s lines, placed %(at)s", count) % {
            "n": count, "at": f"{at:%a} {at.day} {at:%b %Y %H:%M}"
        }  # fmt: skip
    elif sample["type"] == "stock":
        words = ngettext("%(n)s unit on hand at %(location)s", "%(n)s units on hand at %(location)s", told["on_hand"])
        words %= {"n": told["on_hand"], "location": told["location"]}
    elif sample["type"] == "product":
        count = len(told["variants"])
        words = ngettext("%(title)s, %(n)s variant", "%(title)s, %(n)s variants", count)
        words %= {"title": told.get("title", ""), "n": count}
    else:
        words = ""
    return {"type": KINDS.get(sample["type"], sample["type"]), "key": sample["key"], "words": words}


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


def _inbox(told: Report) -> str:
    """What came of this import alone."""
    found = address("inbox")
    return f"{found}?{urlencode({'view': 'all', 'source': told.run.source})}" if found else ""


def _done(told: Report) -> tuple[int, int]:
    """How much of how much is done, for the bar: reading is the first half, applying the second."""
    run, settled = told.run, told.settled
    if run.state in (ImportState.WAITING, ImportState.READING):
        return min(run.rows, run.rows_expected), 2 * max(run.rows_expected, 1)
    return settled.all + (settled.all - settled.pending), 2 * settled.all or 1


def _urls() -> Iterable[Any]:
    yield path("imports/", imports, name="imports")
    yield path("imports/new/", new_import, name="import_new")
    yield path("imports/file/<int:file_id>/", look, name="import_look")
    yield path("imports/file/<int:file_id>/start/", start_import, name="import_start")
    yield path("imports/file/<int:file_id>/map/", map_file, name="import_map")
    yield path("imports/<int:import_id>/", one_import, name="import")
    yield path("imports/<int:import_id>/rejects.csv", rejects_file, name="import_rejects")


urlpatterns = list(_urls())
