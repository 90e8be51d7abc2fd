"""Names of inputs against the installed SDK, which is strict where names are matched loosely."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelport.sdk import nested, resource
from modelport.sdk.types import ListType, ObjectType, Properties, Type, UnionType


def unknown_names(token: str, inputs: Mapping[str, Any]) -> list[str]:
    """Inputs, at any depth, that the SDK's resource does not have."""
    return list(_unknown(resource(token).inputs, inputs, ""))


def _unknown(known: Properties, values: Mapping[str, Any], above: str) -> Iterator[str]:
    for name, value in values.items():
        path = f"{above}.{name}" if above else name
        if name not in known:
            yield f"input {path} is none of the SDK's"
        else:
            yield from _inside(known[name].type, value, path)


def _inside(type_: Type, value: Any, path: str) -> Iterator[str]:
    if isinstance(type_, UnionType):
        types = [option for option in type_.options if isinstance(option, ListType | ObjectType)]
        for option in types[:1]:
            yield from _inside(option, value, path)
    elif isinstance(type_, ListType) and isinstance(value, list):
        for item in value:
            yield from _inside(type_.item, item, path)
    elif isinstance(type_, ObjectType) and isinstance(value, Mapping):
        yield from _unknown(nested(type_.ref), value, path)
