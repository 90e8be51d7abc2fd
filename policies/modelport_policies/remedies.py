"""Remedies: a resource's properties, mended by values that a rule names."""

from collections.abc import Mapping, MutableMapping, Sequence
from copy import copy
from typing import Any, cast

from modelport_policies.values import MISSING, UNKNOWN, items, read


def mend(properties: Mapping[str, Any], remedies: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties, changed in place: each value at its path; what is unknown stays so.

    In place, because what the SDK hands over keeps secrets secret only then.

    Args:
        properties: As the engine hands them to a remediation.
        remedies: Values by path, `[]` for each element of a list. Objects on the way are made;
            lists are not.
    """
    for path, value in remedies.items():
        _put(properties, path.split("."), value)
    return properties


def _put(here: Mapping[str, Any], steps: Sequence[str], value: object) -> None:
    name, rest = steps[0].removesuffix("[]"), steps[1:]
    writable = cast("MutableMapping[str, Any]", here)
    if steps[0].endswith("[]"):
        for _, item in items(here, name):
            if isinstance(item, Mapping):
                _put(item, rest, value)
        return
    found = read(here, name)
    if not rest:
        if found is not UNKNOWN:  # another resource's value, which may be right
            writable[name] = copy(value)
        return
    if found is MISSING:
        writable[name] = {}
    inner = read(here, name)
    if isinstance(inner, Mapping):
        _put(inner, rest, value)
