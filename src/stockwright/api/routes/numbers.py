"""KPIs and proposals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from stockwright.api.auth import must_see
from stockwright.api.paging import Key, Page, PagingQuery, RowId, page
from stockwright.insight.asking import answer, contracts
from stockwright.insight.rules import Grain
from stockwright.today.queries import KEYS, proposal_for, ranked_rows

insight = Router(tags=["performance"])
today = Router(tags=["today"])


class Contract(Schema):
    """What a KPI means."""

    name: str
    title: str
    definition: str
    unit: str
    better: str = Field(description="higher, lower or neither.")
    numerator: str
    denominator: str | None
    clock: str
    exclusions: str
    version: int
    target: str | None


class Step(Schema):
    """One step of a KPI's course. Figures are exact decimals as text."""

    since: str = Field(alias="from")
    value: str | None
    numerator: str | None
    denominator: str | None


class KpiNumber(Schema):
    """A KPI over some days."""

    kpi: str
    first: str = Field(alias="from")
    last: str = Field(alias="to")
    value: str | None
    numerator: str | None
    denominator: str | None
    unit: str
    currency: str | None
    version: int
    in_words: str
    series: list[Step] = Field(default_factory=list)


class KpiQuery(Schema):
    """Which days, in which steps, of which channel; the last four weeks without any."""

    first: date | None = None
    last: date | None = None
    grain: Grain | None = None
    channel: str = Field(default="", max_length=40)


@insight.get("/kpis", response=list[Contract], summary="Every KPI")
def list_kpis(request: HttpRequest) -> Any:
    """What is counted, and exactly how."""
    must_see(request, "view.insight")
    return contracts()


@insight.get("/kpis/{name}", response=KpiNumber, by_alias=True, summary="One KPI")
def read_kpi(request: HttpRequest, name: str, wanted: Query[KpiQuery]) -> Any:
    """A KPI over some days (the end included), with its course where a grain is named."""
    must_see(request, "view.insight")
    return answer(name, wanted.first, wanted.last, grain=wanted.grain or "", channel=wanted.channel)


class ProposalInfo(Schema):
    """Something that wants doing. Money is in the shop's currency."""

    id: int
    kind: str
    subject_type: str
    subject_id: int
    state: str
    title: str
    reason: str
    evidence: list[Any]
    action: str = Field(description="Empty where there is nothing to do but look.")
    given: dict[str, Any]
    value: Decimal
    how: str
    confidence: Decimal
    per_hour: Decimal = Field(description="What an hour of waiting is expected to cost.")
    deadline: datetime | None
    assignee_id: int | None
    found_at: datetime


class ProposalFilter(Schema):
    """Which proposals."""

    kind: str = Field(default="", max_length=60)


@today.get("/proposals", response=Page[ProposalInfo], summary="What needs doing")
def list_proposals(request: HttpRequest, paging: PagingQuery, wanted: Query[ProposalFilter]) -> Any:
    """Open proposals of the rooms you may see, the most pressing first. Apply one with today.apply."""
    actor = must_see(request, "view.today")
    rows = ranked_rows(actor, wanted.kind)
    return page(request, rows, [Key(*key) for key in KEYS], paging, ProposalInfo.from_orm)


@today.get("/proposals/{int:proposal_id}", response=ProposalInfo, summary="One proposal")
def read_proposal(request: HttpRequest, proposal_id: RowId) -> Any:
    """One proposal, decided or not."""
    return proposal_for(must_see(request, "view.today"), proposal_id)
