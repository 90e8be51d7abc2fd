"""Check: inputs against the types of the installed SDK, at any depth, all problems at once."""

import difflib
from collections.abc import Iterator
from typing import cast

from modelport.provider.wire import UNKNOWN, Asset, ResourceReference
from modelport.sdk import members, nested
from modelport.sdk.types import (
    AnyType,
    AssetType,
    EnumType,
    Json,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Primitive,
    Properties,
    Property,
    Type,
    UnionType,
)
from modelport.sdk_provider.backing import Problem, Values
from modelport.sdk_provider.paths import below

_LISTED = 12
"""Members of an enum that an error lists."""


def check_inputs(values: Values, properties: Properties, *, lenient: bool = False) -> list[Problem]:
    """Everything that is wrong with inputs; unknown values pass.

    Args:
        values: Plain inputs by wire name.
        properties: What the SDK says of them.
        lenient: Let pass what the Terraform bridge of aws and gcp converts: a number written as
            text, a text given as a number, and a boolean written as text.
    """
    return list(_object(values, properties, "", lenient=lenient))


def hints(values: Values, properties: Properties) -> list[Problem]:
    """Texts that are not among the values that the documentation lists; documentation may lag."""
    found: list[Problem] = []
    for name, property_ in properties.items():
        value = values.get(name)
        listed = property_.documented
        if listed and isinstance(value, str) and value != UNKNOWN and value not in listed:
            found.append(
                Problem(name, f"{value!r} is not among the documented values {_listed(listed)}")
            )
    return found


def _object(
    values: Values, properties: Properties, path: str, *, lenient: bool
) -> Iterator[Problem]:
    meant: set[str] = set()
    for name, value in values.items():
        if name.startswith("__"):
            continue  # the engine's and the bridge's own
        place = below(path, name)
        property_ = properties.get(name)
        if property_ is not None:
            yield from _value(value, property_.type, place, lenient=lenient)
            continue
        near = _nearest(name, properties)
        if near is not None:
            meant.add(near.name)
        yield Problem(place, f"no such property; {_suggested(near, properties)}")
    for name, property_ in properties.items():
        needed = property_.required and property_.default is None and name not in meant
        if needed and values.get(name) is None:
            yield Problem(below(path, name), "missing; it is required")


def _value(value: Json, type_: Type, path: str, *, lenient: bool) -> Iterator[Problem]:
    if value is None or value == UNKNOWN or isinstance(type_, AnyType):
        return
    if isinstance(value, ResourceReference):
        yield Problem(
            path,
            f"{value.name} was passed where {_expected(type_)} is expected; "
            "pass one of its outputs, such as .id, .name or .arn",
        )
        return
    match type_:
        case ListType() | MapType() | ObjectType():
            yield from _structure(value, type_, path, lenient=lenient)
        case UnionType():
            yield from _union(value, type_, path, lenient=lenient)
        case EnumType():
            yield from _member(value, members(type_.ref), path)
        case LiteralType():
            yield from _member(value, type_.values, path)
        case Primitive() | AssetType():
            if not _fits(value, type_, lenient=lenient):
                yield Problem(path, f"expected {_expected(type_)}, got {_got(value)}")


def _structure(
    value: Json, type_: ListType | MapType | ObjectType, path: str, *, lenient: bool
) -> Iterator[Problem]:
    if isinstance(type_, ListType):
        if not isinstance(value, list):
            yield Problem(path, f"expected {_expected(type_)}, got {_got(value)}")
            return
        for index, item in enumerate(cast("list[Json]", value)):
            yield from _value(item, type_.item, f"{path}[{index}]", lenient=lenient)
        return
    if not isinstance(value, dict):
        yield Problem(path, f"expected {_expected(type_)}, got {_got(value)}")
        return
    entries = cast("Values", value)
    if isinstance(type_, MapType):
        for key, item in entries.items():
            if not key.startswith("__"):
                yield from _value(item, type_.item, below(path, key), lenient=lenient)
        return
    yield from _object(entries, nested(type_.ref), path, lenient=lenient)


def _union(value: Json, type_: UnionType, path: str, *, lenient: bool) -> Iterator[Problem]:
    """No problem when one option fits; else those of the option that comes nearest."""
    texts = any(option == Primitive("string") for option in type_.options)
    fewest: list[Problem] | None = None
    for option in type_.options:
        if texts and isinstance(option, EnumType):
            continue  # an open enum: any text goes
        problems = list(_value(value, option, path, lenient=lenient))
        if not problems:
            return
        if fewest is None or _worth(problems, path) < _worth(fewest, path):
            fewest = problems
    yield from fewest or ()


def _worth(problems: list[Problem], path: str) -> tuple[bool, int]:
    """Options of the wrong kind come last, however few problems they have."""
    return (any(problem.path == path for problem in problems), len(problems))


def _member(value: Json, allowed: tuple[Json, ...], path: str) -> Iterator[Problem]:
    if value not in allowed:
        near = difflib.get_close_matches(str(value), [str(item) for item in allowed], 1, 0.6)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        yield Problem(path, f"{_got(value)} is not one of {_listed(allowed)}{meant}")


def _fits(value: Json, type_: Primitive | AssetType, *, lenient: bool) -> bool:
    if isinstance(value, Asset) or isinstance(type_, AssetType):
        return isinstance(value, Asset) and isinstance(type_, AssetType)
    match type_.kind:
        case "string":
            return isinstance(value, str) or (lenient and isinstance(value, bool | int | float))
        case "boolean":
            return isinstance(value, bool) or (lenient and value in ("true", "false"))
        case "integer":
            number = _number(value) if lenient else value
            return isinstance(number, int) and not isinstance(number, bool)
        case "number":
            number = _number(value) if lenient else value
            return isinstance(number, int | float) and not isinstance(number, bool)


def _number(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


def _nearest(name: str, properties: Properties) -> Property | None:
    """The property that was probably meant."""
    names: dict[str, Property] = {}
    for property_ in properties.values():
        names[property_.name] = property_
        names[property_.python] = property_
    near = difflib.get_close_matches(name, list(names), 1, 0.6)
    return names[near[0]] if near else None


def _suggested(near: Property | None, properties: Properties) -> str:
    """What to write instead, as Python programs do."""
    if near is not None:
        wire = f" ({near.name})" if near.name != near.python else ""
        return f"did you mean '{near.python}'{wire}?"
    known = sorted(property_.python for property_ in properties.values())
    return f"it has {_listed(tuple(known))}" if known else "it has no properties"


def _expected(type_: Type) -> str:
    match type_:
        case Primitive():
            return {
                "string": "a string",
                "integer": "an integer",
                "number": "a number",
                "boolean": "true or false",
            }[type_.kind]
        case ListType():
            return f"a list ({_expected(type_.item)} each)"
        case MapType():
            return f"a map (each value {_expected(type_.item)})"
        case ObjectType():
            return f"an object ({type_.ref.rpartition(':')[2].removesuffix('Args')})"
        case EnumType():
            return f"one of {_listed(members(type_.ref))}"
        case LiteralType():
            return f"one of {_listed(type_.values)}"
        case UnionType():
            return " or ".join(dict.fromkeys(_expected(option) for option in type_.options))
        case AssetType():
            return "an asset or archive"
        case AnyType():
            return "anything"


def _got(value: Json) -> str:
    if isinstance(value, Asset):
        return "an asset or archive"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)


def _listed(values: tuple[Json, ...]) -> str:
    shown = ", ".join(str(value) for value in values[:_LISTED])
    return f"{shown}, … ({len(values)} in all)" if len(values) > _LISTED else shown
