"""Codec: what goes into the cache comes out the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.sdk import codec
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
    Property,
    ResourceSchema,
    Type,
    UnionType,
)

VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
PLAIN: st.SearchStrategy[Type] = st.one_of(
    st.just(AnyType()),
    st.just(AssetType()),
    st.builds(Primitive, st.sampled_from(["string", "integer", "number", "boolean"])),
    st.builds(ObjectType, st.text(max_size=8)),
    st.builds(EnumType, st.text(max_size=8)),
    st.builds(LiteralType, st.lists(VALUES, max_size=3).map(tuple)),
)
TYPES: st.SearchStrategy[Type] = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.builds(ListType, inner),
        st.builds(MapType, inner),
        st.builds(UnionType, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
PROPERTIES = st.lists(
    st.builds(
        Property,
        name=st.text(max_size=8),
        python=st.text(max_size=8),
        type=TYPES,
        required=st.booleans(),
        default=VALUES | st.lists(VALUES, max_size=2),
        secret=st.booleans(),
        replaces=st.booleans(),
        documented=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    ),
    max_size=4,
).map(lambda items: {item.name: item for item in items})


def through_json(data: Json) -> Json:
    return json.loads(json.dumps(data))


@given(
    st.builds(
        ResourceSchema, st.text(), PROPERTIES, PROPERTIES, st.frozensets(st.text()), st.booleans()
    )
)
def test_resources(schema: ResourceSchema) -> None:
    assert codec.decode_resource(through_json(codec.encode_resource(schema))) == schema


@given(st.builds(FunctionSchema, st.text(), PROPERTIES, PROPERTIES))
def test_functions(schema: FunctionSchema) -> None:
    assert codec.decode_function(through_json(codec.encode_function(schema))) == schema


@given(st.lists(VALUES).map(tuple))
def test_members(values: tuple[Json, ...]) -> None:
    assert codec.decode_members(through_json(codec.encode_members(values))) == values


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_catalogues(functions: dict[str, str], aliases: dict[str, str]) -> None:
    catalogue = Catalogue(functions, aliases)
    assert codec.decode_catalogue(through_json(codec.encode_catalogue(catalogue))) == catalogue


JSON = st.recursive(
    VALUES | st.sampled_from(["list", "union", "any", "object"]),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(JSON)
def test_anything_else_is_refused_as_a_value(data: Json) -> None:
    for decode in (
        codec.decode_type,
        codec.decode_properties,
        codec.decode_resource,
        codec.decode_function,
        codec.decode_members,
        codec.decode_catalogue,
    ):
        try:
            decode(data)
        except ValueError:
            continue


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="no type: word"):
        codec.decode_type("word")
