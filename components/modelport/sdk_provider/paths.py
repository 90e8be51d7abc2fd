"""Paths of properties, as the engine writes them: `spec.containers[0].image`, `tags["a.b"]`."""

import re

_PLAIN = re.compile(r"[A-Za-z_$][\w$-]*")
_INDEX = re.compile(r"\[\d+\]")


def below(path: str, key: str) -> str:
    """The path of a key inside the value at `path`; an empty path is the resource itself."""
    if _PLAIN.fullmatch(key):
        return f"{path}.{key}" if path else key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{escaped}"]'


def top(path: str) -> str:
    """The property of the resource in which a path lies."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def without_indices(path: str) -> str:
    """The path with the places in lists left out, as tables of properties write it."""
    return _INDEX.sub("", path)
