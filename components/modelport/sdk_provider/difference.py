"""Difference: what changed between two sets of inputs, and what of it replaces the resource."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, cast

from modelport.provider.wire import UNKNOWN
from modelport.sdk import nested
from modelport.sdk.types import Json, ListType, MapType, ObjectType, Properties, Type
from modelport.sdk_provider.backing import Values
from modelport.sdk_provider.naming import DEFAULTS
from modelport.sdk_provider.paths import below, without_indices


@dataclass(frozen=True, slots=True)
class Difference:
    """One changed property."""

    path: str
    kind: Literal["add", "delete", "update"]
    replaces: bool
    """Whether the change needs a new resource."""


def differences(
    old: Values, new: Values, properties: Properties, replacing: Callable[[str], bool]
) -> list[Difference]:
    """Every changed property at the deepest place where it changed, by path.

    Args:
        old: Plain inputs of the last update.
        new: Plain inputs of this one; unknown values count as changed.
        properties: What the SDK says of them, which knows more replacing properties.
        replacing: Whether the property at a path (without list indices) replaces.
    """
    return list(_objects(old, new, properties, "", _Replacing(replacing)))


@dataclass(frozen=True, slots=True)
class _Replacing:
    table: Callable[[str], bool]
    inherited: bool = False
    """Whether something above replaces already."""

    def at(self, path: str, *, said: bool) -> "_Replacing":
        if self.inherited or not (said or self.table(without_indices(path))):
            return self
        return _Replacing(self.table, inherited=True)


def _objects(
    old: Values, new: Values, properties: Properties, path: str, replacing: _Replacing
) -> Iterator[Difference]:
    filled = old.get(DEFAULTS)
    for key in sorted({*old, *new}):
        if key.startswith("__"):
            continue
        if key not in new and isinstance(filled, list) and key in cast("list[Json]", filled):
            continue  # an official plugin had filled it in, and would again
        property_ = properties.get(key)
        place = below(path, key)
        inside = replacing.at(place, said=property_ is not None and property_.replaces)
        type_ = property_.type if property_ else None
        yield from _entry(old, new, key, place, type_, inside)


def _entry(
    old: Values, new: Values, key: str, place: str, type_: Type | None, replacing: _Replacing
) -> Iterator[Difference]:
    before, after = old.get(key), new.get(key)
    if before is None and after is None:
        return
    if before is None:
        yield Difference(place, "add", _within(after, type_, place, replacing))
    elif after is None:
        yield Difference(place, "delete", _within(before, type_, place, replacing))
    else:
        yield from _values(before, after, type_, place, replacing)


def _within(value: Json, type_: Type | None, path: str, replacing: _Replacing) -> bool:
    """Whether a value that comes or goes as a whole holds a property that replaces."""
    if replacing.inherited:
        return True
    if isinstance(value, list):
        item = type_.item if isinstance(type_, ListType) else None
        return any(_within(entry, item, path, replacing) for entry in cast("list[Json]", value))
    if not isinstance(value, dict):
        return False
    properties = nested(type_.ref) if isinstance(type_, ObjectType) else {}
    for key, entry in cast("Values", value).items():
        property_ = properties.get(key)
        place = below(path, key)
        inside = replacing.at(place, said=property_ is not None and property_.replaces)
        if _within(entry, property_.type if property_ else None, place, inside):
            return True
    return False


def _values(
    old: Json, new: Json, type_: Type | None, path: str, replacing: _Replacing
) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast("Values", old), cast("Values", new)
        if isinstance(type_, ObjectType):
            yield from _objects(before, after, nested(type_.ref), path, replacing)
            return
        item = type_.item if isinstance(type_, MapType) else None
        for key in sorted({*before, *after}):
            if not key.startswith("__"):
                yield from _entry(before, after, key, below(path, key), item, replacing)
    elif isinstance(old, list) and isinstance(new, list):
        item = type_.item if isinstance(type_, ListType) else None
        yield from _lists(cast("list[Json]", old), cast("list[Json]", new), item, path, replacing)
    elif new == UNKNOWN or not _same(old, new):
        yield Difference(path, "update", replacing.inherited)


def _lists(
    old: list[Json], new: list[Json], type_: Type | None, path: str, replacing: _Replacing
) -> Iterator[Difference]:
    for index in range(max(len(old), len(new))):
        place = f"{path}[{index}]"
        if index >= len(old):
            yield Difference(place, "add", _within(new[index], type_, place, replacing))
        elif index >= len(new):
            yield Difference(place, "delete", _within(old[index], type_, place, replacing))
        else:
            yield from _values(old[index], new[index], type_, place, replacing)


def _same(old: Json, new: Json) -> bool:
    # 1 == True in Python, but not in a program's inputs.
    return old == new and isinstance(old, bool) == isinstance(new, bool)
