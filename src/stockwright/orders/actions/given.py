"""Words that several verbs are given."""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field

# Orders in one call, and so in its undo.
MOST_ORDERS = 10_000
OrderIds = Annotated[list[int], Field(title=str(_("Orders")), min_length=1, max_length=MOST_ORDERS)]
OrderId = Annotated[int, Field(title=str(_("Order")))]


class LineUnits(BaseModel):
    """Some units of a line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    line_id: Annotated[int, Field(title=str(_("Line")))]
    units: Annotated[int, Field(title=str(_("Units")), gt=0, le=10_000_000)]
