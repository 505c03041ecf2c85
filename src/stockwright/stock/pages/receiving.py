"""Receiving goods: scan, say how many, put away. Made for a telephone with a scanner."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from stockwright.catalog.models import Barcode, Variant
from stockwright.catalog.pages.finding import title_of
from stockwright.kit.errors import NotFound, StockwrightError
from stockwright.kit.ids import new_id
from stockwright.kit.pages import PageRequest, act, page
from stockwright.stock.models import Condition, Level, Location
from stockwright.stock.pages.counts import scanned
from stockwright.stock.queries import arrivals_open, locations, short_lines


@page("stock.receive")
def receive(request: PageRequest) -> HttpResponse:
    """What is expected; and, once something is scanned, how many came."""
    places = locations(active_only=True)
    chosen = (
        request.POST.get("location_id") or request.GET.get("location") or str(request.session.get("receives_at", ""))
    )
    place = next((p for p in places if str(p.id) == chosen), places[0] if places else None)
    if place is not None:
        request.session["receives_at"] = place.id
    context: dict[str, Any] = {
        "places": places,
        "place": place,
        "verdict": None,
        "conditions": Condition.choices,
        "key": str(new_id()),
    }
    if request.method == "POST":
        return _receive(request, context)
    code = request.GET.get("code", "").strip()
    if code:
        variant = scanned(code)
        if variant is None:
            context["verdict"] = ("bad", _("{code} is no SKU or barcode that we know").format(code=code))
        else:
            context |= _asked(variant, place.id if place else 0, code)
    elif said := request.GET.get("done"):
        context["verdict"] = ("good", said)
    if "variant" not in context:
        context["expected"] = [a for a in arrivals_open(limit=60) if place is None or a.location == place.name]
    return render(request, "stock/receive.html", context)


def _asked(variant: Variant, location_id: int, code: str = "") -> dict[str, Any]:
    level = Level.objects.filter(variant=variant, location=location_id).select_related("bin").first()
    place = Location.objects.filter(pk=location_id).first()
    coming = [a for a in arrivals_open(variant_id=variant.pk) if place is not None and a.location == place.name]
    barcode = Barcode.objects.filter(code=code).first() if code else None
    left = coming[0].units - coming[0].received if coming else None
    return {
        "variant": variant, "title_words": title_of(variant), "bin": level.bin if level else None, "coming": coming,
        # A carton's code stands for all that is in it.
        "units": barcode.units if barcode and barcode.units > 1 else left or "",
        "waiting": sum(line.units for line in short_lines(variant_id=variant.pk)),
        "image": variant.images.order_by("position").first() or variant.product.images.order_by("position").first(),
    }  # fmt: skip


def _receive(request: PageRequest, context: dict[str, Any]) -> HttpResponse:
    raw = request.POST.get("variant_id", "")
    variant = Variant.objects.select_related("product").filter(pk=int(raw)).first() if raw.isdigit() else None
    if variant is None:
        raise NotFound(what="variant", which=raw)
    place = context["place"]
    wanted = ("units", "condition", "lot", "expires_on", "arrival_id", "bin")
    given = {name: value for name in wanted if (value := request.POST.get(name, "").strip())}
    try:
        act(request, "stock.receive", {"variant_id": variant.pk, "location_id": place.id if place else 0, **given})
    except StockwrightError as error:
        context |= _asked(variant, place.id if place else 0) | {
            "verdict": ("bad", error.message),
            "units": given.get("units", ""),
        }
        return render(request, "stock/receive.html", context, status=422)
    words = _("{sku}: {n} received").format(sku=variant.sku, n=given["units"])
    return HttpResponseRedirect(f"{reverse('receive')}?{urlencode({'done': words})}")
