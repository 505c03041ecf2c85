"""Counts: the list, one count with its lines, and posting it with a look at what will change."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count as Counted
from django.db.models import F, Q
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.catalog.pages.finding import title_of, variant_ids
from stockwright.kit.errors import NotPermitted, StockwrightError
from stockwright.kit.ids import new_id
from stockwright.kit.lists import Column, Filter, RecordList, Sort, View
from stockwright.kit.lists.parts import Rows
from stockwright.kit.pages import PageRequest, act, counts_work, page, say
from stockwright.kit.pages.words import badge, signed
from stockwright.stock.models import Count, CountLine
from stockwright.stock.pages.floor.counting import find_count, progress_of
from stockwright.stock.pages.floor.narrowing import at_location, location_choices, of_variants, respond_to, variant_link
from stockwright.stock.pages.floor.scanning import status_of

LOOK = {"open": "busy", "posted": "good", "cancelled": ""}


def _with_progress(page_: list[Count]) -> None:
    """How far each count of a page is; one query."""
    rows = CountLine.objects.filter(count__in=[c.pk for c in page_]).values("count")
    sums: dict[int, dict[str, Any]] = {
        r["count"]: dict(r) for r in rows.annotate(every=Counted("pk"), done=Counted("counted"))
    }
    for row in page_:
        found = sums.get(row.pk, {})
        row.every, row.done = found.get("every", 0), found.get("done", 0)  # type: ignore[attr-defined]


def _progress(row: Any) -> object:
    words = _("{done} of {every}").format(done=row.done, every=row.every)
    return format_html("<span class='{}'>{}</span>", "good" if row.done == row.every else "", words)


COUNTS = RecordList(
    name="counts",
    title=gettext_lazy("Counts"),
    source=lambda: Count.objects.select_related("location"),
    columns=(
        Column("number", gettext_lazy("Count"), str, link=True),
        Column("location", gettext_lazy("Location"), lambda c: c.location.name),
        Column("state", gettext_lazy("State"), lambda c: c.get_state_display(), show=lambda c: badge(c.get_state_display(), LOOK[c.state])),
        Column("note", gettext_lazy("Note"), lambda c: c.note),
        Column("created", gettext_lazy("Planned"), lambda c: c.created_at, kind="time"),
        Column("posted", gettext_lazy("Posted"), lambda c: c.posted_at, kind="time"),
        Column("done", gettext_lazy("Counted"), lambda c: c.done, kind="number", show=_progress),
        Column("lines", gettext_lazy("Lines"), lambda c: c.every, hidden=True),
    ),
    sorts={"number": Sort("pk")},
    default_sort="-number",
    row_url="count",
    views=(
        View("open", gettext_lazy("Being counted"), lambda rows: rows.filter(state="open"), counted=True),
        View("posted", gettext_lazy("Posted"), lambda rows: rows.filter(state="posted")),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    filters=(Filter("location", gettext_lazy("Location"), at_location("location"), choices=location_choices),),
    prepare=_with_progress,
    small=True,
    template="stock/floor/counts.html",
    empty=(
        "checklist", gettext_lazy("Nothing has been counted yet"),
        gettext_lazy("Plan a count of a location, or of a few variants you don't trust; then count it with a scanner or a phone."),
    ),
)  # fmt: skip


@page("view.stock")
def counts(request: PageRequest) -> HttpResponseBase:
    """Everything that was or is being counted."""
    return respond_to(request, COUNTS)


@page("view.stock")
def count(request: PageRequest, pk: int) -> HttpResponseBase:
    """One count. It stays blind until it is posted, but for a look by whoever may post it."""
    document = find_count(pk)
    if request.method == "POST":
        return _post(request, document)
    return _show(request, document)


def _variance(line: CountLine) -> int | None:
    return None if line.counted is None or line.booked is None else line.counted - line.booked


def _gap(line: CountLine) -> object:
    gap = _variance(line)
    if gap is None:
        return None if line.counted is None else badge(_("left out: put right since"), "soon")
    return badge(signed(gap), "bad" if gap < 0 else "soon") if gap else badge(_("right"), "good")


def _lines(document: Count) -> RecordList:
    """The lines as a list of their own: paged, searched, exported."""
    posted = document.state == Count.State.POSTED
    views = [
        View("all", gettext_lazy("All"), lambda rows: rows),
        View("left", gettext_lazy("Not counted"), lambda rows: rows.filter(counted__isnull=True)),
        View("counted", gettext_lazy("Counted"), lambda rows: rows.filter(counted__isnull=False)),
    ]
    columns = [
        Column(
            "sku",
            gettext_lazy("SKU"),
            lambda line: line.variant.sku,
            sort="sku",
            show=lambda line: variant_link(line.variant),
        ),
        Column("title", gettext_lazy("Product"), lambda line: title_of(line.variant)),
        Column("when", gettext_lazy("When"), lambda line: line.counted_at, kind="time"),
        Column(
            "counted", gettext_lazy("Counted"), lambda line: line.counted, kind="number", show=lambda line: line.counted
        ),
    ]
    if posted:
        differs = Q(counted__isnull=False) & (Q(booked__isnull=True) | ~Q(counted=F("booked")))
        views.insert(0, View("differing", gettext_lazy("Differences"), lambda rows: rows.filter(differs)))
        columns += [
            Column(
                "booked",
                gettext_lazy("Books said"),
                lambda line: line.booked,
                kind="number",
                show=lambda line: line.booked,
            ),
            Column("variance", gettext_lazy("Difference"), _variance, kind="number", show=_gap),
        ]
    return RecordList(
        name="count_lines",
        title=str(document),
        source=lambda: CountLine.objects.filter(count=document).select_related("variant__product"),
        columns=columns,
        sorts={"sku": Sort("variant__sku")},
        default_sort="sku",
        views=views,
        search=_search,
        search_hint=gettext_lazy("SKU, barcode or title"),
        small=True,
        template="stock/floor/count.html",
        empty=(
            "checklist",
            gettext_lazy("Nothing is on the list yet"),
            gettext_lazy("Whatever you scan is added to it."),
        ),
    )


def _search(rows: Rows, text: str) -> Rows:
    return of_variants("variant")(rows, variant_ids(text))


def _show(request: PageRequest, document: Count, **more: Any) -> HttpResponseBase:
    done, every = progress_of(document)
    context: dict[str, Any] = {
        "document": document,
        "look": LOOK[document.state],
        "open": document.state == Count.State.OPEN,
        "done": done,
        "every": every,
        "may_post": request.actor.may("stock.count_post"),
        "may_enter": request.actor.may("stock.count_enter"),
        "key": str(new_id()),
        "said_why": request.POST.get("_reason", ""),
        **more,
    }
    if document.state == Count.State.POSTED:
        context["sums"] = _found_out(document)
    wanted = "preview" in request.GET or "refused" in more
    if context["open"] and context["may_post"] and wanted:
        context |= _preview(request, document)
    return _lines(document).respond(request, **context)


@dataclass(frozen=True, slots=True)
class Change:
    """What posting does to one variant."""

    line: CountLine
    booked: int
    units: int
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Sums:
    """A count's variances added up."""

    agreeing: int
    fewer: int
    more: int
    # At cost; what has no cost is counted apart.
    value: Decimal
    without_cost: int


def _changes(lines: list[CountLine], variances: dict[int, int]) -> tuple[list[Change], Sums]:
    changes = [
        Change(
            line,
            (line.counted or 0) - units,
            units,
            line.variant.cost * units if line.variant.cost is not None else None,
        )
        for line in lines
        if (units := variances.get(line.variant_id, 0))
    ]
    changes.sort(key=lambda c: (-abs(c.value or Decimal()), -abs(c.units), c.line.variant.sku))
    sums = Sums(
        agreeing=sum(1 for units in variances.values() if not units),
        fewer=sum(abs(c.units) for c in changes if c.units < 0),
        more=sum(c.units for c in changes if c.units > 0),
        value=sum((c.value for c in changes if c.value is not None), Decimal()),
        without_cost=sum(1 for c in changes if c.value is None),
    )
    return changes, sums


# Of the preview, and of the number in the menu.
SHOWN, BOUND = 200, 1000


def _preview(request: PageRequest, document: Count) -> dict[str, Any]:
    """Posting, tried: what would change, and which promises it would cost."""
    keep = bool(request.POST.get("keep_promises"))
    given = {"count_id": document.pk, "leave_uncounted": True}
    try:
        found = act(request, "stock.count_post", given, dry_run=True).result
    except StockwrightError as error:
        return {"preview": True, "cannot": error.message, "keep_promises": keep}
    lines = list(document.lines.filter(counted__isnull=False).select_related("variant__product"))
    changes, sums = _changes(lines, found.variances)
    return {
        "preview": True, "changes": changes[:SHOWN], "more_changes": max(0, len(changes) - SHOWN), "preview_sums": sums,
        "left_out": [line.variant for line in lines if line.variant_id in found.left_out],
        "lost": found.lost, "taken_over": found.taken_over, "missing": document.lines.filter(counted__isnull=True).count(), "keep_promises": keep,
    }  # fmt: skip


def _found_out(document: Count) -> Sums:
    lines = list(document.lines.filter(counted__isnull=False).select_related("variant"))
    return _changes(lines, {line.variant_id: gap for line in lines if (gap := _variance(line)) is not None})[1]


def _post(request: PageRequest, document: Count) -> HttpResponseBase:
    given = {
        "count_id": document.pk,
        "leave_uncounted": bool(request.POST.get("leave_uncounted")),
        "keep_promises": bool(request.POST.get("keep_promises")),
    }
    try:
        outcome = act(request, "stock.count_post", given)
    except NotPermitted:
        raise
    except StockwrightError as error:
        response: HttpResponse = _show(request, find_count(document.pk), refused=error.message)  # type: ignore[assignment]
        response.status_code = status_of(error)
        return response
    differing: int = 0 if outcome.replayed else sum(1 for units in outcome.result.variances.values() if units)
    words = ngettext("Posted: {n} number was put right.", "Posted: {n} numbers were put right.", differing)
    may_undo = request.actor.may("stock.reverse")
    say(request, words.format(n=differing) if differing else _("Posted."), outcome if may_undo else None)
    return HttpResponseRedirect(reverse("count", args=[document.pk]))


@counts_work("counts")
def open_counts() -> int:
    """Counts under way."""
    return Count.objects.filter(state="open")[:BOUND].count()
