"""The page of all actions: `stockwright do --list --markdown > docs/reference/actions.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stockwright.kit.actions.registry import Action, all_actions

_HEAD = """# Actions

Everything the shop can do, by every door: `POST /api/v1/actions/NAME`, `stockwright do NAME`, and the pages. Each takes a reason, an idempotency
key and a dry run. Written by `stockwright do --list --markdown`.
"""


def actions_page() -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD, *(line for verb in all_actions() for line in _section(verb))]) + "\n"


def _section(verb: Action) -> Iterator[str]:
    yield f"## {verb.name}\n"
    yield f"{verb.doc or verb.title}\n"
    notes = [f"about: {verb.subject}" if verb.subject else "", "can be undone" if verb.inverse else ""]
    notes += ["dangerous" if verb.dangerous else "", "" if verb.for_people else "for programs"]
    if told := "; ".join(note for note in notes if note):
        yield f"*{told}*\n"
    schema = verb.given.model_json_schema()
    fields = schema.get("properties", {})
    if fields:
        required = set(schema.get("required", ()))
        yield "| field | type | |\n|---|---|---|"
        for name, field in fields.items():
            star = " (required)" if name in required else ""
            words = ". ".join(w.rstrip(".") for w in (field.get("title", ""), field.get("description", "")) if w)
            yield f"| `{name}`{star} | {_type(field)} | {words} |"
        yield ""


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("format") or field.get("type") or "any")
