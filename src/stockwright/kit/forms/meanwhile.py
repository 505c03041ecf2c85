"""Forms that show what a record holds: what was changed by somebody else while the form lay open.

The form carries what it was shown. When it comes back, fields that the person left alone are left as the record has
them now, and a field that both changed is a conflict: nobody's change is overwritten unseen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.signing import BadSignature, dumps, loads
from django.http import QueryDict
from django.utils.translation import gettext as _

from stockwright.kit.errors import Conflict
from stockwright.kit.forms.fields import Field
from stockwright.kit.pages.words import money

SALT = "form as shown"
LISTS = frozenset({"words", "many", "picks"})
# Browsers send times without the seconds that are nought.
SHOWN_LETTERS = {"time": 5, "moment": 16}
MONEY = frozenset({"price", "compare_at_price", "cost", "unit_price"})


class ChangedMeanwhile(Conflict):
    """Somebody changed this meanwhile: {what}. Look again, then send it once more."""


@dataclass(slots=True)
class Meanwhile:
    """What became of a form that lay open: what to read in its stead, and where both sides changed something."""

    sent: QueryDict
    # Names of fields that the person left as they were shown.
    untouched: set[str] = field(default_factory=set)
    # By field what it is now, in words.
    conflicts: dict[str, str] = field(default_factory=dict)

    def error(self) -> ChangedMeanwhile:
        """The conflict in a sentence."""
        return ChangedMeanwhile(what="; ".join(self.conflicts.values()))


def seal_shown(shown: QueryDict) -> str:
    """What a form shows of its record, for the form to carry."""
    return dumps({name: shown.getlist(name) for name in shown}, salt=SALT, compress=True)


def compare(fields: Iterable[Field], sent: QueryDict, now: QueryDict, *, whole: bool = False) -> Meanwhile:
    """Compare what was shown, what was sent and what is there now.

    A form that says nothing of what it was shown (a program's) is taken as it is. With `whole` the fields mean
    something only together, so that any difference is a conflict, as it always is of rows.
    """
    shown = _unsealed(sent.get("_shown", ""))
    if shown is None:
        return Meanwhile(sent)
    result = Meanwhile(sent.copy())
    for made in _leaves(fields):
        names = _names(made, shown, now)
        was, is_now, wanted = (_value(made, part) for part in (shown, now, sent))
        if not names or was == is_now:
            if wanted == was and made.kind != "rows":
                result.untouched.add(made.name)
        elif wanted == is_now:
            continue
        elif wanted == was and made.kind != "rows" and not whole:
            result.untouched.add(made.name)
            _take(result.sent, made, now)
        else:
            result.conflicts[made.name] = _in_words(made, now)
            if made.kind == "rows":
                # Which row is which can't be told once some are gone: people begin again from what is there.
                _take(result.sent, made, now)
    return result


def _unsealed(text: str) -> QueryDict | None:
    if not text:
        return None
    try:
        held: dict[str, list[str]] = loads(text, salt=SALT)
    except BadSignature:
        raise Conflict(_("This form is too old. Open it again.")) from None
    shown = QueryDict(mutable=True)
    for name, values in held.items():
        shown.setlist(name, values)
    return shown


def _leaves(fields: Iterable[Field]) -> Iterable[Field]:
    for made in fields:
        if made.kind == "group":
            yield from (part.named(f"{made.name}.") for part in made.parts)
        else:
            yield made


def _names(made: Field, *parts: QueryDict) -> set[str]:
    """The names under which a field's values stand."""
    if made.kind == "rows":
        return {name for part in parts for name in part if name.startswith(f"{made.name}.")}
    return {made.name} if any(made.name in part for part in parts) else set()


def _value(made: Field, part: QueryDict) -> Any:
    """A field's value so that two ways to write the same are the same."""
    if made.kind == "rows":
        rows: dict[str, dict[str, Any]] = {}
        for name in _names(made, part):
            number, _dot, inner = name.removeprefix(f"{made.name}.").partition(".")
            kind = next((p for p in made.parts if p.name == inner), None)
            text = part.get(name, "")
            if kind is not None and text.strip():
                rows.setdefault(number, {})[inner] = _plain(kind, text)
        return [rows[n] for n in sorted(rows, key=lambda n: int(n) if n.isdecimal() else 0)]
    if made.kind in LISTS:
        return sorted(word.strip() for text in part.getlist(made.name) for word in text.split(",") if word.strip())
    return _plain(made, part.get(made.name, ""))


def _plain(made: Field, text: str) -> Any:
    text = text.replace("\r\n", "\n").strip()
    if made.kind == "check":
        return text not in ("", "false", "0")
    readers: dict[str, Callable[[str], Any]] = {"number": Decimal, "decimal": Decimal, "json": json.loads}
    read = readers.get(made.kind)
    try:
        return read(text) if read else text[: SHOWN_LETTERS.get(made.kind)]
    except (InvalidOperation, ValueError):
        return text


def _take(sent: QueryDict, made: Field, now: QueryDict) -> None:
    """Put what the record holds in place of what was sent."""
    for name in _names(made, sent):
        del sent[name]
    for name in _names(made, now):
        sent.setlist(name, now.getlist(name))
    if made.kind in ("text", "long"):
        sent.setdefault(made.name, "")
    elif made.kind in ("check", "many"):
        sent.appendlist("_check", made.name)


def _in_words(made: Field, now: QueryDict) -> str:
    label = made.label[:1].lower() + made.label[1:] if made.label[1:2].islower() else made.label
    value = now.get(made.name, "")
    if made.kind in LISTS or made.kind in ("rows", "json"):
        return _("{what} are no longer as they were shown").format(what=label)
    if made.kind == "check":
        value = _("yes") if _plain(made, value) else _("no")
    elif made.pick is not None and (found := made.pick.find(value)):
        value = found.label
    elif made.name in MONEY and value:
        value = money(Decimal(value))
    else:
        value = next((o.label for o in made.options if o.value == value), value)
    return _("{what} is now {value}").format(what=label, value=value or _("empty"))
