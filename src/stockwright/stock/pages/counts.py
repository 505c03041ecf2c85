"""Counts: the list, one count, and the station where somebody counts with a scanner."""

from __future__ import annotations

from django.db.models import Count as Counted
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.catalog.models import Barcode, Variant
from stockwright.catalog.pages.finding import title_of
from stockwright.kit.errors import NotFound, StockwrightError
from stockwright.kit.ids import new_id
from stockwright.kit.lists import Column, RecordList, Sort, View
from stockwright.kit.pages import PageRequest, act, counts_work, page
from stockwright.kit.pages.words import badge
from stockwright.stock.models import Count, CountLine, Level

LOOK = {"open": "busy", "posted": "good", "cancelled": ""}


def _state(row: Count) -> object:
    return badge(row.get_state_display(), LOOK[row.state])


COUNTS = RecordList(
    name="counts",
    title=gettext_lazy("Counts"),
    source=lambda: Count.objects.select_related("location").annotate(
        all_lines=Counted("lines"), done=Counted("lines", filter=Q(lines__counted__isnull=False))
    ),
    columns=(
        Column("number", gettext_lazy("Count"), str, link=True),
        Column("location", gettext_lazy("Location"), lambda c: c.location.name),
        Column("state", gettext_lazy("State"), lambda c: c.get_state_display(), show=_state),
        Column("note", gettext_lazy("Note"), lambda c: c.note),
        Column("created", gettext_lazy("Planned"), lambda c: c.created_at, kind="time"),
        Column("done", gettext_lazy("Counted"), lambda c: c.done, kind="number"),
        Column("lines", gettext_lazy("Of"), lambda c: c.all_lines, kind="number"),
    ),
    sorts={"number": Sort("pk")},
    default_sort="-number",
    row_url="count",
    views=(
        View("open", gettext_lazy("Open"), lambda rows: rows.filter(state="open"), counted=True),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    small=True,
    template="stock/counts.html",
    empty=(
        "checklist",
        gettext_lazy("No counts planned"),
        gettext_lazy("Plan one for a location, or for a few variants you don't trust."),
    ),
)


@page("view.stock")
def counts(request: PageRequest) -> HttpResponseBase:
    """The counts."""
    return COUNTS.respond(request)


def _count(pk: int) -> Count:
    found = Count.objects.select_related("location").filter(pk=pk).first()
    if found is None:
        raise NotFound(what="count", which=pk)
    return found


@page("view.stock")
def count(request: PageRequest, pk: int) -> HttpResponse:
    """One count. While it is open it is blind: what the books say is shown once it is posted."""
    found = _count(pk)
    lines = list(found.lines.select_related("variant", "variant__product").order_by("variant__sku")[:2000])
    done = sum(line.counted is not None for line in lines)
    variances = [
        (line, line.counted - line.booked) for line in lines if line.counted is not None and line.booked is not None
    ]
    context = {
        "count": found,
        "look": LOOK[found.state],
        "lines": lines,
        "done": done,
        "differing": [(line, variance) for line, variance in variances if variance],
        "agreeing": sum(1 for _line, variance in variances if not variance),
    }
    return render(request, "stock/count.html", context)


@page("stock.count_enter")
def station(request: PageRequest, pk: int) -> HttpResponse:
    """Counting with a scanner: scan a code, say how many, next. The number in the books is not told."""
    found = _count(pk)
    context = {"count": found, "verdict": None, "key": str(new_id())}
    context |= _progress(found)
    if request.method == "POST" and request.POST.get("variant_id", "").isdigit():
        return _enter(request, found, context)
    code = request.GET.get("code", "").strip()
    if code:
        variant = scanned(code)
        if variant is None:
            context["verdict"] = ("bad", _("{code} is no SKU or barcode that we know").format(code=code))
        else:
            line = CountLine.objects.filter(count=found, variant=variant).first()
            context |= _asked(found, variant, line)
    elif said := request.GET.get("done"):
        context["verdict"] = ("good", said)
    return render(request, "stock/count_station.html", context)


def _enter(request: PageRequest, found: Count, context: dict[str, object]) -> HttpResponse:
    variant = Variant.objects.select_related("product").filter(pk=int(request.POST["variant_id"])).first()
    if variant is None:
        raise NotFound(what="variant", which=request.POST["variant_id"])
    units = request.POST.get("units", "").strip()
    given = {"count_id": found.pk, "lines": [{"variant_id": variant.pk, "units": units}]}
    try:
        act(request, "stock.count_enter", given)
    except StockwrightError as error:
        line = CountLine.objects.filter(count=found, variant=variant).first()
        context |= _asked(found, variant, line) | {"verdict": ("bad", error.message)}
        return render(request, "stock/count_station.html", context, status=422)
    words = ngettext("{sku}: {n} unit", "{sku}: {n} units", int(units)).format(sku=variant.sku, n=units)
    url = reverse("count_station", args=[found.pk])
    return HttpResponseRedirect(f"{url}?{urlencode({'done': words})}")


def _asked(found: Count, variant: Variant, line: CountLine | None) -> dict[str, object]:
    level = Level.objects.filter(variant=variant, location=found.location_id).select_related("bin").first()
    return {
        "variant": variant, "title_words": title_of(variant), "bin": level.bin if level else None,
        "before": line.counted if line else None, "unexpected": line is None,
        "image": variant.images.order_by("position").first() or variant.product.images.order_by("position").first(),
    }  # fmt: skip


def _progress(found: Count) -> dict[str, object]:
    every = found.lines.count()
    left = found.lines.filter(counted__isnull=True)
    following = left.select_related("variant").order_by("variant__sku").first()
    return {"every": every, "done": every - left.count(), "following": following}


def scanned(code: str) -> Variant | None:
    """What a scanner read: a barcode, else a SKU, exact before any case."""
    variants = Variant.objects.select_related("product")
    barcode = Barcode.objects.filter(code=code).first()
    if barcode is not None:
        return variants.get(pk=barcode.variant_id)
    return variants.filter(sku=code).first() or variants.filter(sku__iexact=code).first()


@counts_work("counts")
def open_counts() -> int:
    """Counts under way."""
    return Count.objects.filter(state="open")[:1000].count()
