"""What is read from source is what the SDKs' own classes say when they are imported."""

import importlib
import types
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import Any, Literal, Union, cast, get_args, get_origin

import pulumi
import pytest
from pulumi import _types  # pyright: ignore[reportPrivateUsage] - what the SDKs themselves use

from modelport import sdk
from modelport.sdk.types import (
    AnyType,
    AssetType,
    EnumType,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Primitive,
    Type,
    UnionType,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of old resource types

MODULES = [
    "pulumi_aws.lambda_",
    "pulumi_aws.ecs",
    "pulumi_aws.s3",
    "pulumi_gcp.cloudrunv2",
    "pulumi_gcp.sql",
    "pulumi_azure_native.app",
    "pulumi_azure_native.dbforpostgresql",
    "pulumi_kubernetes.apps.v1",
    "pulumi_kubernetes.apiextensions.v1",
    "pulumi_kubernetes.batch.v1",
]

PRIMITIVES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def of_ours(kind: Type) -> object:
    """A type in the words of both sides."""
    match kind:
        case AnyType():
            return "any"
        case AssetType():
            return "asset"
        case Primitive(name):
            return name
        case ListType(item):
            return ("list", of_ours(item))
        case MapType(item):
            return ("map", of_ours(item))
        case ObjectType(ref) | EnumType(ref):
            return ref
        case LiteralType(values):
            return ("literal", values)
        case UnionType(options):
            return frozenset(map(of_ours, options))


def of_pulumi(kind: Any) -> object:
    """The same of a type that Pulumi's runtime found."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        options = [
            option
            for option in inner
            if option is not type(None) and get_origin(option) not in (Awaitable, pulumi.Output)
        ]
        found = frozenset(
            part
            for option in map(of_pulumi, options)
            for part in (
                cast("frozenset[object]", option) if isinstance(option, frozenset) else [option]
            )
        )
        return next(iter(found)) if len(found) == 1 else found
    if origin in (list, Sequence):
        return ("list", of_pulumi(inner[0]))
    if origin in (dict, Mapping):
        return ("map", of_pulumi(inner[1]))
    if origin is Literal:
        return ("literal", inner)
    if kind is Any or kind is object:
        return "any"
    if kind in (pulumi.Asset, pulumi.Archive):
        return "asset"
    return PRIMITIVES.get(kind) or f"{kind.__module__}:{kind.__name__}"


def fixed(ours: Type, theirs: Any) -> bool:
    """Whether a constructor's fixed value says more than the annotation, as for discriminators."""
    return isinstance(ours, LiteralType) and theirs in PRIMITIVES


def classes(module: str) -> Iterator[type]:
    for item in vars(importlib.import_module(module)).values():
        if isinstance(item, type) and item.__module__ == module:
            yield item


@pytest.mark.parametrize("module", [*MODULES, "pulumi_aws.sns"])  # which refers to another module
def test_nested_inputs(module: str) -> None:
    compared = 0
    for item in filter(_types.is_input_type, classes(f"{module}._inputs")):
        found = sdk.nested(f"{item.__module__}:{item.__name__}")
        names = _types.input_type_py_to_pulumi_names(item)
        assert {ours.python: ours.name for ours in found.values()} == names
        for name, kind in _types.input_type_types(item).items():
            if not fixed(found[name].type, kind):
                assert of_ours(found[name].type) == of_pulumi(kind), (item, name)
                compared += 1
    assert compared


@pytest.mark.parametrize("module", MODULES)
def test_nested_outputs(module: str) -> None:
    for item in filter(_types.is_output_type, classes(f"{module}.outputs")):
        found = sdk.nested(f"{item.__module__}:{item.__name__}")
        for name, kind in _types.output_type_types(item).items():
            if not fixed(found[name].type, kind):
                assert of_ours(found[name].type) == of_pulumi(kind), (item, name)


@pytest.mark.parametrize(
    "token",
    [
        "aws:ecs/service:Service",
        "aws:lambda/function:Function",
        "azure-native:app:ContainerApp",
        "gcp:sql/databaseInstance:DatabaseInstance",
        "kubernetes:apps/v1:StatefulSet",
        "kubernetes:helm.sh/v3:Release",
    ],
)
def test_outputs_of_resources(token: str) -> None:
    module, _, name = sdk.tokens(token.partition(":")[0])[token].partition(":")
    found = sdk.resource(token).outputs
    kinds = _types.resource_types(getattr(importlib.import_module(module), name))
    assert set(kinds) == set(found)
    for wire, kind in kinds.items():
        assert of_ours(found[wire].type) == of_pulumi(kind), wire
