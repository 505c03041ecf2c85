"""Marks in the action log between which a demo shop is built."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, Field

from stockwright.kit.actions import Call, Given, action


class BeginGiven(Given):
    """The moment that the demo shop takes for now."""

    moment: AwareDatetime = Field(title=str(_("Moment")))


class FinishGiven(Given):
    """Nothing to say."""


@action("demo.begin", title=str(_("Begin a demo shop")), for_people=False)
def begin(_call: Call, given: BeginGiven) -> dict[str, str]:
    """Fix the moment at which the demo's past ends, so that an interrupted build goes on with the same one."""
    return {"moment": given.moment.isoformat()}


@action("demo.finish", title=str(_("End building the demo shop")), for_people=False)
def finish(call: Call, given: FinishGiven) -> dict[str, str]:  # noqa: ARG001
    """Say that the demo shop is whole."""
    call.record("demo.built")
    return {}
