"""Where orders come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.money import Currency
from stockwright.orders.models import Channel


class AddChannelGiven(Given):
    """A channel's names and money."""

    code: Annotated[str, Field(title="Code", max_length=40, pattern=r"^[a-z0-9][a-z0-9:_.-]*$")]
    name: Annotated[str, Field(title="Name", min_length=1, max_length=120)]
    kind: Annotated[str, Field(title="Kind", max_length=40)] = "manual"
    currency: Annotated[Currency, Field(title="Currency", description="Three letters, ISO 4217.")]


@dataclass(frozen=True, slots=True)
class ChannelAdded:
    """The channel, and whether it is new."""

    channel_id: int
    new: bool


@action("orders.add_channel", title=str(_("Add channel")))
def add_channel(call: Call, given: AddChannelGiven) -> ChannelAdded:
    """Make a channel known; one that is known already stays as it is."""
    channel, new = Channel.objects.get_or_create(
        code=given.code, defaults={"name": given.name, "kind": given.kind, "currency": given.currency}
    )
    if new:
        call.record("channel.added", ("channel", channel.pk), code=channel.code, name=channel.name)
    return ChannelAdded(channel.pk, new)
