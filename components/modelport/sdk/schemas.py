"""Schemas: the types of resources, functions and nested objects, each read once.

The modules that read an SDK's source are imported when something is not in the cache.
"""

from collections.abc import Mapping
from functools import cache

from modelport.sdk import codec, packages
from modelport.sdk.cache import cached
from modelport.sdk.catalogue import Catalogue, read_catalogue
from modelport.sdk.types import FunctionSchema, Json, Properties, ResourceSchema


@cache
def resource(token: str) -> ResourceSchema:
    """The schema of a resource type, or of a provider (`pulumi:providers:aws`).

    An older name of a type, such as one with an API version of Azure's, gives the schema of the
    type that took its place, with that type's token. Kinds that a Kubernetes cluster's own
    definitions add have an `extensible` schema. Values of a provider that are no strings travel as
    JSON text; the schema has their type before that.

    Raises:
        SdkMissingError: the package has no SDK, or it is not installed.
        UnknownTokenError: the SDK has no such type.
    """

    def read() -> ResourceSchema:
        from modelport.sdk.reading import read_resource

        return read_resource(token, lambda: catalogue(package).aliases)

    package = packages.package_of(token)
    return cached(package, "resources", token, read, codec.encode_resource, codec.decode_resource)


@cache
def function(token: str) -> FunctionSchema:
    """The schema of a data source.

    Raises:
        SdkMissingError: the package has no SDK, or it is not installed.
        UnknownTokenError: the SDK has no such function.
    """

    def read() -> FunctionSchema:
        from modelport.sdk.reading import read_function

        return read_function(token, functions(package))

    package = packages.package_of(token)
    return cached(package, "functions", token, read, codec.encode_function, codec.decode_function)


def functions(package: str) -> Mapping[str, str]:
    """All functions of `package`: token to module and name, e.g. `pulumi_aws.get_arn:get_arn`.

    Looks through the whole SDK the first time, which takes seconds.

    Raises:
        SdkMissingError: the SDK is not installed.
    """
    return catalogue(package).functions


@cache
def nested(ref: str) -> Properties:
    """Properties of the nested object that an `ObjectType` refers to.

    Raises:
        SdkMissingError: the reference's SDK is not installed.
        UnknownTokenError: the SDK has no such class.
    """

    def read() -> Properties:
        from modelport.sdk.reading import read_nested

        return read_nested(ref)

    package = packages.package_of_ref(ref)
    return cached(package, "nested", ref, read, codec.encode_properties, codec.decode_properties)


@cache
def members(ref: str) -> tuple[Json, ...]:
    """Values of the enum that an `EnumType` refers to.

    Raises:
        SdkMissingError: the reference's SDK is not installed.
        UnknownTokenError: the SDK has no such class.
    """

    def read() -> tuple[Json, ...]:
        from modelport.sdk.reading import read_members

        return read_members(ref)

    package = packages.package_of_ref(ref)
    return cached(package, "members", ref, read, codec.encode_members, codec.decode_members)


@cache
def catalogue(package: str) -> Catalogue:
    """What only a look into all files of an SDK tells; takes seconds the first time.

    Raises:
        SdkMissingError: the SDK is not installed.
    """
    return cached(
        package,
        "catalogue",
        package,
        lambda: read_catalogue(package),
        codec.encode_catalogue,
        codec.decode_catalogue,
    )
