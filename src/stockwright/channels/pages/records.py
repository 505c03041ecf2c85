"""The imports there were: their list, how one stands, and what did not go in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.channels.files.mapped import named
from stockwright.channels.files.registry import FORMATS
from stockwright.channels.imports.batch import ORDER, PRODUCT
from stockwright.channels.imports.kinds import MAPPED, all_mappings
from stockwright.channels.imports.turn import is_anybodys_turn
from stockwright.channels.models import Import
from stockwright.channels.queries import Report, reject_columns, reject_rows, report
from stockwright.channels.states import ImportState
from stockwright.kit.business import calendar
from stockwright.kit.clock import now
from stockwright.kit.lists import Column, RecordList, Sort
from stockwright.kit.models import InboxMessage
from stockwright.kit.pages import PageRequest, must, page, sentences, tell
from stockwright.kit.pages.names import Named, address, names
from stockwright.kit.pages.words import plain
from stockwright.kit.sheets import write_csv

EXPORT = "export.imports"
_REJECTS_SHOWN = 100
# Before that the pace of an import says little.
_PACE_KNOWN = timedelta(seconds=5)
_LOOKS = {
    ImportState.WAITING: "soon", ImportState.READING: "busy", ImportState.APPLYING: "busy", ImportState.DONE: "good",
    ImportState.CANCELLED: "", ImportState.FAILED: "bad",
}  # fmt: skip


def _state(run: Import) -> Any:
    if stopped(run):
        return format_html('<span class="badge soon">{}</span>', _("stopped"))
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
    start=("import_new", gettext_lazy("Import a file"), "import.add_file"),
    template="channels/imports.html",
)


def title_of(kind: str) -> str:
    """A kind of file in words."""
    if kind in FORMATS:
        return FORMATS[kind].title
    name = kind.removeprefix(MAPPED)
    mapping = all_mappings().get(named(name))
    return mapping.title if mapping else name


def stopped(run: Import) -> bool:
    """Whether it is half read and nobody reads: whoever did was killed."""
    return run.state == ImportState.READING and not is_anybodys_turn()


@page("view.channels")
def imports(request: PageRequest) -> HttpResponseBase:
    """Every import, the latest first."""
    return IMPORTS.respond(request)


@page("view.channels")
def one_import(request: PageRequest, import_id: int) -> HttpResponse:
    """How an import stands; the part that changes is asked for again while it runs."""
    told = report(import_id)
    rejects = told.run.rejects.order_by("line", "id")[:_REJECTS_SHOWN]
    context = {
        "told": told, "run": told.run, "title": title_of(told.run.kind), "look": _LOOKS[ImportState(told.run.state)],
        "rejects": rejects, "may_export": request.actor.may(EXPORT), "inbox": _inbox(told), "done": _done(told),
        "records": _records(told.run), "stopped": stopped(told.run),
        "far": _far(told), "partial": request.partial,
    }  # fmt: skip
    response = render(request, "channels/progress.html" if request.partial else "channels/import.html", context)
    if request.partial and not told.running:
        # What stands around the progress has changed too: its badge, its acts, its notes.
        response["HX-Refresh"] = "true"
    return response


@page("view.channels")
def rejects_file(request: PageRequest, import_id: int) -> HttpResponseBase:
    """The rows that did not go in, with why, in the columns they came in."""
    must(request, EXPORT)
    run = report(import_id).run
    pieces = write_csv(reject_columns(run), reject_rows(run), zone=calendar().zone)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{run.pk}-rejects.csv"'
    return response


sentences(
    {
        "import.started": gettext_lazy("Asked for"),
        "import.read": gettext_lazy("Records read: {records}, rejected: {rejected}"),
        "import.finished": gettext_lazy("Finished: {new} new, {changed} changed, {unchanged} unchanged"),
        "import.cancelled": gettext_lazy("Cancelled: {dropped} records were not applied"),
    }
)


@tell("import.state_changed")
def state_changed(data: Mapping[str, Any]) -> str:
    """How far it is."""
    words = {
        "reading": _("A worker reads it"),
        "applying": _("Its records are being applied"),
        "done": _("Done"),
        "cancelled": _("Cancelled"),
        "failed": _("It could not be read"),
    }
    return words.get(data["new"], str(data["new"]))


@names("import", "view.channels")
def name_imports(ids: list[int]) -> dict[int, Named]:
    """Imports by their file."""
    return {
        run.pk: Named(run.name, title_of(run.kind), address("import", run.pk), str(run.get_state_display()))
        for run in Import.objects.filter(pk__in=ids)
    }


def _inbox(told: Report) -> str:
    """What came of this import alone."""
    found = address("inbox")
    return f"{found}?{urlencode({'view': 'all', 'source': told.run.source})}" if found else ""


def _records(run: Import) -> tuple[str, str] | None:
    """Where what came in is looked at: the orders of this import, or the list of products."""
    if run.state != ImportState.DONE or not run.new + run.changed:
        return None
    told = InboxMessage.objects.filter(source=run.source)
    if told.filter(topic=ORDER).exists():
        return _("Look at its orders"), f"{address('orders')}?{urlencode({'view': 'all', 'import': str(run.pk)})}"
    return (_("Look at the products"), address("products")) if told.filter(topic=PRODUCT).exists() else None


def _done(told: Report) -> tuple[int, int]:
    """How much of how much is done, for the bar: reading is the first half, applying the second."""
    run, settled = told.run, told.settled
    if run.state in (ImportState.WAITING, ImportState.READING):
        return min(run.rows, run.rows_expected), 2 * max(run.rows_expected, 1)
    return settled.all + (settled.all - settled.pending), 2 * settled.all or 1


def _far(told: Report) -> str:
    """The same in words: what of what, and how long the rest may take."""
    run, settled = told.run, told.settled
    if run.state == ImportState.READING and run.rows_expected:
        far = _("%(n)s of %(all)s rows") % {"n": plain(run.rows), "all": plain(max(run.rows, run.rows_expected))}
    elif run.state == ImportState.APPLYING:
        far = _("%(n)s of %(all)s records") % {"n": plain(settled.all - settled.pending), "all": plain(settled.all)}
    else:
        return ""
    left = _left(told)
    if left is None:
        return far
    minutes = round(left / timedelta(minutes=1))
    if not minutes:
        return _("%(far)s, less than a minute left") % {"far": far}
    return ngettext("%(far)s, about %(n)s minute left", "%(far)s, about %(n)s minutes left", minutes) % {
        "far": far, "n": minutes
    }  # fmt: skip


def _left(told: Report) -> timedelta | None:
    """How long the rest takes at the pace so far: of reading or of applying, whichever is behind."""
    run, settled = told.run, told.settled
    applied = settled.all - settled.pending
    since = now() - run.started_at if run.started_at else timedelta()
    if since < _PACE_KNOWN or not run.rows or not applied:
        return None
    read = min(1.0, run.rows / run.rows_expected) if run.state == ImportState.READING and run.rows_expected else 1.0
    return since * max(1 / read - 1, settled.all / read / applied - 1)
