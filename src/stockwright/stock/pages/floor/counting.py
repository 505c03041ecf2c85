"""Entering a count with a scanner: one thing at a time, without being told what the books say."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stockwright.kit.clock import now
from stockwright.kit.errors import NotFound, NotPermitted, StockwrightError
from stockwright.kit.ids import is_number, new_id
from stockwright.kit.pages import PageRequest, act, page
from stockwright.stock.models import Count, CountLine, Level
from stockwright.stock.pages.floor.scanning import (
    CARRIED,
    described,
    keep_said,
    load_variants,
    read_code,
    refused_json,
    refused_words,
    status_of,
    take_said,
    wants_json,
    words_of_stations,
)


def find_count(pk: int) -> Count:
    """A count with its location.

    Raises: NotFound.
    """
    found = Count.objects.select_related("location").filter(pk=pk).first()
    if found is None:
        raise NotFound(what="count", which=pk)
    return found


@page("stock.count_enter")
def enter(request: PageRequest, pk: int) -> HttpResponse:
    """Scan, say how many, next. The page's script asks for the same things as JSON, and keeps what can't be sent."""
    document = find_count(pk)
    if request.method == "POST":
        return _note(request, document)
    context: dict[str, Any] = {"said": take_said(request)}
    if code := request.GET.get("code", ""):
        try:
            context["item"] = _looked_up(document, code)
        except StockwrightError as error:
            if wants_json(request):
                return refused_json(error)
            context["said"] = ("bad", refused_words(error), "")
        else:
            if wants_json(request):
                return JsonResponse({"ok": True, "item": context["item"]})
    return _show(request, document, context)


def _looked_up(document: Count, code: str) -> dict[str, Any]:
    scanned = read_code(code)
    (item,) = _items(document, [scanned.variant.pk])
    before = item["counted"]
    return {**item, "units": scanned.units, "shown_units": scanned.units + (before or 0)}


def _items(document: Count, variant_ids: list[int]) -> list[dict[str, Any]]:
    """Variants with where they lie and what was counted of them; never what the books say."""
    variants = load_variants(variant_ids)
    lines = dict(CountLine.objects.filter(count=document, variant__in=variant_ids).values_list("variant_id", "counted"))
    bins = _bins(document, variant_ids)
    items = [
        {
            **told,
            "counted": lines.get(told["variant"]),
            "listed": told["variant"] in lines,
            "bin": bins.get(told["variant"], ""),
        }
        for told in described(variants)
    ]
    return sorted(items, key=lambda item: (item["bin"] == "", item["bin"], item["sku"]))


def _bins(document: Count, variant_ids: list[int]) -> dict[int, str]:
    levels = Level.objects.filter(location=document.location_id, variant__in=variant_ids, bin__isnull=False)
    return dict(levels.values_list("variant_id", "bin__code"))


def progress_of(document: Count) -> tuple[int, int]:
    """How many lines are counted, and how many there are."""
    every = document.lines.count()
    return every - document.lines.filter(counted__isnull=True).count(), every


def _note(request: PageRequest, document: Count) -> HttpResponse:
    """Enter one variant's units."""
    raw, units = request.POST.get("variant_id", "").strip(), request.POST.get("units", "").strip()
    line = {"variant_id": raw, "units": units}
    # An entry that waited on the device for a connection says when somebody looked.
    if looked := request.POST.get("counted_at", ""):
        line["counted_at"] = looked
    given = {"count_id": document.pk, "lines": [line]}
    try:
        act(request, "stock.count_enter", given)
    except NotPermitted:
        raise
    except StockwrightError as error:
        if wants_json(request):
            return refused_json(error)
        context: dict[str, Any] = {"said": ("bad", refused_words(error), "")}
        if is_number(raw) and (items := _items(document, [int(raw)])):
            context["item"] = {**items[0], "units": 1, "shown_units": units}
        return _show(request, document, context, status=status_of(error))
    (item,) = _items(document, [int(raw)])
    words = ngettext("{sku}: {n} counted", "{sku}: {n} counted", item["counted"]).format(
        sku=item["sku"], n=item["counted"]
    )
    if wants_json(request):
        done, every = progress_of(document)
        return JsonResponse({"ok": True, "words": words, "done": done, "every": every, "item": item})
    keep_said(request, "good", words)
    return HttpResponseRedirect(reverse("count_enter", args=[document.pk]))


def _show(request: PageRequest, document: Count, context: dict[str, Any], status: int = 200) -> HttpResponse:
    left = document.lines.filter(counted__isnull=True).order_by("variant__sku")
    carried = list(left.values_list("variant_id", flat=True)[:CARRIED])
    known = document.lines.filter(counted__isnull=False).order_by("variant__sku").values_list("variant_id", flat=True)
    items = _items(document, [*carried, *known[: max(0, CARRIED - len(carried))]])
    done, every = progress_of(document)
    following = next((item for item in items if item["counted"] is None), None)
    return render(
        request,
        "stock/floor/count_enter.html",
        {
            "count": document,
            "open": document.state == Count.State.OPEN,
            "done": done,
            "every": every,
            "key": str(new_id()),
            "next": following,
            "left": [item for item in items if item["counted"] is None],
            "data": {
                "items": [*items, *([context["item"]] if "item" in context else [])],
                "done": done,
                "every": every,
                "now": now().isoformat(),
            },
            "words": words_of_stations(),
            "closed_words": _("This count is {state}.").format(state=document.get_state_display()),
            **context,
        },
        status=status,
    )
