"""Wire: the engine's property values as Python values, and back.

Secrets and unknown values travel as marked structures; see the protocol's constants
(`sdk/go/common/resource/properties.go` and `plugin/rpc.go` of pulumi/pulumi).
"""

from dataclasses import dataclass
from typing import Final, cast

from google.protobuf.struct_pb2 import ListValue, NullValue, Struct, Value

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is not known before the update."""
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

Json = object
"""None, bool, int, float, str, or lists and dicts of them."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine must encrypt in its state."""

    value: Json


def from_struct(struct: Struct) -> dict[str, Json]:
    """Read properties; secrets come out plain, unknown values as `UNKNOWN`."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def to_struct(values: dict[str, Json]) -> Struct:
    """Write properties; wrap what must stay secret in `Secret`."""
    struct = Struct()
    for key, value in values.items():
        struct.fields[key].CopyFrom(_to_value(value))
    return struct


def has_unknowns(value: Json) -> bool:
    """Whether `value` is or holds an unknown value."""
    if isinstance(value, dict):
        return any(has_unknowns(item) for item in cast("dict[str, Json]", value).values())
    if isinstance(value, list):
        return any(has_unknowns(item) for item in cast("list[Json]", value))
    return value == UNKNOWN


def _from_value(value: Value) -> Json:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _unwrap(from_struct(value.struct_value))
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    if kind == "string_value":
        return value.string_value
    if kind == "bool_value":
        return value.bool_value
    return None


def _unwrap(struct: dict[str, Json]) -> Json:
    signature = struct.get(_SIGNATURE)
    if signature == _SECRET:
        return struct.get("value")
    if signature == _OUTPUT:
        return struct.get("value", UNKNOWN)
    return struct


def _to_value(value: Json) -> Value:
    if isinstance(value, Secret):
        return _to_value({_SIGNATURE: _SECRET, "value": value.value})
    if value is None:
        return Value(null_value=NullValue.NULL_VALUE)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int | float):
        return Value(number_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    if isinstance(value, dict):
        return Value(struct_value=to_struct(cast("dict[str, Json]", value)))
    if isinstance(value, list | tuple):
        items = [_to_value(item) for item in cast("list[Json]", value)]
        return Value(list_value=ListValue(values=items))
    message = f"cannot send a {type(value).__name__} to the engine"
    raise TypeError(message)
