"""All KPIs at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from stockwright.insight import queries
from stockwright.insight.counting import count_up
from stockwright.insight.pages.choosing import channel_links, chosen, in_words, periods
from stockwright.insight.rules import sparkline
from stockwright.insight.words import change_in_words
from stockwright.insight.words import in_words as value_in_words
from stockwright.kit.clock import now
from stockwright.kit.kpis import Better, Kpi, all_kpis
from stockwright.kit.pages import PageRequest, page, say

# Older than this, the page says so and offers to count.
STALE = timedelta(minutes=5)
# Nobody waits longer, in seconds, for all of a history to be counted.
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Card:
    """One KPI."""

    kpi: Kpi
    value: str
    change: str
    tone: str
    before: str
    target: str
    met: str
    line: str
    url: str


def meets(kpi: Kpi, value: Decimal | None, target: Decimal | None) -> str:
    """Whether a value meets its target: "good", "bad", or "" where there is nothing to compare."""
    if value is None or target is None or kpi.better is Better.NEITHER:
        return ""
    met = value >= target if kpi.better is Better.HIGHER else value <= target
    return "good" if met else "bad"


@page("view.insight")
@require_GET
def performance(request: PageRequest) -> HttpResponse:
    """Cards with value, target, change against the period before, and the course."""
    choice = chosen(request.GET)
    kpis = [kpi for kpi in all_kpis() if kpi.by_channel or not choice.channel]
    compared = queries.compare(kpis, choice.period, choice.channel)
    courses = queries.series(kpis, choice.period, choice.grain, choice.channel)
    own = queries.targets()
    cards = []
    for kpi in kpis:
        change = compared[kpi.name]
        target = queries.target_of(kpi, own)
        course = [None if point.value is None else float(point.value) for point in courses[kpi.name]]
        cards.append(
            Card(
                kpi, value_in_words(kpi.unit, change.now.value), change_in_words(kpi.unit, change.change), change.tone,
                value_in_words(kpi.unit, change.before.value),
                "" if target is None else value_in_words(kpi.unit, target), meets(kpi, change.now.value, target),
                sparkline(course), f"{reverse('kpi', args=[kpi.name])}?{choice.query()}",
            )
        )  # fmt: skip
    counted = queries.counted_at()
    return render(
        request,
        "insight/performance.html",
        {
            "cards": cards, "choice": choice, "period": in_words(choice.period),
            "before": in_words(choice.period.before()), "periods": periods(choice),
            "channels": channel_links(choice), "counted": counted,
            "stale": counted is None or now() - counted > STALE, "left": queries.days_to_count(),
        },
    )  # fmt: skip


@page("view.insight")
@require_POST
def count_now(request: PageRequest) -> HttpResponse:
    """Count what changed since the last time; the sums are the shop's, whoever asks for them."""
    left = count_up(door="web", reason=f"asked by {request.actor.name}", seconds=PATIENCE)
    say(request, _("Counted, but for older days: the worker goes on.") if left else _("Counted."))
    return HttpResponseRedirect(reverse("performance"))
