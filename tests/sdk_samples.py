"""Samples: valid inputs of any SDK type, and the same with one planted mistake."""

import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from modelport.provider.wire import Asset, ResourceReference
from modelport.sdk import members, nested, resource, tokens
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
    Property,
    ResourceSchema,
    Type,
    UnionType,
)
from modelport.sdk_provider.paths import below

_DEEPEST = 4
"""Levels of nested objects that a sample goes down."""
OTHER = ResourceReference(
    (
        ("4dabf18193072939515e22adb298388d", "5cf8f73096256a8f31e491e813e4eb8e"),
        ("id", "other-1"),
        ("urn", "urn:pulumi:dev::shop::aws:iam/role:Role::other"),
    )
)


@dataclass(frozen=True)
class Planted:
    """Inputs with one mistake."""

    token: str
    kind: str
    """`misspelt`, `missing`, `wrong type`, `not a member` or `a resource`."""
    inputs: dict[str, Any]
    path: str
    """Where the problem must be reported."""
    meant: str = ""
    """Python name of the property that a misspelt one stands for."""


def draw(package: str, count: int, seed: int) -> list[ResourceSchema]:
    """So many resource types of a package that take inputs."""
    chosen = random.Random(seed)
    found: list[ResourceSchema] = []
    for token in chosen.sample(sorted(tokens(package)), len(tokens(package))):
        schema = resource(token)
        if schema.token == token and schema.inputs:
            found.append(schema)
        if len(found) == count:
            break
    return found


def valid_inputs(schema: ResourceSchema, chosen: random.Random) -> dict[str, Any]:
    """Inputs that the SDK's types allow: what is required, and some of the rest."""
    return _object(schema.inputs, chosen, 0)


def plant(schema: ResourceSchema, chosen: random.Random) -> Planted:
    """Valid inputs with one mistake, of any kind that the type has a place for."""
    kinds = ["misspelt", "missing", "wrong type", "not a member", "a resource"]
    for _ in range(100):
        inputs = valid_inputs(schema, chosen)
        places = list(_places(inputs, schema.inputs, ""))
        chosen.shuffle(kinds)
        chosen.shuffle(places)
        for kind in kinds:
            for where, path, property_ in places:
                planted = _planted(schema, deepcopy(inputs), kind, where, path, property_)
                if planted is not None:
                    return planted
    raise AssertionError(schema.token)


_Where = tuple[str | int, ...]


def _planted(
    schema: ResourceSchema,
    inputs: dict[str, Any],
    kind: str,
    where: _Where,
    path: str,
    property_: Property,
) -> Planted | None:
    holder: Any = inputs
    for step in where[:-1]:
        holder = holder[step]
    key = where[-1]
    type_ = property_.type
    if kind == "misspelt" and len(property_.name) > 4:
        wrong = property_.name[:-2] + property_.name[-1] * 2 + "z"
        holder[wrong] = holder.pop(key)
        return Planted(schema.token, kind, inputs, _sibling(path, wrong), property_.python)
    if kind == "missing" and property_.required and property_.default is None:
        del holder[key]
        return Planted(schema.token, kind, inputs, path)
    if kind == "wrong type" and isinstance(type_, Primitive | ListType):
        holder[key] = {"planted": {}} if isinstance(type_, Primitive) else "planted"
        return Planted(schema.token, kind, inputs, path)
    if kind == "not a member" and isinstance(type_, EnumType | LiteralType):
        holder[key] = "surely-no-member"
        return Planted(schema.token, kind, inputs, path)
    if kind == "a resource" and type_ == Primitive("string"):
        holder[key] = OTHER
        return Planted(schema.token, kind, inputs, path)
    return None


def _sibling(path: str, name: str) -> str:
    above, dot, _ = path.rpartition(".")
    return below(above, name) if dot else name


def _places(
    values: dict[str, Any], properties: Properties, path: str, where: _Where = ()
) -> Iterator[tuple[_Where, str, Property]]:
    """Every property that the values have, at any depth."""
    for name, value in values.items():
        property_ = properties[name]
        place = below(path, name)
        yield (*where, name), place, property_
        type_ = property_.type
        if isinstance(type_, ObjectType):
            yield from _places(value, nested(type_.ref), place, (*where, name))
        elif isinstance(type_, ListType) and isinstance(type_.item, ObjectType):
            for index, item in enumerate(value):
                inside = (*where, name, index)
                yield from _places(item, nested(type_.item.ref), f"{place}[{index}]", inside)


def _object(properties: Properties, chosen: random.Random, depth: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, property_ in sorted(properties.items()):
        needed = property_.required and property_.default is None
        if needed or (depth < _DEEPEST and chosen.random() < 0.3 / (depth + 1)):
            values[name] = _value(property_.type, chosen, depth)
    return values


def _value(type_: Type, chosen: random.Random, depth: int) -> Any:
    match type_:
        case Primitive():
            return {"string": "text", "integer": 3, "number": 1.5, "boolean": True}[type_.kind]
        case ListType():
            return [_value(type_.item, chosen, depth + 1)]
        case MapType():
            return {"key": _value(type_.item, chosen, depth + 1)}
        case ObjectType():
            return _object(nested(type_.ref), chosen, depth + 1)
        case EnumType():
            return chosen.choice(members(type_.ref))
        case LiteralType():
            return type_.values[0]
        case UnionType():
            return _value(type_.options[0], chosen, depth)
        case AssetType():
            return Asset((("text", "text"),))
        case AnyType():
            return "text"
