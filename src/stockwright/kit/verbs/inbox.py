"""What to do with messages that could not be applied."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit import inbox
from stockwright.kit.actions import Call, Fact, Given, action
from stockwright.kit.errors import Refused


class NoneQuarantined(Refused):
    """None of these is quarantined any more."""


@dataclass(frozen=True, slots=True)
class MessagesMoved:
    """How many messages were moved; the others were not quarantined."""

    messages: int


class MessagesGiven(Given):
    """Which quarantined messages."""

    ids: tuple[int, ...] = Field(title="Messages", min_length=1, max_length=10_000)


@action("inbox.replay", title=_("Try again"), subject="inbox_message", subject_field="ids")
def replay(call: Call, given: MessagesGiven) -> MessagesMoved:
    """Put quarantined messages back in line, once what stood in their way is put right."""
    return _moved(call, "inbox.replayed", given, inbox.replay(given.ids))


class DismissGiven(MessagesGiven):
    """Which quarantined messages, and why they don't matter."""

    why: str = Field(title="Why", min_length=1, max_length=500)


@action("inbox.dismiss", title=_("Give up"), subject="inbox_message", subject_field="ids", dangerous=True)
def dismiss(call: Call, given: DismissGiven) -> MessagesMoved:
    """Give quarantined messages up as superseded; the payloads stay."""
    return _moved(call, "inbox.dismissed", given, inbox.dismiss(given.ids, given.why))


def _moved(call: Call, kind: str, given: MessagesGiven, count: int) -> MessagesMoved:
    if not count:
        raise NoneQuarantined
    refs = tuple(("inbox_message", id_, "subject") for id_ in given.ids)
    call.record_many([Fact(kind, refs, {"messages": count}, call.at)])
    return MessagesMoved(count)
