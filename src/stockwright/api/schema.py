"""The OpenAPI document: ninja's, and one operation for each action and each inbox topic, typed by their own models."""

from __future__ import annotations

import typing
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUndefinedAnnotation
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema

from stockwright.api.problems import MEDIA_TYPE, TITLES, Problem
from stockwright.api.routes.flow import Received
from stockwright.kit.actions import Action, all_actions
from stockwright.kit.actions.perform import KEY_LENGTH, REASON_LENGTH
from stockwright.kit.inbox import payload_of, topics

_REFS = "#/components/schemas/{model}"
_PROBLEMS = (400, 401, 403, 404, 405, 409, 413, 429, 500, 503)
_SECURITY: list[dict[str, list[str]]] = [{"ApiKeyAuth": []}, {"SessionAuth": []}]
# No text of a shop holds NUL, which PostgreSQL can't store.
_HEADER_TEXT = r"^[\x20-\x7e]*$"


class FactInfo(BaseModel):
    """Something that has happened."""

    kind: str
    at: str
    objects: list[dict[str, Any]]
    data: dict[str, Any]


class EffectShown(BaseModel):
    """Something that will happen outside."""

    kind: str
    payload: dict[str, Any]


def complete(document: dict[str, Any], prefix: str) -> None:
    """Add the actions, the topics, and the problems that every operation may answer with."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    paths: dict[str, Any] = document["paths"]
    verbs = all_actions()
    inputs, results, payloads = _schemas_of(verbs, schemas)
    for verb in verbs:
        paths[f"{prefix}actions/{verb.name}"] = {"post": _operation(verb, inputs[verb.name], results[verb.name])}
    paths[f"{prefix}calls/{{call_id}}/undo"] = {"post": _undo()}
    for topic in topics():
        paths[f"{prefix}inbox/{topic}"] = {"post": _topic(topic, payloads.get(topic, {"type": "object"}))}
    for path in paths.values():
        for operation in path.values():
            _add_problems(operation)


def _schemas_of(
    verbs: tuple[Action, ...], schemas: dict[str, Any]
) -> tuple[dict[str, JsonSchemaValue], dict[str, JsonSchemaValue], dict[str, JsonSchemaValue]]:
    """Input and result of each action, and each topic's payload, as references into `schemas`.

    Models of one name get longer ones.
    """
    wanted: list[tuple[str, JsonSchemaMode, CoreSchema]] = [
        (verb.name, "validation", verb.given.__pydantic_core_schema__) for verb in verbs
    ]
    untyped = set()
    for verb in verbs:
        core = _result_schema(verb)
        if core is None:
            untyped.add(verb.name)
        else:
            wanted.append((verb.name, "serialization", core))
    told = {topic: model for topic in topics() if (model := payload_of(topic)) is not None}
    wanted += [(topic, "validation", model.__pydantic_core_schema__) for topic, model in told.items()]
    shared: tuple[type[BaseModel], ...] = (Problem, Received, FactInfo, EffectShown)
    wanted += [(model.__name__, "serialization", model.__pydantic_core_schema__) for model in shared]
    made, definitions = GenerateJsonSchema(ref_template=_REFS).generate_definitions(wanted)
    for name, definition in definitions.items():
        # Ninja's own documents come first; a model of the same name from elsewhere would show as that one.
        if name in schemas and schemas[name] != definition:
            raise RuntimeError(f"two schemas are called {name}: rename the one in api.routes")
        schemas[name] = definition
    inputs = {verb.name: made[verb.name, "validation"] for verb in verbs}
    results = {
        verb.name: {} if verb.name in untyped else made[verb.name, "serialization"] for verb in verbs
    }  # fmt: skip
    return inputs, results, {topic: made[topic, "validation"] for topic in told}


def _result_schema(verb: Action) -> CoreSchema | None:
    """The type that the handler says it returns, if it can be told in JSON Schema."""
    try:
        hint = typing.get_type_hints(verb.handler, include_extras=True).get("return", Any)
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        adapter.json_schema(mode="serialization")
    except (
        NameError, PydanticSchemaGenerationError, PydanticInvalidForJsonSchema, PydanticUndefinedAnnotation,
    ):  # fmt: skip
        return None
    core: CoreSchema = adapter.core_schema
    return core


def _operation(verb: Action, given: JsonSchemaValue, result: JsonSchemaValue) -> dict[str, Any]:
    return {
        "operationId": verb.name.replace(".", "_"),
        "summary": str(verb.title),
        "description": verb.doc,
        "tags": [f"actions: {verb.name.split('.')[0]}"],
        "parameters": [_DRY_RUN, _KEY, _REASON],
        "requestBody": {"required": True, "content": {"application/json": {"schema": given}}},
        "responses": {200: _outcome(result)},
        "security": _SECURITY,
    }


def _undo() -> dict[str, Any]:
    return {
        "operationId": "undo_call",
        "summary": "Undo an action",
        "description": "Perform the inverse that the action names. Refused where it has none, or was undone already.",
        "tags": ["actions"],
        "parameters": [
            {"in": "path", "name": "call_id", "required": True, "schema": {"type": "string", "format": "uuid"}},
            _DRY_RUN,
            _REASON,
        ],
        "responses": {200: _outcome({})},
        "security": _SECURITY,
    }


def _topic(topic: str, one: JsonSchemaValue) -> dict[str, Any]:
    many = {"type": "array", "items": one, "minItems": 1, "maxItems": 500}
    return {
        "operationId": f"receive_{topic.replace('.', '_')}",
        "summary": f"Send {topic}",
        "description": (
            "Stored raw and applied by the worker, in order. A payload is the same delivery again, and stored once, when "
            "it comes under the same Idempotency-Key, or, without one, when it is what was last told of the record that "
            "`id_field` names. Without either every delivery is a message of its own."
        ),
        "tags": ["inbox and outbox"],
        "parameters": [
            {
                "in": "query",
                "name": name,
                "required": False,
                "schema": {"type": "string", "maxLength": 80},
                "description": words,
            }
            for name, words in (
                ("id_field", "The payload's own field that holds the sender's id of the record."),
                ("version_field", "The payload's own field that rises with every change of it."),
            )
        ]
        + [{**_KEY, "description": "The same key and payload again are stored once."}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"anyOf": [one, many]}}}},
        "responses": {202: {"description": "Stored", "content": _json({"$ref": _REFS.format(model="Received")})}},
        "security": _SECURITY,
    }


def _outcome(result: JsonSchemaValue) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["call", "action", "dry_run", "replayed", "result", "facts", "effects"],
        "properties": {
            "call": {"type": "string", "format": "uuid", "description": "The id of the call: what undo takes."},
            "action": {"type": "string"},
            "dry_run": {"type": "boolean"},
            "replayed": {"type": "boolean", "description": "The answer of an earlier call with the same key."},
            "result": result,
            "facts": {"type": "array", "items": {"$ref": _REFS.format(model="FactInfo")}},
            "effects": {"type": "array", "items": {"$ref": _REFS.format(model="EffectShown")}},
        },
    }
    return {"description": "Done", "content": _json(schema)}


def _add_problems(operation: dict[str, Any]) -> None:
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFS.format(model="Problem")}}}
    for status in _PROBLEMS:
        told: dict[str, Any] = {"description": TITLES[status], "content": content}
        if status in {429, 503}:
            told["headers"] = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds."}}
        operation["responses"].setdefault(status, told)


def _json(schema: JsonSchemaValue) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


_DRY_RUN = {
    "in": "query",
    "name": "dry_run",
    "required": False,
    "schema": {"type": "string", "enum": ["0", "1", "true", "false"], "default": "0"},
    "description": "Do everything, tell the facts and effects, and roll back.",
}
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": KEY_LENGTH, "pattern": _HEADER_TEXT},
    "description": "The same key and input again answer with the first result; other input is a conflict.",
}
_REASON = {
    "in": "header",
    "name": "X-Reason",
    "required": False,
    "schema": {"type": "string", "maxLength": REASON_LENGTH, "pattern": _HEADER_TEXT},
    "description": "Why, for the journal.",
}
