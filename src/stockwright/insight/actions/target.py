"""What the shop wants a KPI to be."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.insight.models import KpiTarget
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.errors import NotFound
from stockwright.kit.kpis import get_kpi


class SetTargetGiven(Given):
    """A KPI and its target."""

    kpi: str = Field(title="KPI")
    target: Decimal | None = Field(
        None, title="Target", description="In the KPI's own unit; a share as 0.985. Empty for no target.",
        max_digits=18, decimal_places=4,
    )  # fmt: skip


@action("insight.set_target", title=str(_("Set target")))
def set_target(call: Call, given: SetTargetGiven) -> dict[str, str | None]:
    """Say what a KPI should be; cards and charts compare with it.

    Raises: NotFound.
    """
    if get_kpi(given.kpi) is None:
        raise NotFound(what="KPI", which=given.kpi)
    KpiTarget.objects.update_or_create(pk=given.kpi, defaults={"target": given.target})
    text = None if given.target is None else str(given.target)
    call.record("insight.target_set", kpi=given.kpi, target=text)
    return {"kpi": given.kpi, "target": text}
