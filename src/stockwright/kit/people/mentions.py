"""Who a text speaks to: @anna@shop.example, @Anna Smith, or @Anna where there is only one. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

# An @ inside a word is an e-mail address, not a call.
_AT = re.compile(r"(?<![\w@.])@(?=\w)")


def mentioned(text: str, people: Iterable[tuple[int, str, str]]) -> list[int]:
    """The people called in a text, in order, each once.

    Shape: people are (id, name, e-mail). The longest name that fits is taken; a first name that two share calls nobody.
    """
    calls = _calls(people)
    longest_first = sorted(calls, key=len, reverse=True)
    found: dict[int, None] = {}
    lowered = text.casefold()
    for at in _AT.finditer(lowered):
        rest = lowered[at.end() :]
        for name in longest_first:
            if rest.startswith(name) and not re.match(r"\w", rest[len(name) :]):
                found[calls[name]] = None
                break
    return list(found)


def _calls(people: Iterable[tuple[int, str, str]]) -> Mapping[str, int]:
    known = list(people)
    names = [(id_, call) for id_, name, email in known for call in _ways(name, email)]
    often = Counter(call for _, call in set(names))
    return {call: id_ for id_, call in names if often[call] == 1}


def _ways(name: str, email: str) -> set[str]:
    full = " ".join(name.split()).casefold()
    first = full.split(" ")[0]
    return {way for way in (email.casefold(), full, full.replace(" ", "."), first) if way}
