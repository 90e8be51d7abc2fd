"""Outputs against the types that the SDK gives them."""

from collections.abc import Iterator
from typing import cast

from modelport.offline.computed import is_absent
from modelport.provider.wire import UNKNOWN, Asset, Json
from modelport.sdk import members, nested
from modelport.sdk.types import (
    AnyType,
    AssetType,
    EnumType,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Primitive,
    Properties,
    ResourceSchema,
    Type,
    UnionType,
)

_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def misfits(schema: ResourceSchema, outputs: dict[str, Json]) -> list[str]:
    """What a program would trip over: missing outputs, and values of another type."""
    wanted = {
        name: property_
        for name, property_ in schema.outputs.items()
        if name not in ("id", "urn") and not (name not in outputs and is_absent(schema, property_))
    }
    return list(misfits_of(wanted, outputs, schema.token))


def misfits_of(
    properties: Properties, values: dict[str, Json], path: str, above: tuple[str, ...] = ()
) -> Iterator[str]:
    for name, property_ in properties.items():
        value = values.get(name)
        if value is not None:
            yield from _misfits(value, property_.type, f"{path}.{name}", above)
        elif property_.required:
            yield f"{path}.{name}: missing"


def _misfits(value: Json, type_: Type, path: str, above: tuple[str, ...]) -> Iterator[str]:
    if value == UNKNOWN or isinstance(type_, AnyType):
        return
    if isinstance(type_, UnionType):
        if all(list(_misfits(value, option, path, above)) for option in type_.options):
            yield f"{path}: {value!r} fits none of {type_.options}"
    elif isinstance(type_, ListType | MapType | ObjectType):
        yield from _misfits_inside(value, type_, path, above)
    elif not _fits(value, type_):
        yield f"{path}: {value!r} is no {type_}"


def _fits(value: Json, type_: Primitive | EnumType | LiteralType | AssetType | AnyType) -> bool:
    match type_:
        case Primitive():
            number = type_.kind in ("integer", "number")
            return isinstance(value, _KINDS[type_.kind]) and not (
                number and isinstance(value, bool)
            )
        case EnumType():
            return value in members(type_.ref)
        case LiteralType():
            return value in type_.values
        case AssetType():
            return isinstance(value, Asset)
        case AnyType():
            return True


def _misfits_inside(
    value: Json, type_: ListType | MapType | ObjectType, path: str, above: tuple[str, ...]
) -> Iterator[str]:
    if isinstance(type_, ListType):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for index, item in enumerate(cast("list[Json]", value)):
            yield from _misfits(item, type_.item, f"{path}[{index}]", above)
        return
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    fields = cast("dict[str, Json]", value)
    if isinstance(type_, MapType):
        for key, item in fields.items():
            yield from _misfits(item, type_.item, f"{path}.{key}", above)
    elif type_.ref not in above:  # a type that requires itself can only be cut off somewhere
        yield from misfits_of(nested(type_.ref), fields, path, (*above, type_.ref))
