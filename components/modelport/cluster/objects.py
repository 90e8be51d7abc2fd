"""Objects: typed looks into Kubernetes objects as plain JSON."""

from typing import cast

Json = object
"""None, bool, int, float, str, or lists and dicts of them."""
Object = dict[str, Json]
"""One Kubernetes object, or a part of one."""


def at(value: Json, *path: str) -> Json:
    """What stands at `path` in nested objects; none where it ends early."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = cast("Object", value).get(key)
    return value


def mapping(value: Json, *path: str) -> Object:
    """The object at `path`; empty where there is none."""
    found = at(value, *path)
    return cast("Object", found) if isinstance(found, dict) else {}


def values(value: Json, *path: str) -> list[Json]:
    """The list at `path`; empty where there is none."""
    found = at(value, *path)
    return cast("list[Json]", found) if isinstance(found, list) else []


def entries(value: Json, *path: str) -> list[Object]:
    """The objects in the list at `path`."""
    return [cast("Object", item) for item in values(value, *path) if isinstance(item, dict)]


def text(value: Json, *path: str) -> str:
    """The text at `path`; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: Json, *path: str, default: int = 0) -> int:
    """The whole number at `path`."""
    found = at(value, *path)
    if isinstance(found, float) and found.is_integer():
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def condition(value: Json, kind: str) -> Object:
    """The status condition of type `kind`; empty where there is none."""
    for item in entries(value, "status", "conditions"):
        if item.get("type") == kind:
            return item
    return {}


def holds(value: Json, kind: str) -> bool:
    """Whether the status condition of type `kind` is true."""
    return condition(value, kind).get("status") == "True"


def selects(selector: Object, labels: Object) -> bool:
    """Whether a plain selector (all its labels with these values) selects `labels`."""
    return bool(selector) and all(labels.get(key) == wanted for key, wanted in selector.items())
