"""What rules look at: types that the installed SDKs have, and properties of those types."""

from typing import Any, cast

import pytest

from modelport import sdk
from modelport.sdk.types import ListType, MapType, ObjectType, Properties, Type, UnionType
from modelport_policies import RULES
from modelport_policies.rule import Rule, Sample
from rule_variations import bad, good

OURS = "modelport:"
NOT_INSTALLED = ("docker:", "kubernetes:serving.kserve.io/")
"""Packages that a user may have and this project has not; their rules were written by hand."""
each = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def known(token: str) -> bool:
    return not token.startswith((OURS, *NOT_INSTALLED))


@each
def test_types_are_those_of_the_sdks(rule: Rule) -> None:
    for token in rule.types:
        if known(token):
            assert sdk.resource(token).inputs


@each
def test_examples_have_properties_of_their_types(rule: Rule) -> None:
    for sample in (*good(rule), *bad(rule)):
        for item in (sample, *sample.beside):
            assert list(strangers(item)) == []


@each
def test_what_a_rule_reads_is_a_property_of_one_of_its_types(rule: Rule) -> None:
    tokens = [token for token in rule.types if known(token)]
    for read in rule.properties if tokens else ():
        assert any(has(sdk.resource(token).inputs, read.path) for token in tokens), read.path


def strangers(sample: Sample) -> list[str]:
    if not known(sample.type):
        return []
    return _strangers(sdk.resource(sample.type).inputs, dict(sample.properties), "")


def _strangers(properties: Properties, values: dict[str, Any], place: str) -> list[str]:
    found: list[str] = []
    for name, value in values.items():
        if name not in properties:
            found.append(f"{place}{name}")
        else:
            found += _inside(properties[name].type, value, f"{place}{name}")
    return found


def _inside(kind: Type, value: Any, place: str) -> list[str]:
    if isinstance(kind, ListType):
        items = cast("list[Any]", value) if isinstance(value, list) else []
        return [text for item in items for text in _inside(kind.item, item, f"{place}[]")]
    if isinstance(kind, ObjectType) and isinstance(value, dict):
        return _strangers(sdk.nested(kind.ref), cast("dict[str, Any]", value), f"{place}.")
    if isinstance(kind, ObjectType):
        return [f"{place} is no object"]
    if isinstance(kind, MapType):
        return [] if isinstance(value, dict) else [f"{place} is no map"]
    if isinstance(kind, UnionType):
        found = [_inside(option, value, place) for option in kind.options]
        return min(found, key=len)
    return [f"{place} is one value"] if isinstance(value, dict | list) and _plain(kind) else []


def _plain(kind: Type) -> bool:
    return type(kind).__name__ in ("Primitive", "EnumType", "LiteralType")


def has(properties: Properties, path: str) -> bool:
    name, _, rest = path.partition(".")
    key = name.removesuffix("[]")
    if key not in properties:
        return False
    kind = _item(properties[key].type) if name.endswith("[]") else properties[key].type
    if not rest:
        return kind is not None
    return _goes_on(kind, rest)


def _goes_on(kind: Type | None, rest: str) -> bool:
    if isinstance(kind, ObjectType):
        return has(sdk.nested(kind.ref), rest)
    if isinstance(kind, UnionType):
        return any(_goes_on(option, rest) for option in kind.options)
    return isinstance(kind, MapType) or type(kind).__name__ == "AnyType"


def _item(kind: Type) -> Type | None:
    if isinstance(kind, UnionType):
        return next((found for option in kind.options if (found := _item(option))), None)
    return kind.item if isinstance(kind, ListType) else kind if _any(kind) else None


def _any(kind: Type) -> bool:
    return type(kind).__name__ == "AnyType"
