"""One field of an action's input as a page shows it, read from its JSON schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel

from stockwright.kit.forms.picks import Pick, pick_of

LONG = 500
LONG_NAMES = frozenset({"note", "description", "text", "message", "comment", "body"})


# Words for the choices of an enumeration, by its values.
_CHOICES: dict[frozenset[str], dict[str, Any]] = {}


def say_choices(words: Mapping[Any, Any]) -> None:
    """Register how the choices of an enumeration are called, as pages call them elsewhere."""
    _CHOICES[frozenset(str(value) for value in words)] = {str(value): word for value, word in words.items()}


def _choices(values: Iterable[Any]) -> tuple[Option, ...]:
    known = _CHOICES.get(frozenset(str(v) for v in values), {})
    return tuple(Option(str(v), _words(known.get(str(v), v))) for v in values)


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a select."""

    value: str
    label: str


@dataclass(slots=True)
class Field:
    """A field: what kind of input, how it is labelled, what is in it, and what is wrong with it."""

    name: str
    # text, long, number, decimal, check, date, moment, time, secret, select, choose, pick, picks, many, words, rows, group, json, fixed, hidden
    kind: str
    label: str
    hint: str = ""
    required: bool = False
    value: Any = ""
    # Of a picker: how people know the value.
    shown: str = ""
    options: tuple[Option, ...] = ()
    pick: Pick | None = None
    # Of rows: the fields of one row, and the rows that are filled in.
    parts: tuple[Field, ...] = ()
    rows: list[tuple[Field, ...]] = field(default_factory=list)
    error: str = ""
    low: Any = None
    high: Any = None

    @property
    def id(self) -> str:
        """For label and input to find each other."""
        return "f-" + self.name.replace(".", "-")

    @property
    def blank(self) -> tuple[Field, ...]:
        """An empty row, for the page to copy."""
        return tuple(part.named(f"{self.name}.__n__.") for part in self.parts)

    def named(self, prefix: str) -> Field:
        """The same field as part of a row."""
        return replace(self, name=f"{prefix}{self.name}")


def fields_of(model: type[BaseModel]) -> list[Field]:
    """The fields of an input model, in order."""
    schema = model.model_json_schema(mode="validation")
    definitions = {**schema.get("$defs", {}), "": set(schema.get("properties", {}))}
    required = set(schema.get("required", ()))
    return [
        _field(name, _resolved(part, definitions), definitions, required=name in required)
        for name, part in schema.get("properties", {}).items()
    ]


def _field(name: str, part: Mapping[str, Any], definitions: Mapping[str, Any], *, required: bool) -> Field:
    made = Field(
        name=name,
        kind="text",
        label=_label(name, part),
        hint=part.get("description", ""),
        required=required,
        value=part.get("default"),
        low=part.get("minimum", part.get("exclusiveMinimum")),
        high=part.get("maximum"),
    )
    # Beside a variant_id the SKU is a property that is changed, not a variant that is chosen.
    picker = None if name == "sku" and "variant_id" in definitions.get("", ()) else pick_of(name)
    if part.get("enum"):
        made.kind, made.options = "select", _choices(part["enum"])
    elif picker is not None:
        made.kind, made.pick = "pick", picker
    else:
        _by_type(made, part, definitions)
    return made


def _by_type(made: Field, part: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
    sort, shape = part.get("type"), part.get("format")
    if sort == "array":
        _as_array(made, part, definitions)
    elif shape == "password":
        made.kind = "secret"
    elif sort == "string" and shape in ("date", "date-time", "time"):
        made.kind = {"date": "date", "date-time": "moment", "time": "time"}[shape]
    elif sort == "string":
        long = part.get("maxLength", 0) > LONG or made.name in LONG_NAMES
        made.kind = "long" if long else "text"
    elif sort == "boolean" and part.get("default", False) is None:
        # Three answers: a box that is not ticked must not turn off what was only left alone.
        made.kind, made.options = "select", (Option("true", _("Yes")), Option("false", _("No")))
    elif sort == "boolean":
        made.kind = "check"
    elif sort == "object" and part.get("properties"):
        made.kind = "group"
        needed = set(part.get("required", ()))
        made.parts = tuple(
            _field(name, _resolved(inner, definitions), definitions, required=name in needed)
            for name, inner in part["properties"].items()
        )
    elif sort == "object":
        made.kind = "json"
    elif sort in ("integer", "number"):
        # Nobody knows a record's number: where it can't be searched for, the record's own page says which.
        of_record = sort == "integer" and made.name.endswith("_id")
        made.kind = "fixed" if of_record else "number" if sort == "integer" else "decimal"


def _as_array(made: Field, part: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
    inner = _resolved(part.get("items") or {}, definitions)
    if part.get("x-offered"):
        made.kind, made.options = "many", tuple(Option(o["value"], o["label"]) for o in part["x-offered"])
        return
    if inner.get("enum"):
        made.kind, made.options = "many", _choices(inner["enum"])
        return
    if inner.get("type") != "object" or "properties" not in inner:
        # A list of words or numbers: separated by commas.
        made.kind = "words"
        return
    needed = set(inner.get("required", ()))
    made.kind = "rows"
    made.parts = tuple(
        _field(name, _resolved(p, definitions), definitions, required=name in needed)
        for name, p in inner["properties"].items()
    )


def _resolved(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The part with references followed and `or null` taken off; titles and defaults of the outside win."""
    if "$ref" in part:
        target = definitions[part["$ref"].rpartition("/")[2]]
        # A class says what it is, not what this field of it is for.
        kept = {k: v for k, v in _resolved(target, definitions).items() if k not in ("title", "description")}
        return {**kept, **{k: v for k, v in part.items() if k != "$ref"}}
    for word in ("anyOf", "allOf", "oneOf"):
        options = [p for p in part.get(word, ()) if p.get("type") != "null"]
        if options:
            # Decimal is "number or text": as a number it gets the number's limits.
            chosen = next((p for p in options if p.get("type") == "number"), options[0])
            return {**_resolved(chosen, definitions), **{k: v for k, v in part.items() if k != word}}
    return dict(part)


def _label(name: str, part: Mapping[str, Any]) -> str:
    title = str(part.get("title", ""))
    # Pydantic makes a title of the name itself; ours reads better without "Id".
    made_up = name.replace("_", " ").title()
    if not title or title == made_up:
        return _words(name.removesuffix("_id")) if name != "sku" else "SKU"
    return title


def _words(value: Any) -> str:
    text = str(value).replace("_", " ").strip()
    return text[:1].upper() + text[1:]
