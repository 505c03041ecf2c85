"""How this room's facts are said."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from stockwright.kit.pages import sentences

sentences(
    {
        "insight.target_set": gettext_lazy("Target of {kpi} set to {target}"),
        "insight.days_closed": gettext_lazy("Stock of {first} to {last} written down"),
    }
)
