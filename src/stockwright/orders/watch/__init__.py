"""What orders ask to be done: the late and the soon late, the held, the short, the unknown SKUs."""

from __future__ import annotations

from stockwright.orders.watch.held import held
from stockwright.orders.watch.short import short
from stockwright.orders.watch.unhindered import late, soon_late
from stockwright.orders.watch.unmapped import unmapped

__all__ = ["held", "late", "short", "soon_late", "unmapped"]
