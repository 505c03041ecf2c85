"""What to do with effects that were not delivered."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Fact, Given, action
from stockwright.kit.errors import Refused
from stockwright.kit.outbox import cancel_effects, replay_effects


class NoneWaiting(Refused):
    """None of these can be moved any more: they are delivered or given up."""


@dataclass(frozen=True, slots=True)
class EffectsMoved:
    """How many effects were moved."""

    effects: int


class EffectsGiven(Given):
    """Which effects."""

    ids: tuple[int, ...] = Field(title="Effects", min_length=1, max_length=10_000)


@action("outbox.replay", title=_("Try again"), subject="outbox_effect", subject_field="ids")
def replay(call: Call, given: EffectsGiven) -> EffectsMoved:
    """Try quarantined effects again, under the same keys."""
    return _moved(call, "outbox.replayed", given, replay_effects(given.ids))


class CancelGiven(EffectsGiven):
    """Which effects, and why they must not go out."""

    why: str = Field(title="Why", min_length=1, max_length=500)


@action("outbox.cancel", title=_("Don't send"), subject="outbox_effect", subject_field="ids", dangerous=True)
def cancel(call: Call, given: CancelGiven) -> EffectsMoved:
    """Give up effects that are waiting or quarantined."""
    return _moved(call, "outbox.cancelled", given, cancel_effects(given.ids, given.why))


def _moved(call: Call, kind: str, given: EffectsGiven, count: int) -> EffectsMoved:
    if not count:
        raise NoneWaiting
    refs = tuple(("outbox_effect", id_, "subject") for id_ in given.ids)
    call.record_many([Fact(kind, refs, {"effects": count}, call.at)])
    return EffectsMoved(count)
