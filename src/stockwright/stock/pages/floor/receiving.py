"""Receiving with a scanner: what is expected, what came, and whom it served."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stockwright.kit.actions import Outcome
from stockwright.kit.errors import NotPermitted, StockwrightError
from stockwright.kit.ids import is_number, new_id
from stockwright.kit.pages import PageRequest, act, name_all, page
from stockwright.kit.pages.names import address
from stockwright.stock.models import Arrival, Condition
from stockwright.stock.pages.floor.deliveries import Delivery, deliveries, delivery_of, expected_items, left_of
from stockwright.stock.pages.floor.scanning import (
    keep_said,
    read_code,
    refused_json,
    refused_words,
    status_of,
    take_said,
    wants_json,
    words_of_stations,
)
from stockwright.stock.queries import LocationRow, locations, short_lines

FEW = 6
FIELDS = ("variant_id", "units", "condition", "bin", "lot", "expires_on")


@page("stock.receive")
def receive(request: PageRequest) -> HttpResponse:
    """Choose where, see what is expected, scan what came. The page's script asks for the same things as JSON."""
    places = locations(active_only=True)
    place = _place(request, places)
    if place is None:
        return render(request, "stock/floor/receive_where.html", {"places": places, "expected": _expected_at()})
    picked = request.GET.get("delivery", "")
    delivery = delivery_of(int(picked), place.id) if is_number(picked) else None
    if request.method == "POST":
        return _take(request, place, delivery)
    context: dict[str, Any] = {"said": take_said(request)}
    if code := request.GET.get("code", ""):
        try:
            scanned = read_code(code)
            (item,) = expected_items(place.id, delivery, [scanned.variant.pk])
            context["item"] = {**item, "units": scanned.units, "shown_units": scanned.units}
        except StockwrightError as error:
            if wants_json(request):
                return refused_json(error)
            context["said"] = ("bad", refused_words(error), "")
        else:
            if wants_json(request):
                return JsonResponse({"ok": True, "item": context["item"]})
    return _show(request, place, delivery, context)


def _place(request: PageRequest, places: list[LocationRow]) -> LocationRow | None:
    """Where we are: asked for, else where this person received last, else the only place there is."""
    if "where" in request.GET:
        return None
    wanted = (
        request.POST.get("location_id") or request.GET.get("location") or str(request.session.get("receives_at", ""))
    )
    found = next((p for p in places if str(p.id) == wanted), places[0] if len(places) == 1 else None)
    if found is not None and request.session.get("receives_at") != found.id:
        request.session["receives_at"] = found.id
    return found


def _expected_at() -> dict[int, int]:
    rows = Arrival.objects.filter(closed_at=None).values_list("location_id", "units", "received")
    sums: dict[int, int] = {}
    for location, units, received in rows:
        sums[location] = sums.get(location, 0) + max(0, units - received)
    return sums


def _take(request: PageRequest, place: LocationRow, delivery: Delivery | None) -> HttpResponse:
    """Take units of one variant in."""
    raw = request.POST.get("variant_id", "").strip()
    variant = int(raw) if is_number(raw) else 0
    before = _waiting_orders(variant)
    arrival = _arrival(request, variant, place.id)
    try:
        outcome = _perform(request, place, arrival)
    except NotPermitted:
        raise
    except StockwrightError as error:
        if wants_json(request):
            return refused_json(error)
        context: dict[str, Any] = {"said": ("bad", refused_words(error), ""), "given": request.POST}
        if items := expected_items(place.id, delivery, [variant]):
            context["item"] = {**items[0], "units": 1, "shown_units": request.POST.get("units", "")}
        return _show(request, place, delivery, context, status=status_of(error))
    (item,) = expected_items(place.id, delivery, [variant])
    words = _received_words(item["sku"], int(request.POST["units"]), arrival)
    served = "" if outcome.replayed else _served_words(before, _waiting_orders(variant))
    if wants_json(request):
        may_undo = outcome.action == "stock.receive" and not outcome.replayed and request.actor.may("stock.reverse")
        undo = address("undo", outcome.call_id) if may_undo else ""
        now_delivery = delivery_of(delivery.key, place.id) if delivery else None
        counted = {"done": now_delivery.received, "every": now_delivery.units} if now_delivery else {}
        return JsonResponse({"ok": True, "words": words, "note": served, "undo": undo, "item": item, **counted})
    keep_said(request, "good", words, served)
    return HttpResponseRedirect(_here(place, delivery))


def _here(place: LocationRow, delivery: Delivery | None) -> str:
    query = {"location": place.id} | ({"delivery": delivery.key} if delivery else {})
    return f"{reverse('receive')}?{urlencode(query)}"


def _arrival(request: PageRequest, variant: int, place: int) -> Arrival | None:
    raw = request.POST.get("arrival_id", "").strip()
    if not is_number(raw):
        return None
    return Arrival.objects.filter(pk=int(raw), variant=variant, location=place).first()


def _perform(request: PageRequest, place: LocationRow, arrival: Arrival | None) -> Outcome:
    """A transfer's goods are received by the transfer, so that it knows; everything else by itself."""
    given = {name: value for name in FIELDS if (value := request.POST.get(name, "").strip())}
    if arrival is not None and arrival.reference_type == "transfer":
        line = {"variant_id": arrival.variant_id, "units": given.get("units", "")}
        condition = given.get("condition", Condition.SELLABLE.value)
        return act(
            request, "stock.receive_transfer",
            {"transfer_id": arrival.reference_id, "lines": [line], "condition": condition},
        )  # fmt: skip
    announced = {"arrival_id": arrival.pk} if arrival is not None else {}
    return act(request, "stock.receive", {**given, **announced, "location_id": place.id})


def _received_words(sku: str, units: int, arrival: Arrival | None) -> str:
    """What came, and how it compares with what was expected."""
    words = _("{n} × {sku} received").format(n=f"{units:,}", sku=sku)
    if arrival is None:
        return _("{words}, nobody announced it").format(words=words)
    arrival.refresh_from_db()
    left = left_of(arrival)
    if left > 0:
        return ngettext("{words}, {n} still to come", "{words}, {n} still to come", left).format(words=words, n=left)
    if left < 0:
        return ngettext("{words}, {n} more than expected", "{words}, {n} more than expected", -left).format(
            words=words, n=-left
        )
    return _("{words}, all of it is here").format(words=words)


def _waiting_orders(variant: int) -> dict[int, int]:
    waiting: dict[int, int] = {}
    for line in short_lines(variant_id=variant) if variant else ():
        waiting[line.order_id] = waiting.get(line.order_id, 0) + line.units
    return waiting


def _served_words(before: dict[int, int], after: dict[int, int]) -> str:
    """Whom the goods served: orders that wait for less than before."""
    served = {order: units - after.get(order, 0) for order, units in before.items() if units > after.get(order, 0)}
    if not served:
        return ""
    named = name_all(("order", order) for order in list(served)[:FEW])
    said = ", ".join(f"{named['order', order].label} ({units})" for order, units in list(served.items())[:FEW])
    more = _(" and {n} more").format(n=len(served) - FEW) if len(served) > FEW else ""
    words = ngettext("Served 1 waiting order: {who}{more}", "Served {n} waiting orders: {who}{more}", len(served))
    return words.format(n=len(served), who=said, more=more)


def _show(
    request: PageRequest, place: LocationRow, delivery: Delivery | None, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    expected = [] if delivery else deliveries(place.id)
    items = expected_items(place.id, delivery, None)
    return render(
        request,
        "stock/floor/receive.html",
        {
            "place": place,
            "several": len(locations(active_only=True)) > 1,
            "delivery": delivery,
            "deliveries": expected,
            "here": _here(place, delivery),
            "kept": [("location", place.id), *([("delivery", delivery.key)] if delivery else [])],
            "still_open": delivery is not None and any(line["short"] for line in delivery.lines),
            "may_close": request.actor.may("stock.close_arrival"),
            "conditions": Condition.choices,
            "key": str(new_id()),
            "data": {"items": [*items, *([context["item"]] if "item" in context else [])]},
            "words": words_of_stations(),
            **context,
        },
        status=status,
    )
