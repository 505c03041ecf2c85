"""News travels upward: a room above listens for kinds of facts of the rooms below, in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from stockwright.kit.actions.call import Call, Fact

Listener = Callable[[Call, Sequence[Fact]], None]
_LISTENERS: defaultdict[str, list[Listener]] = defaultdict(list)


def listens(kind: str) -> Callable[[Listener], Listener]:
    """Register a function that is given all facts of one kind that an action recorded, once, before the commit.

    It may write its own room's tables and record further facts; what it raises refuses the whole action.
    """

    def register(listener: Listener) -> Listener:
        _LISTENERS[kind].append(listener)
        return listener

    return register


# News of news of news: past this, listeners answer each other in a ring.
DEEPEST = 50


def tell(call: Call) -> None:
    """Hand the call's facts to whoever listens; facts that listeners record are told as well."""
    told = 0
    for _ in range(DEEPEST):
        if told == len(call.facts):
            return
        by_kind: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in call.facts[told:]:
            if fact.kind in _LISTENERS:
                by_kind[fact.kind].append(fact)
        told = len(call.facts)
        for kind, facts in by_kind.items():
            for listener in _LISTENERS[kind]:
                listener(call, facts)
    raise RuntimeError(f"listeners of {call.facts[-1].kind} go on answering each other")
