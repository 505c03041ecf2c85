"""A form for an action: shows its input, reads what was sent, previews, and puts refusals at the field."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from stockwright.kit.actions import Action, Outcome, get_action
from stockwright.kit.business import calendar
from stockwright.kit.errors import BadInput, StockwrightError, plain_words
from stockwright.kit.forms.fields import Field, Option, fields_of
from stockwright.kit.forms.meanwhile import Meanwhile
from stockwright.kit.forms.picks import Pick, pick_of
from stockwright.kit.ids import is_number, new_id
from stockwright.kit.pages.names import name_all
from stockwright.kit.pages.sentences import fact_lines, say_effect

# What programs say of themselves; a person at a form is always themselves.
FOR_PROGRAMS = frozenset({"handle", "preferences", "reservations"})
# What a row is about where its page has decided it.
ROW_OF = "line_id"
# So many records of a list can be ticked; of more, a few are named.
FEW = 60
NAMED = 8
# Verbs that take something away or change a number by hand want to be told why.
WANTS_REASON = ("adjust", "scrap", "cancel", "write", "override", "set_", "delete", "revoke", "quarantine", "refund")


@dataclass(slots=True)
class ActionForm:
    """What a dialog shows for one action."""

    verb: Action
    fields: list[Field]
    # Once a form: the same key twice is one deed.
    key: str
    reason: str = ""
    error: str = ""
    changes: list[Any] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    previewed: bool = False
    # What it shows of its record, sealed: see `meanwhile`.
    shown: str = ""

    @property
    def title(self) -> str:
        """What it does, in the imperative."""
        return _(self.verb.title)

    @property
    def explanation(self) -> str:
        """The first sentence of what the action says of itself."""
        return self.verb.doc.partition("\n\n")[0].replace("\n", " ").strip()

    @property
    def needs_reason(self) -> bool:
        """Whether the reason must be given, not only may."""
        word = self.verb.name.partition(".")[2]
        has_own = any(f.name == "reason" for f in self.fields)
        return self.verb.for_people and not has_own and (self.verb.dangerous or word.startswith(WANTS_REASON))

    @property
    def has_own_reason(self) -> bool:
        """Whether the action's input has a reason of its own."""
        return any(f.name == "reason" for f in self.fields)

    def refuse(self, error: StockwrightError) -> None:
        """Show what the action refused with: at the fields it names, or above the form."""
        rest = []
        if isinstance(error, BadInput):
            by_name = {f.name: f for f in self._all()}
            for problem in error.facts["problems"]:
                at = by_name.get(problem["field"]) or by_name.get(problem["field"].partition(".")[0])
                if at is not None and not at.error and at.kind != "hidden":
                    at.error = plain_words(problem)
                else:
                    rest.append(f"{problem['field']}: {plain_words(problem)}")
            self.error = "; ".join(rest) or _("Please look at the fields marked below.")
        else:
            self.error = error.message

    def refuse_meanwhile(self, met: Meanwhile) -> None:
        """Show what somebody else changed while the form lay open."""
        self.error = met.error().message
        for made in self._all():
            if made.name in met.conflicts:
                words = met.conflicts[made.name]
                made.error = words[:1].upper() + words[1:] + "."

    def show_preview(self, outcome: Outcome) -> None:
        """Show what a dry run found out."""
        self.previewed = True
        self.changes = list(fact_lines(outcome.facts))
        self.sent = [say_effect(effect) for effect in outcome.effects]

    def _all(self) -> Iterable[Field]:
        for made in self.fields:
            yield made
            for row in made.rows:
                yield from row


def form_of(name: str, sent: QueryDict, *, hidden: Iterable[str] = ()) -> ActionForm:
    """The form of an action, filled from a query string or from what was sent.

    Fields named in `hidden` are kept out of sight: the page it was opened from has decided them.
    Raises: NotFound.
    """
    verb = get_action(name)
    form = ActionForm(
        verb, fields_of(verb.given), key=sent.get("_key") or str(new_id()), reason=sent.get("_reason", "")
    )
    concealed = {*hidden, *sent.getlist("_hidden")}
    for made in form.fields:
        fill(made, sent)
        if (made.name in concealed or made.name in FOR_PROGRAMS) and made.kind != "rows":
            _conceal(made)
        elif made.kind == "fixed" and not made.shown:
            _name_record(verb, made)
        elif made.kind == "words" and made.value and (type_ := _records_of(verb, made)):
            _name_records(made, type_)
        elif made.kind == "words" and (pick := _gathers(made)):
            _pick_many(made, pick)
        elif made.kind == "words" and _records_of(verb, made):
            made.kind, made.shown = "fixed", _elsewhere()
    return form


def opens_by_itself(verb: Action) -> bool:
    """Whether its form can be filled without coming from a record's page: everything it needs can be found in it."""
    return not any(
        made.required and not made.value and made.kind in ("fixed", "json")
        for made in form_of(verb.name, QueryDict()).fields
    )


def read_form(form: ActionForm, sent: QueryDict, *, untouched: Collection[str] = ()) -> dict[str, Any]:
    """What was sent, as the action's input; empty optional fields are left to their defaults.

    So are those that were left as they were shown, where saying nothing means leaving them alone.
    """
    fields = fields_of(form.verb.given)
    given = read_fields(fields, sent)
    left = {made.name for made in fields if not made.required and made.value is None and _is_left(made, untouched)}
    return {name: value for name, value in given.items() if name not in left}


def _is_left(made: Field, untouched: Collection[str]) -> bool:
    """Whether a field is as it was shown; a group is when all its parts are, whatever else its record holds of it."""
    if made.kind == "group":
        return all(f"{made.name}.{part.name}" in untouched for part in made.parts)
    return made.name in untouched


def read_fields(fields: Iterable[Field], sent: QueryDict) -> dict[str, Any]:
    """The values of any such fields that were sent, ready for their model."""
    given: dict[str, Any] = {}
    marked = set(sent.getlist("_check"))
    for made in fields:
        if made.kind == "group":
            parts = {
                p.name: v for p in made.parts if (v := _read(p, sent, f"{made.name}.{p.name}", marked)) is not None
            }
            if parts:
                given[made.name] = parts
        elif made.kind == "rows":
            rows = [
                {p.name: v for p in made.parts if (v := _read(p, sent, f"{prefix}{p.name}", marked)) is not None}
                for prefix in _prefixes(made.name, sent)
            ]
            # A line that its page put there, with nothing said of it, is left alone.
            told = [row for row in rows if any(v not in ("", None, False) for p, v in row.items() if p != ROW_OF)]
            # Without any row the default speaks, which may be "all" and not "none".
            if told or made.value is not None:
                given[made.name] = told
        elif (value := _read(made, sent, made.name, marked)) is not None:
            given[made.name] = value
    return given


def _read(made: Field, sent: QueryDict, name: str, marked: set[str]) -> Any:
    """The value of one field; None means: not said."""
    if made.kind == "check":
        # A box that is not ticked is not sent at all; the marker beside it says that it was on the page.
        said = name in marked or name in sent
        return sent.get(name, "") not in ("", "false", "0") if said else None
    if made.kind == "many":
        return sent.getlist(name) if name in marked or name in sent else None
    if name not in sent:
        # Of records that were ticked none is left; a list that is typed is always sent.
        return [] if made.kind == "words" and name in marked else None
    raw = sent.get(name, "").strip()
    if made.kind == "words":
        every = [w.strip() for text in sent.getlist(name) for w in text.split(",")]
        return [word for word in every if word]
    if not raw:
        # An empty text is a text; an empty anything else was not said.
        return "" if made.kind in ("text", "long") and made.value == "" else None
    reader = _READERS.get(made.kind)
    return reader(raw) if reader else raw


def _moment(raw: str) -> Any:
    """A local time of the shop's clock, as browsers send it."""
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return raw
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(calendar().zone))


def _json(raw: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw


_READERS: dict[str, Callable[[str], Any]] = {"moment": _moment, "json": _json}


def fill(made: Field, sent: QueryDict) -> None:
    """Show in a field what was sent, or what a record holds as a form would send it."""
    if made.kind == "group":
        made.rows = [tuple(_filled(part.named(f"{made.name}."), sent) for part in made.parts)]
        return
    if made.kind == "rows":
        made.rows = [
            tuple(_filled(part.named(prefix), sent) for part in made.parts) for prefix in _prefixes(made.name, sent)
        ] or ([tuple(part.named(f"{made.name}.0.") for part in made.parts)] if made.required else [])
        return
    _filled(made, sent)


def _filled(made: Field, sent: QueryDict) -> Field:
    if made.kind == "check":
        made.value = sent.get(made.name) not in (None, "", "false", "0") if _said(made.name, sent) else bool(made.value)
    elif made.kind == "many":
        made.value = sent.getlist(made.name) if _said(made.name, sent) else [str(v) for v in made.value or ()]
    elif made.kind == "secret":
        # Never sent back to the browser.
        made.value = ""
    elif made.kind == "words":
        values = sent.getlist(made.name) or [str(v) for v in made.value or ()]
        made.value = ", ".join(values)
    elif made.name in sent:
        made.value = sent.get(made.name)
    elif made.kind == "json":
        made.value = json.dumps(made.value) if made.value not in (None, "") else ""
    if made.value is None:
        made.value = ""
    if made.kind == "pick" and made.pick is not None:
        _show_choice(made)
    return made


def _show_choice(made: Field) -> None:
    if made.pick is None:
        return
    if made.pick.few:
        made.kind = "choose"
        made.options = tuple(made.pick.search(""))  # type: ignore[arg-type]
    # A line is chosen on its order's page; here it is only named.
    if made.name.rpartition(".")[2] == ROW_OF and made.value:
        made.kind = "fixed"
    found = made.pick.find(str(made.value)) if made.value not in ("", None) else None
    made.shown = found.label if found else str(made.value)


def _name_record(verb: Action, made: Field) -> None:
    """Show a record that its page has decided by its name."""
    type_ = verb.subject if made.name == verb.subject_field else made.name.removesuffix("_id")
    known = is_number(str(made.value))
    made.shown = name_all([(type_, int(made.value))])[type_, int(made.value)].label if known else _elsewhere()


def _elsewhere() -> str:
    return _("Open the record first: its page has this too.")


def _gathers(made: Field) -> Pick | None:
    """The picker for a list of records, if it is one."""
    stem = made.name.removesuffix("_ids")
    return pick_of(f"{stem if stem != made.name else made.name.removesuffix('s')}_id")


def _records_of(verb: Action, made: Field) -> str:
    """The type of the records that a list of numbers is about, if it is."""
    if made.name == verb.subject_field:
        return verb.subject
    pick = _gathers(made) if made.name.endswith("_ids") else None
    return pick.type if pick else ""


def _name_records(made: Field, type_: str) -> None:
    """Show records by their names instead of their numbers: to tick where they are few, so that some can be left out."""
    ids = made.value.split(", ") if made.value else []
    if not ids or not all(is_number(id_) for id_ in ids):
        return
    named = name_all((type_, int(id_)) for id_ in ids[:FEW])
    labels = [named[type_, int(id_)].label for id_ in ids[:FEW]]
    if len(ids) > FEW:
        made.kind, rest = "fixed", len(ids) - NAMED
        made.shown = _("{some} and {n} more").format(some=", ".join(labels[:NAMED]), n=f"{rest:,}")
    else:
        made.kind, made.value = "many", ids
        made.options = tuple(Option(id_, label) for id_, label in zip(ids, labels, strict=True))


def _pick_many(made: Field, pick: Pick) -> None:
    """Records that are searched for and gathered one by one; those that are there already stand by their names."""
    made.kind, made.pick = "picks", pick
    found = [(value, pick.find(value)) for value in made.value.split(", ") if value]
    made.options = tuple(Option(value, choice.label if choice else value) for value, choice in found)


def _said(name: str, sent: QueryDict) -> bool:
    return name in sent or name in sent.getlist("_check")


def _prefixes(name: str, sent: QueryDict) -> list[str]:
    """The rows that were sent, in order: "lines.0.", "lines.3." ..."""
    numbers = {key.split(".")[1] for key in sent if key.startswith(f"{name}.") and key.count(".") == 2}  # noqa: PLR2004
    return [f"{name}.{n}." for n in sorted(numbers, key=lambda n: int(n) if is_number(n) else 0)]


def _conceal(made: Field) -> None:
    made.kind = "hidden"
