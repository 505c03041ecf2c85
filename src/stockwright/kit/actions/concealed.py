"""Values that are shown to whoever asked and kept nowhere: passwords given, keys and links made."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainSerializer, SecretStr, SerializationInfo, TypeAdapter, WithJsonSchema

MASK = "********"
_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)
_REVEAL = {"reveal": True}


def _shown(value: SecretStr, info: SerializationInfo) -> str:
    context = info.context
    return value.get_secret_value() if isinstance(context, dict) and context.get("reveal") else MASK


# The type of such a field, in an action's input or in its result (which must then be a pydantic model). Wherever the
# value is stored or printed it is MASK; only the door that answers the caller reveals it.
Concealed = Annotated[
    SecretStr,
    PlainSerializer(_shown, return_type=str),
    WithJsonSchema({"type": "string", "format": "password"}),
]


def to_plain(value: Any, *, reveal: bool = False) -> Any:
    """Any result as JSON-ready data; concealed fields masked unless revealed."""
    return _PLAIN.dump_python(value, mode="json", context=_REVEAL if reveal else None)


def to_json(value: Any, *, reveal: bool = False) -> str:
    """The same as JSON text."""
    return _PLAIN.dump_json(value, context=_REVEAL if reveal else None).decode()
