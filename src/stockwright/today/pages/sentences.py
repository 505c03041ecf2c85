"""How this room's facts and records are said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.pages import Named, names, sentences, tell
from stockwright.kit.pages.names import address
from stockwright.today.models import Proposal

sentences(
    {
        "proposal.made": gettext_lazy("Proposed on Today"),
        "proposal.expired": gettext_lazy("The proposal came to nothing: its reason went away"),
        "proposal.assigned": gettext_lazy("Proposal given to somebody"),
    }
)


@tell("proposal.state_changed")
def state_changed(data: Mapping[str, Any]) -> str:
    """What became of a proposal."""
    words = {
        "open": _("Proposal opened again"),
        "snoozed": _("Proposal put off"),
        "applied": _("Proposal applied"),
        "edited": _("Proposal applied with other figures"),
        "dismissed": _("Proposal dismissed"),
        "failed": _("Proposal could not be applied"),
    }
    return words.get(data["new"], str(data["new"]))


@names("proposal", "view.today")
def proposals(ids: list[int]) -> dict[int, Named]:
    """Proposals by their sentence."""
    return {
        found.pk: Named(found.title, url=address("proposal", found.pk)) for found in Proposal.objects.filter(pk__in=ids)
    }
