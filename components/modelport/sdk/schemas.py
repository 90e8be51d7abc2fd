"""Schemas: the types of resources, functions and nested objects, each read once."""

from collections.abc import Mapping
from functools import cache

from modelport.sdk import classes, codec, packages, source
from modelport.sdk.cache import cached
from modelport.sdk.catalogue import Catalogue, read_catalogue
from modelport.sdk.classes import Scope
from modelport.sdk.errors import UnknownTokenError
from modelport.sdk.functions import read_function
from modelport.sdk.resources import read_resource
from modelport.sdk.types import FunctionSchema, Json, Properties, ResourceSchema


@cache
def resource(token: str) -> ResourceSchema:
    """The schema of a resource type, or of a provider (`pulumi:providers:aws`).

    An older name of a type, such as one with an API version of Azure's, gives the schema of the
    type that took its place, with that type's token. Values of a provider that are no strings
    travel as JSON text; the schema has their type before that.

    Raises:
        SdkMissingError: the package has no SDK, or it is not installed.
        UnknownTokenError: the SDK has no such type.
    """
    package = packages.package_of(token)
    return cached(
        package,
        "resources",
        token,
        lambda: _read_resource(token, package),
        codec.encode_resource,
        codec.decode_resource,
    )


@cache
def function(token: str) -> FunctionSchema:
    """The schema of a data source.

    Raises:
        SdkMissingError: the package has no SDK, or it is not installed.
        UnknownTokenError: the SDK has no such function.
    """
    package = packages.package_of(token)
    return cached(
        package,
        "functions",
        token,
        lambda: _read_function(token, package),
        codec.encode_function,
        codec.decode_function,
    )


def functions(package: str) -> Mapping[str, str]:
    """All functions of `package`: token to module and name, e.g. `pulumi_aws.get_arn:get_arn`.

    Looks through the whole SDK the first time, which takes seconds.

    Raises:
        SdkMissingError: the SDK is not installed.
    """
    return _catalogue(package).functions


@cache
def nested(ref: str) -> Properties:
    """Properties of the nested object that an `ObjectType` refers to.

    Raises:
        SdkMissingError: the reference's SDK is not installed.
        UnknownTokenError: the SDK has no such class.
    """
    return cached(
        packages.package_of_ref(ref),
        "nested",
        ref,
        lambda: _read_nested(ref),
        codec.encode_properties,
        codec.decode_properties,
    )


@cache
def members(ref: str) -> tuple[Json, ...]:
    """Values of the enum that an `EnumType` refers to.

    Raises:
        SdkMissingError: the reference's SDK is not installed.
        UnknownTokenError: the SDK has no such class.
    """
    return cached(
        packages.package_of_ref(ref),
        "members",
        ref,
        lambda: _read_members(ref),
        codec.encode_members,
        codec.decode_members,
    )


@cache
def _catalogue(package: str) -> Catalogue:
    return cached(
        package,
        "catalogue",
        package,
        lambda: read_catalogue(package),
        codec.encode_catalogue,
        codec.decode_catalogue,
    )


def _read_resource(token: str, package: str) -> ResourceSchema:
    found = read_resource(token)
    if found is None:
        today = _catalogue(package).aliases.get(token)
        found = read_resource(today) if today else None
    if found is None:
        raise UnknownTokenError(token, "resource type", _sdk(package), packages.tokens(package))
    return found


def _read_function(token: str, package: str) -> FunctionSchema:
    known = functions(package)
    found = read_function(token, known[token]) if token in known else None
    if found is None:
        raise UnknownTokenError(token, "function", _sdk(package), known)
    return found


def _read_nested(ref: str) -> Properties:
    module, _, name = ref.partition(":")
    path = source.file_of(module)
    declared = source.class_of(path, name)
    if declared is None:
        raise UnknownTokenError(ref, "nested type", _sdk(packages.package_of_ref(ref)), ())
    scope = Scope(path, module.rpartition(".")[0], outputs=module.endswith(".outputs"))
    return classes.arguments(declared, scope)


def _read_members(ref: str) -> tuple[Json, ...]:
    module, _, name = ref.partition(":")
    declared = source.class_of(source.file_of(module), name)
    if declared is None:
        raise UnknownTokenError(ref, "enum", _sdk(packages.package_of_ref(ref)), ())
    return classes.values(declared)


def _sdk(package: str) -> str:
    return f"{packages.PACKAGES[package]} {packages.version(package)}"
