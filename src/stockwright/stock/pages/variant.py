"""The page of one variant: the number taken apart, and why it is what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.catalog.models import Variant
from stockwright.catalog.pages.finding import title_of
from stockwright.kit.business import calendar
from stockwright.kit.errors import NotFound
from stockwright.kit.pages import Named, PageRequest, name_all, page
from stockwright.stock.models import Condition, Reason, Shortfall
from stockwright.stock.queries import LevelState, Step, availability, contents_of, levels_of, steps_of, why

STEPS = 80
SHOWN = 12
KINDS = {
    "oversold": (gettext_lazy("oversold"), "bad"),
    "backordered": (gettext_lazy("on backorder"), "soon"),
    "preordered": (gettext_lazy("pre-ordered"), "busy"),
    "lost": (gettext_lazy("lost after promise"), "bad"),
}


@dataclass(slots=True)
class Told:
    """One or several movements of the same sort, as one line."""

    steps: list[Step]
    what: str
    about: Named | None
    note: str

    @property
    def at(self) -> Any:
        """When the latest of them happened."""
        return self.steps[0].occurred_at

    @property
    def change(self) -> int:
        """By how many units they changed what is on hand."""
        return sum(step.change for step in self.steps)

    @property
    def units(self) -> int:
        """How many units moved, where the sum did not change."""
        return sum(step.units for step in self.steps)

    @property
    def balance(self) -> int:
        """What was on hand afterwards."""
        return self.steps[0].balance


@page("view.stock")
def variant(request: PageRequest, pk: int) -> HttpResponse:
    """One variant: states as one bar, per location, promised to whom, short for whom, what comes, and why."""
    found = Variant.objects.select_related("product").filter(pk=pk).first()
    if found is None:
        raise NotFound(what="variant", which=pk)
    levels = levels_of([pk])[pk]
    total = _sum(levels)
    context: dict[str, Any] = {
        "variant": found, "title_words": title_of(found), "levels": levels, "total": total, "parts": _parts(total),
        "short": Shortfall.objects.filter(variant=pk).aggregate(units=Sum("units"))["units"] or 0,
    }  # fmt: skip
    if found.is_kit:
        context["makeable"] = availability([pk])[pk].available
        context["components"] = _components(found)
    if request.GET.get("panel"):
        return render(request, "stock/variant_panel.html", context)
    reasons = why(pk, limit=200)
    orders = name_all({("order", p.order_id) for p in (*reasons.commitments, *reasons.shortfalls)})
    here = _chosen(levels, request.GET.get("location", ""))
    steps = (
        steps_of(pk, location_id=here.location_id, since_count=here.counted_at is not None, limit=STEPS) if here else []
    )
    context |= {
        "commitments": [(p, orders["order", p.order_id]) for p in reasons.commitments[:SHOWN]],
        "more_commitments": total["committed"] - sum(p.units for p in reasons.commitments[:SHOWN]),
        "shortfalls": [
            (p, orders["order", p.order_id], KINDS.get(p.kind, (p.kind, ""))) for p in reasons.shortfalls[:SHOWN]
        ],
        "more_shortfalls": context["short"] - sum(p.units for p in reasons.shortfalls[:SHOWN]),
        "reservations": reasons.reservations[:SHOWN],
        "arrivals": reasons.arrivals,
        "contents": [(each, Condition(each.condition)) for each in contents_of(pk)],
        "here": here,
        "told": _told(steps),
        "all_told": len(steps) < STEPS,
        "barcodes": list(found.barcodes.order_by("pk")),
        "images": list(found.images.order_by("position")[:3] or found.product.images.order_by("position")[:3]),
        "siblings": list(found.product.variants.exclude(pk=pk).order_by("sku").only("sku", "title")[:20]),
    }
    return render(request, "stock/variant.html", context)


def _sum(levels: Iterable[LevelState]) -> dict[str, int]:
    names = ("on_hand", "available", "committed", "reserved", "damaged", "quality_control", "safety_stock", "incoming")
    rows = list(levels)
    return {name: sum(getattr(level, name) for level in rows) for name in names}


def _parts(total: dict[str, int]) -> list[tuple[str, Any, int]]:
    """The pieces of the bar; safety stock is only what is really there of it."""
    free = total["available"]
    return [
        ("available", _("available"), max(free, 0)),
        ("committed", _("promised"), total["committed"]),
        ("reserved", _("reserved"), total["reserved"]),
        ("damaged", _("damaged"), total["damaged"]),
        ("quality", _("quality control"), total["quality_control"]),
        ("safety", _("safety"), total["safety_stock"] + min(free, 0)),
    ]


def _components(kit: Variant) -> list[tuple[Any, int]]:
    rows = list(kit.components.select_related("component", "component__product").order_by("pk"))
    free = availability([row.component_id for row in rows])
    return [(row, free[row.component_id].available) for row in rows]


def _chosen(levels: list[LevelState], wanted: str) -> LevelState | None:
    """The location whose movements are shown: the one asked for, else the one with most on hand."""
    asked = next((level for level in levels if str(level.location_id) == wanted), None)
    return asked or max(levels, key=lambda level: level.on_hand, default=None)


def _told(steps: list[Step]) -> list[Told]:
    """Movements as lines: neighbours of the same reason in the same call, or shipments of the same day, are one."""
    shop = calendar()
    groups: list[list[Step]] = []
    keys: list[Any] = []
    for step in steps:
        together = shop.day(step.occurred_at) if step.reason == Reason.SHIPPED else step.call or step.movement_id
        key = (step.reason, together, step.change > 0)
        if keys and keys[-1] == key:
            groups[-1].append(step)
        else:
            groups.append([step])
            keys.append(key)
    named = name_all(
        {
            (s.reference_type, s.reference_id)
            for g in groups
            for s in g[:1]
            if s.reference_type and s.reference_id is not None
        }
    )
    return [_line(group, named) for group in groups]


def _line(group: list[Step], named: dict[tuple[str, int], Named]) -> Told:
    first = group[0]
    reason = str(dict(Reason.choices).get(first.reason, first.reason))
    what = reason[:1].upper() + reason[1:]
    about = None
    references = {(s.reference_type, s.reference_id) for s in group if s.reference_id is not None}
    if len(references) > 1:
        many = (
            ngettext("{n} order", "{n} orders", len(references))
            if first.reference_type == "order"
            else _("{n} records")
        )
        what = f"{what}, {many.format(n=len(references))}"
    elif first.reference_id is not None:
        about = named.get((first.reference_type, first.reference_id))
    note = first.note or (
        f"{first.from_condition} → {first.to_condition}".replace("_", " ") if not first.change else ""
    )
    return Told(group, what, about, note)
