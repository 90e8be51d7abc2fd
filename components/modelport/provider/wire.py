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
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"

Json = object
"""None, bool, int, float, str, or lists and dicts of them."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that the engine must encrypt in its state."""

    value: Json


@dataclass(frozen=True, slots=True)
class Asset:
    """A file or an archive, as the engine describes it."""

    fields: tuple[tuple[str, Json], ...]
    """What the engine says of it: its signature, its hash and a path, a text or an address."""


@dataclass(frozen=True, slots=True)
class ResourceReference:
    """A whole resource, passed where a value is wanted."""

    fields: tuple[tuple[str, Json], ...]

    @property
    def name(self) -> str:
        """Type and name of the resource."""
        parts = str(dict(self.fields).get("urn", "")).split("::")
        return f"{parts[-2].split('$')[-1]} '{parts[-1]}'" if len(parts) > 3 else "a resource"


def from_struct(struct: Struct) -> dict[str, Json]:
    """Read properties; secrets come out plain, unknown values as `UNKNOWN`."""
    return {key: plain(value) for key, value in read_struct(struct).items()}


def read_struct(struct: Struct) -> dict[str, Json]:
    """Read properties with secrets kept as `Secret`."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def plain(value: Json) -> Json:
    """The value without the marks of secrets, at any depth."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in cast("dict[str, Json]", value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Json]", value)]
    return value


def marked(value: Json, like: Json) -> Json:
    """The value with a mark wherever `like` holds a secret at the same place."""
    if isinstance(value, Secret):
        return value
    if isinstance(like, Secret):
        return Secret(value)
    if isinstance(value, dict) and isinstance(like, dict):
        marks = cast("dict[str, Json]", like)
        return {
            key: marked(item, marks.get(key))
            for key, item in cast("dict[str, Json]", value).items()
        }
    if isinstance(value, list) and has_secrets(like):
        # Items may have moved: a list that held a secret stays secret unless nothing changed.
        return like if plain(like) == value else Secret(value)
    return value


def has_secrets(value: Json) -> bool:
    """Whether `value` is or holds a secret."""
    if isinstance(value, dict):
        return any(has_secrets(item) for item in cast("dict[str, Json]", value).values())
    if isinstance(value, list):
        return any(has_secrets(item) for item in cast("list[Json]", value))
    return isinstance(value, Secret)


def to_struct(values: dict[str, Json]) -> Struct:
    """Write properties; wrap what must stay secret in `Secret`."""
    struct = Struct()
    for key, value in values.items():
        struct.fields[key].CopyFrom(_to_value(value))
    return struct


def has_unknowns(value: Json) -> bool:
    """Whether `value` is or holds an unknown value."""
    if isinstance(value, Secret):
        return has_unknowns(value.value)
    if isinstance(value, dict):
        return any(has_unknowns(item) for item in cast("dict[str, Json]", value).values())
    if isinstance(value, list):
        return any(has_unknowns(item) for item in cast("list[Json]", value))
    return value == UNKNOWN


def _from_value(value: Value) -> Json:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _unwrap(read_struct(value.struct_value))
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
        return Secret(struct.get("value"))
    if signature == _OUTPUT:
        value = struct.get("value", UNKNOWN)
        return Secret(value) if struct.get("secret") else value
    if signature in (_ASSET, _ARCHIVE):
        return Asset(tuple(sorted(struct.items())))
    if signature == _RESOURCE:
        return ResourceReference(tuple(sorted(struct.items())))
    return struct


def _to_value(value: Json) -> Value:
    if isinstance(value, Secret):
        return _to_value({_SIGNATURE: _SECRET, "value": value.value})
    if isinstance(value, Asset | ResourceReference):
        return Value(struct_value=to_struct(dict(value.fields)))
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
