"""Transfers: the list, one transfer, and taking it in with a scanner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Sum
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.catalog.pages.finding import title_of, variant_ids
from stockwright.kit.errors import Invalid, NotFound, NotPermitted, StockwrightError
from stockwright.kit.ids import new_id
from stockwright.kit.lists import Column, Filter, RecordList, Sort, View
from stockwright.kit.lists.parts import Rows
from stockwright.kit.pages import PageRequest, act, counts_work, page, say
from stockwright.kit.pages.words import badge
from stockwright.stock.models import Condition, Transfer, TransferLine
from stockwright.stock.pages.floor.narrowing import at_location, location_choices, of_variants, respond_to, variant_link
from stockwright.stock.pages.floor.scanning import (
    described,
    read_code,
    refused_json,
    refused_words,
    status_of,
    wants_json,
    words_of_stations,
)

LOOK = {"draft": "", "in_transit": "busy", "received": "good", "cancelled": ""}
# More lines than this would make a button with an address too long to send.
FILLED_IN = 60
# Of the number in the menu.
BOUND = 1000


class NothingCounted(Invalid):
    """Scan or write down what arrived first; if nothing did and nothing will, say that what is missing is lost."""


def _with_units(page_: list[Transfer]) -> None:
    """Units planned, sent and arrived of each transfer of a page; one query."""
    rows = TransferLine.objects.filter(transfer__in=[t.pk for t in page_]).values("transfer")
    sums: dict[int, dict[str, Any]] = {
        r["transfer"]: dict(r) for r in rows.annotate(planned=Sum("units"), left=Sum("shipped"), came=Sum("received"))
    }
    for row in page_:
        found = sums.get(row.pk, {})
        row.planned, row.left, row.came = (found.get(name) or 0 for name in ("planned", "left", "came"))  # type: ignore[attr-defined]


TRANSFERS = RecordList(
    name="transfers",
    title=gettext_lazy("Transfers"),
    source=lambda: Transfer.objects.select_related("origin", "destination"),
    columns=(
        Column("number", gettext_lazy("Transfer"), str, link=True),
        Column("from", gettext_lazy("From"), lambda t: t.origin.name),
        Column("to", gettext_lazy("To"), lambda t: t.destination.name),
        Column("state", gettext_lazy("State"), lambda t: t.get_state_display(), show=lambda t: badge(t.get_state_display(), LOOK[t.state])),
        Column("expected", gettext_lazy("Expected"), lambda t: t.expected_on, kind="day"),
        Column("created", gettext_lazy("Planned"), lambda t: t.created_at, kind="time"),
        Column("units", gettext_lazy("Units"), lambda t: t.planned, kind="number"),
        Column("shipped", gettext_lazy("Sent"), lambda t: t.left, kind="number"),
        Column("received", gettext_lazy("Arrived"), lambda t: t.came, kind="number"),
    ),
    sorts={"number": Sort("pk")},
    default_sort="-number",
    row_url="transfer",
    views=(
        View("open", gettext_lazy("Open"), lambda rows: rows.filter(state__in=["draft", "in_transit"]), counted=True),
        View("draft", gettext_lazy("To send"), lambda rows: rows.filter(state="draft"), counted=True),
        View("in_transit", gettext_lazy("In transit"), lambda rows: rows.filter(state="in_transit"), counted=True),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    filters=(
        Filter("from", gettext_lazy("From"), at_location("origin"), choices=location_choices),
        Filter("to", gettext_lazy("To"), at_location("destination"), choices=location_choices),
    ),
    prepare=_with_units,
    small=True,
    template="stock/floor/transfers.html",
    empty=(
        "local_shipping", gettext_lazy("No transfers yet"),
        gettext_lazy("Make one to bring goods to where orders wait for them; they are in transit until they are received."),
    ),
)  # fmt: skip


@page("view.stock")
def transfers(request: PageRequest) -> HttpResponseBase:
    """Goods going between our own locations."""
    return respond_to(request, TRANSFERS)


def _find(pk: int) -> Transfer:
    found = Transfer.objects.select_related("origin", "destination").filter(pk=pk).first()
    if found is None:
        raise NotFound(what="transfer", which=pk)
    return found


def _search(rows: Rows, text: str) -> Rows:
    return of_variants("variant")(rows, variant_ids(text))


def _gap(line: Any, state: str) -> object:
    """What is still under way, or what did not arrive."""
    gap = line.shipped - line.received
    if not gap:
        return badge(_("complete"), "good") if line.shipped else None
    if state == Transfer.State.IN_TRANSIT:
        return badge(_("{n} under way").format(n=gap), "busy")
    return badge(_("{n} missing").format(n=gap), "bad") if state == Transfer.State.RECEIVED else None


def _lines(document: Transfer) -> RecordList:
    state = document.state
    return RecordList(
        name="transfer_lines",
        title=str(document),
        source=lambda: TransferLine.objects.filter(transfer=document).select_related("variant__product"),
        columns=(
            Column("sku", gettext_lazy("SKU"), lambda line: line.variant.sku, sort="sku", show=lambda line: variant_link(line.variant)),
            Column("title", gettext_lazy("Product"), lambda line: title_of(line.variant)),
            Column("units", gettext_lazy("Planned"), lambda line: line.units, kind="number"),
            Column("shipped", gettext_lazy("Sent"), lambda line: line.shipped, kind="number"),
            Column("received", gettext_lazy("Arrived"), lambda line: line.received, kind="number"),
            Column("gap", gettext_lazy("Difference"), lambda line: line.shipped - line.received, kind="number", show=lambda line: _gap(line, state)),
        ),
        sorts={"sku": Sort("variant__sku")},
        default_sort="sku",
        search=_search,
        search_hint=gettext_lazy("SKU, barcode or title"),
        small=True,
        template="stock/floor/transfer.html",
    )  # fmt: skip


@page("view.stock")
def transfer(request: PageRequest, pk: int) -> HttpResponseBase:
    """One transfer: what was planned, what left, what arrived and what did not."""
    document = _find(pk)
    lines = list(document.lines.order_by("variant__sku"))
    shipped, received = sum(line.shipped for line in lines), sum(line.received for line in lines)
    context = {
        "transfer": document,
        "look": LOOK[document.state],
        "planned": sum(line.units for line in lines),
        "shipped": shipped,
        "received": received,
        "under_way": shipped - received if document.state == Transfer.State.IN_TRANSIT else 0,
        "missing": shipped - received if document.state == Transfer.State.RECEIVED else 0,
        "ship_at": _ship_dialog(document, lines),
        "may_take_in": request.actor.may("stock.receive_transfer"),
    }
    return _lines(document).respond(request, **context)


def _ship_dialog(document: Transfer, lines: Iterable[TransferLine]) -> str:
    """The dialog that ships, with every line filled in so that what stays behind can be taken off."""
    query: dict[str, Any] = {"transfer_id": document.pk}
    rows = list(lines)
    for number, line in enumerate(rows if len(rows) <= FILLED_IN else ()):
        query |= {f"lines.{number}.variant_id": line.variant_id, f"lines.{number}.units": line.units}
    return f"{reverse('do', args=['stock.ship_transfer'])}?{urlencode(query)}"


@page("stock.receive_transfer")
def take_in(request: PageRequest, pk: int) -> HttpResponse:
    """Taking a transfer in: scan what is in the boxes, see what is missing, then receive it in one go."""
    document = _find(pk)
    if wants_json(request):
        return _looked_up(request.GET.get("code", ""))
    rows = document.lines.filter(shipped__gt=F("received")).select_related("variant__product").order_by("variant__sku")
    lines = list(rows) if document.state == Transfer.State.IN_TRANSIT else []
    counted = {line.variant_id: request.POST.get(f"units.{line.variant_id}", "").strip() for line in lines}
    said, status = None, 200
    if request.method == "POST":
        try:
            return _receive(request, document, counted)
        except NotPermitted:
            raise
        except StockwrightError as error:
            said, status = ("bad", refused_words(error), ""), status_of(error)
    told = {row["variant"]: row for row in described([line.variant for line in lines])}
    items = [
        {**told[line.variant_id], "left": line.shipped - line.received, "value": counted[line.variant_id]}
        for line in lines
    ]
    context = {
        "transfer": document, "items": items, "said": said, "key": str(new_id()), "conditions": Condition.choices,
        "condition": request.POST.get("condition", Condition.SELLABLE.value), "close": request.POST.get("close", ""),
        "under_way": sum(item["left"] for item in items), "data": {"items": items}, "words": words_of_stations(),
    }  # fmt: skip
    return render(request, "stock/floor/transfer_receive.html", context, status=status)


def _looked_up(code: str) -> HttpResponse:
    """A code that none of the transfer's variants has: the script says what that means here."""
    try:
        scanned = read_code(code)
    except StockwrightError as error:
        return refused_json(error)
    (item,) = described([scanned.variant])
    return JsonResponse({"ok": True, "item": {**item, "units": scanned.units}})


def _receive(request: PageRequest, document: Transfer, counted: dict[int, str]) -> HttpResponse:
    lines = [{"variant_id": variant, "units": units} for variant, units in counted.items() if units not in ("", "0")]
    close = request.POST.get("close") == "1"
    # An action without lines would take in everything; a person who scanned nothing did not mean that.
    if not lines and not close and document.state == Transfer.State.IN_TRANSIT:
        raise NothingCounted
    given = {
        "transfer_id": document.pk, "lines": lines, "close": close,
        "condition": request.POST.get("condition", Condition.SELLABLE.value),
    }  # fmt: skip
    outcome = act(request, "stock.receive_transfer", given)
    units = sum(int(units) for units in counted.values() if units)
    words = ngettext("{n} unit taken in.", "{n} units taken in.", units).format(n=units)
    say(request, words if units else _("Nothing came: all of it is written off."), outcome)
    return HttpResponseRedirect(reverse("transfer", args=[document.pk]))


@counts_work("transfers")
def open_transfers() -> int:
    """Transfers that are not done."""
    return Transfer.objects.filter(state__in=["draft", "in_transit"])[:BOUND].count()
