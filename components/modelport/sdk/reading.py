"""Reading: what an SDK's source says about one type, or a sentence about why there is none."""

from collections.abc import Callable, Mapping

from modelport.sdk import classes, packages, source
from modelport.sdk.classes import Scope
from modelport.sdk.data_sources import find_function
from modelport.sdk.errors import UnknownTokenError
from modelport.sdk.resources import find_resource
from modelport.sdk.types import FunctionSchema, Json, Properties, ResourceSchema


def read_resource(token: str, aliases: Callable[[], Mapping[str, str]]) -> ResourceSchema:
    """The schema of a resource type, also by an older name of it (`aliases`).

    Raises:
        UnknownTokenError: the SDK has no such type.
    """
    found = find_resource(token)
    if found is None and (today := aliases().get(token)) is not None:
        found = find_resource(today)
    if found is None:
        package = packages.package_of(token)
        known = packages.tokens(package)
        raise UnknownTokenError(token, "resource type", packages.title(package), known)
    return found


def read_function(token: str, known: Mapping[str, str]) -> FunctionSchema:
    """The schema of a function; `known` are all of its package with their places.

    Raises:
        UnknownTokenError: the SDK has no such function.
    """
    found = find_function(token, known[token]) if token in known else None
    if found is None:
        package = packages.package_of(token)
        raise UnknownTokenError(token, "function", packages.title(package), known)
    return found


def read_nested(ref: str) -> Properties:
    """Properties of a nested object.

    Raises:
        UnknownTokenError: the SDK has no such class.
    """
    module, _, name = ref.partition(":")
    path = source.file_of(module)
    declared = source.class_of(path, name)
    if declared is None:
        sdk = packages.title(packages.package_of_ref(ref))
        raise UnknownTokenError(ref, "nested type", sdk, ())
    package, _, file = module.rpartition(".")
    return classes.arguments(declared, Scope(path, package, outputs=file == "outputs"))


def read_members(ref: str) -> tuple[Json, ...]:
    """Values of an enum.

    Raises:
        UnknownTokenError: the SDK has no such enum.
    """
    module, _, name = ref.partition(":")
    declared = source.class_of(source.file_of(module), name)
    if declared is None:
        raise UnknownTokenError(ref, "enum", packages.title(packages.package_of_ref(ref)), ())
    return classes.values(declared)
