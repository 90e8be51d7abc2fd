"""Codec: schemas as compact JSON and back."""

from collections.abc import Mapping
from typing import cast

from modelport.sdk.catalogue import Catalogue
from modelport.sdk.types import (
    AnyType,
    AssetType,
    EnumType,
    FunctionSchema,
    Json,
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

_PLAIN: Mapping[str, Type] = {
    "any": AnyType(),
    "asset": AssetType(),
    "string": Primitive("string"),
    "integer": Primitive("integer"),
    "number": Primitive("number"),
    "boolean": Primitive("boolean"),
}


def encode_type(item: Type) -> Json:
    """A type as a word, or a list of a word and what belongs to it."""
    match item:
        case AnyType():
            return "any"
        case AssetType():
            return "asset"
        case Primitive(kind):
            return kind
        case ListType(inner):
            return ["list", encode_type(inner)]
        case MapType(inner):
            return ["map", encode_type(inner)]
        case ObjectType(ref):
            return ["object", ref]
        case EnumType(ref):
            return ["enum", ref]
        case LiteralType(values):
            return ["literal", *values]
        case UnionType(options):
            return ["union", *map(encode_type, options)]


def decode_type(data: Json) -> Type:
    """The type that `encode_type` wrote.

    Raises:
        ValueError: `data` is no type.
    """
    match data:
        case str() if data in _PLAIN:
            return _PLAIN[data]
        case ["list", inner]:
            return ListType(decode_type(inner))
        case ["map", inner]:
            return MapType(decode_type(inner))
        case ["object", str(ref)]:
            return ObjectType(ref)
        case ["enum", str(ref)]:
            return EnumType(ref)
        case ["literal", *values]:
            return LiteralType(tuple(values))
        case ["union", *options]:
            return UnionType(tuple(map(decode_type, options)))
        case _:
            raise ValueError(f"no type: {data}")


def encode_properties(items: Properties) -> Json:
    """Properties as a list of lists."""
    return [
        [
            item.name,
            item.python,
            encode_type(item.type),
            item.required,
            item.default,
            item.secret,
            item.replaces,
            item.documented,
        ]
        for item in items.values()
    ]


def decode_properties(data: Json) -> Properties:
    """The properties that `encode_properties` wrote.

    Raises:
        ValueError: `data` are no properties.
    """
    found: dict[str, Property] = {}
    for row in _list(data):
        match row:
            case [
                str(name),
                str(python),
                kind,
                bool(required),
                default,
                bool(secret),
                bool(replaces),
                list(documented),
            ]:
                values = tuple(cast("list[str]", documented))
                found[name] = Property(
                    name, python, decode_type(kind), required, default, secret, replaces, values
                )
            case _:
                raise ValueError(f"no property: {row}")
    return found


def encode_resource(schema: ResourceSchema) -> Json:
    """A resource's schema as JSON."""
    return [
        schema.token,
        encode_properties(schema.inputs),
        encode_properties(schema.outputs),
        sorted(schema.secret_outputs),
        schema.extensible,
    ]


def decode_resource(data: Json) -> ResourceSchema:
    """The schema that `encode_resource` wrote.

    Raises:
        ValueError: `data` is no resource's schema.
    """
    match data:
        case [str(token), inputs, outputs, list(secret), bool(extensible)]:
            return ResourceSchema(
                token,
                decode_properties(inputs),
                decode_properties(outputs),
                frozenset(cast("list[str]", secret)),
                extensible,
            )
        case _:
            raise ValueError("no schema of a resource")


def encode_function(schema: FunctionSchema) -> Json:
    """A function's schema as JSON."""
    return [schema.token, encode_properties(schema.inputs), encode_properties(schema.outputs)]


def decode_function(data: Json) -> FunctionSchema:
    """The schema that `encode_function` wrote.

    Raises:
        ValueError: `data` is no function's schema.
    """
    match data:
        case [str(token), inputs, outputs]:
            return FunctionSchema(token, decode_properties(inputs), decode_properties(outputs))
        case _:
            raise ValueError("no schema of a function")


def encode_members(values: tuple[Json, ...]) -> Json:
    """Values of an enum as JSON."""
    return list(values)


def decode_members(data: Json) -> tuple[Json, ...]:
    """The values that `encode_members` wrote.

    Raises:
        ValueError: `data` is no list.
    """
    return tuple(_list(data))


def encode_catalogue(catalogue: Catalogue) -> Json:
    """A catalogue as JSON."""
    return [catalogue.functions, catalogue.aliases]


def decode_catalogue(data: Json) -> Catalogue:
    """The catalogue that `encode_catalogue` wrote.

    Raises:
        ValueError: `data` is no catalogue.
    """
    match data:
        case [dict(functions), dict(aliases)]:
            return Catalogue(cast("dict[str, str]", functions), cast("dict[str, str]", aliases))
        case _:
            raise ValueError("no catalogue")


def _list(data: Json) -> list[Json]:
    match data:
        case list():
            return cast("list[Json]", data)
        case _:
            raise ValueError(f"no list: {data}")
