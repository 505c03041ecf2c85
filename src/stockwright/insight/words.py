"""Values as people read them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stockwright.kit.business import Shop, setting
from stockwright.kit.kpis import Unit
from stockwright.kit.money import format_money

# From here on a count is told without decimals.
LARGE = 100
# In minutes.
HOUR, DAY = 60, 24 * 60


def in_words(unit: Unit, value: Decimal | None) -> str:
    """A value with its unit: 97.2 %, £1,204.50, 86.3 days; a dash where there was nothing to count."""
    if value is None:
        return "–"
    match unit:
        case Unit.SHARE:
            return f"{value * 100:.1f} %"
        case Unit.MONEY:
            return format_money(value, setting(Shop).currency)
        case Unit.DAYS:
            return _("{n} days").format(n=f"{value:,.1f}")
        case Unit.RATIO:
            return f"{value:,.2f} ×"
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.1f}"


def change_in_words(unit: Unit, change: Decimal | None) -> str:
    """A change against the period before: in points for shares, in per cent for everything else."""
    if change is None:
        return ""
    number = f"{change * 100:+.1f}".replace("-", "−")
    return _("{n} points").format(n=number) if unit is Unit.SHARE else f"{number} %"


def span_in_words(span: timedelta) -> str:
    """How long: 25 min, 3 h, 2 days 5 h."""
    minutes = int(span.total_seconds() // 60)
    if minutes < HOUR:
        return _("{n} min").format(n=minutes)
    if minutes < DAY:
        return _("{n} h").format(n=minutes // HOUR)
    days = ngettext("{n} day", "{n} days", minutes // DAY).format(n=minutes // DAY)
    return _("{days} {h} h").format(days=days, h=minutes % DAY // HOUR)
