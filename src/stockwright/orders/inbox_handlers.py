"""Orders that came in raw: understood, checked one by one, placed as one batch."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.inbox import Message, Settled, handles
from stockwright.kit.people import SYSTEM
from stockwright.orders.actions import What, channel_ids, checked_input, problems_of
from stockwright.orders.drafts import DRAFTS, OrderDraft

# Few enough that a batch is applied within a second, many enough that its fixed cost vanishes.
BATCH = 2000


@handles("order.place", batch=BATCH, payload=OrderDraft)
def place_orders(messages: Sequence[Message]) -> Settled:
    """Place the orders of a batch with one action; what can't be an order is quarantined beforehand, by itself."""
    settled = Settled()
    good = _checked(_understood(messages, settled), settled)
    if not good:
        return settled
    given = checked_input([draft for _, draft in good])
    said = {"messages": [good[0][0].id, good[-1][0].id], "orders": len(good)}
    outcome = perform("orders.place", given, actor=SYSTEM, door="inbox", remember=said)
    settled.call = outcome.call_id
    for (message, _), placed in zip(good, outcome.result.orders, strict=True):
        if placed.what is What.SUPERSEDED:
            settled.superseded[message.id] = f"a newer telling of order {placed.number} was applied"
    return settled


def _understood(messages: Sequence[Message], settled: Settled) -> list[tuple[Message, OrderDraft]]:
    """The messages that read as orders; the others are quarantined with what is wrong, field by field."""
    try:
        drafts = DRAFTS.validate_json(f"[{','.join([str(message.raw) for message in messages])}]")
    except ValidationError as error:
        wrong: dict[int, list[str]] = {}
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            index, *where = each["loc"]
            wrong.setdefault(int(index), []).append(f"{'.'.join(map(str, where))}: {each['msg']}")
        for index, problems in wrong.items():
            settled.quarantined[messages[index].id] = "; ".join(problems[:10])
        left = [message for index, message in enumerate(messages) if index not in wrong]
        return _understood(left, settled) if left else []
    for message, draft in zip(messages, drafts, strict=True):
        if not draft.version:
            # Without a word of the source's own, what came in later is newer, whichever worker takes it first.
            draft.version = message.version or f"#{message.id:020d}"
    return list(zip(messages, drafts, strict=True))


def _checked(pairs: list[tuple[Message, OrderDraft]], settled: Settled) -> list[tuple[Message, OrderDraft]]:
    """Those without anything else wrong that can be seen before they are placed."""
    drafts = [draft for _, draft in pairs]
    wrong = problems_of(now(), drafts, channel_ids(drafts))
    for (message, _), problem in zip(pairs, wrong, strict=True):
        if problem:
            settled.quarantined[message.id] = problem
    return [pair for pair, problem in zip(pairs, wrong, strict=True) if not problem]
