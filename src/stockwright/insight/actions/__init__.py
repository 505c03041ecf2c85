"""The verbs of insight: counting KPIs, closing days, setting targets."""

from __future__ import annotations

from stockwright.insight.actions.close_day import close_day
from stockwright.insight.actions.count import count
from stockwright.insight.actions.target import set_target

__all__ = ["close_day", "count", "set_target"]
