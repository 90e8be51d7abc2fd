"""Values: properties read three-valued, for in a preview not everything is known.

The policy SDK ends a whole policy at the first read of an unknown value and reports it as a
note, so a rule that reads carelessly never fails anything. Every read here answers with a value,
`MISSING` or `UNKNOWN`, and never raises.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from math import isfinite
from typing import Any, Final, cast

from pulumi_policy import proxy


class Absent(Enum):
    """Why there is no value."""

    MISSING = "missing"
    """The property is not set, is null, or is of a type that the rule cannot read."""
    UNKNOWN = "unknown"
    """It is set, but not known before the update."""


MISSING: Final = Absent.MISSING
UNKNOWN: Final = Absent.UNKNOWN
Value = str | float | bool | Mapping[str, Any] | Sequence[Any]
Read = Value | Absent
Path = tuple[str, ...]

_SENTINELS = frozenset(
    {
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
    }
)
"""What the engine sends in place of a value that is not known yet."""


def read(properties: Mapping[str, Any], *path: str | int) -> Read:
    """The value at `path`; `MISSING` or `UNKNOWN` when there is none, at whatever depth."""
    here: Any = properties
    for key in path:
        if not _holds(here, key):
            return MISSING
        container: Any = here
        try:
            here = container[key]
        except proxy.UnknownValueError:
            return UNKNOWN
        except (KeyError, IndexError):
            return MISSING
        if isinstance(here, str) and here in _SENTINELS:
            return UNKNOWN  # plain mappings, which do not raise
    return MISSING if here is None else cast("Value", here)


def text(properties: Mapping[str, Any], *path: str | int) -> str | Absent:
    """The text at `path`; a value of another type counts as missing."""
    value = read(properties, *path)
    return value if isinstance(value, str | Absent) else MISSING


def number(properties: Mapping[str, Any], *path: str | int) -> float | Absent:
    """The finite number at `path`, also when it is written as text; all else counts as missing."""
    value = read(properties, *path)
    if isinstance(value, Absent):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return MISSING
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return MISSING
    return found if isfinite(found) else MISSING


def entries(properties: Mapping[str, Any], *path: str | int) -> Iterator[tuple[str, Read]]:
    """The keys and values of the mapping at `path`; none when there is no mapping."""
    found = read(properties, *path)
    if isinstance(found, Mapping):
        for key in found:
            yield str(key), read(found, key)


def items(properties: Mapping[str, Any], *path: str | int) -> Iterator[tuple[int, Read]]:
    """The places and values of the list at `path`; none when there is no list."""
    found = read(properties, *path)
    if isinstance(found, Sequence) and not isinstance(found, str):
        for index in range(len(found)):
            yield index, read(properties, *path, index)


def _holds(value: object, key: str | int) -> bool:
    if isinstance(key, int):
        return isinstance(value, Sequence) and not isinstance(value, str)
    return isinstance(value, Mapping)


def flag(value: Read) -> bool | None:
    """Yes or no, also where a provider takes it as text; none when it is neither."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None
