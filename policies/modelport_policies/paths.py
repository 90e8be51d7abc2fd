"""Paths: the places of a property, through lists and objects, as rules write them.

`ingress[].cidrBlocks` is the property `cidrBlocks` of each element of the list `ingress`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from modelport_policies.values import UNKNOWN, Read, items, read

Step = str | int
Place = tuple[Step, ...]
"""Keys and indices from the root."""


def places(properties: Mapping[str, Any], path: str) -> Iterator[tuple[Place, Read]]:
    """Every place that `path` means here, with what is there: a value, missing or unknown.

    A list that is not there has no places; one that is not known yet is one place, unknown.
    """
    found: list[tuple[Place, Read]] = [((), properties)]
    for name in path.split("."):
        key, is_list = name.removesuffix("[]"), name.endswith("[]")
        found = [
            deeper for here, value in found for deeper in _deeper(here, value, key, is_list=is_list)
        ]
    yield from found


def shown(place: Place) -> str:
    """A place in a message: `ingress[1].cidrBlocks`."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _deeper(here: Place, value: Read, key: str, *, is_list: bool) -> Iterator[tuple[Place, Read]]:
    if value is UNKNOWN:
        yield here, UNKNOWN
        return
    inner = read(value, key) if isinstance(value, Mapping) else read({}, key)
    if not is_list:
        yield (*here, key), inner
    elif inner is UNKNOWN:
        yield (*here, key), UNKNOWN
    elif isinstance(value, Mapping):
        for index, item in items(value, key):
            yield (*here, key, index), item
