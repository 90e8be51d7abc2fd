"""Overlays: strategic merge patches on the objects that are made.

Objects are merged. Of lists, those whose items have a `name` (containers, variables, volumes) are
merged by it, ports of containers by `containerPort`, mounts by `mountPath`; every other list is
replaced. Null takes a key away, `$patch: delete` an item.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from modelport.config.targets.kubernetes import Overlay
from modelport.platforms.kubernetes.pods import Values
from modelport.platforms.kubernetes.protection import protections

_KEYS = ("name", "mountPath", "containerPort", "topologyKey")
"""What tells items of a list apart, the first that all of them have."""
_DELETE = ("$patch", "delete")
_KEPT = {
    ("Service", "spec", "selector"): "traffic is moved by it",
    ("HTTPRoute", "spec", "rules"): "traffic is moved by them",
    ("Deployment", "spec", "replicas"): "load decides it; write target.replicas",
    ("Deployment", "spec", "selector"): "pods are found by it",
    ("*", "metadata", "name"): "objects are found by it",
    ("*", "metadata", "namespace"): "write target.namespace",
    ("*", "apiVersion"): "objects are found by it",
    ("*", "kind"): "objects are found by it",
}
"""What an overlay may not change, and why."""


def overlaid(manifest: Values, overlays: Iterable[Overlay]) -> Values:
    """An object with the overlays of its kind."""
    for overlay in overlays:
        if overlay.kind == manifest["kind"]:
            manifest = cast("Values", _merged(manifest, overlay.merge))
    return manifest


def overlay_faults(overlays: tuple[Overlay, ...], bare: Mapping[str, Values]) -> list[str]:
    """Why overlays are refused: they match nothing, change what is found by, or weaken unsaid.

    Args:
        overlays: What the user wrote.
        bare: The objects without them.
    """
    kinds = sorted({str(item["kind"]) for item in bare.values()} - {"Secret"})
    found: list[str] = []
    now = dict(bare)
    for index, overlay in enumerate(overlays):
        where = f"target.overlays[{index}]"
        if overlay.kind not in kinds:
            found.append(f"{where}: no {overlay.kind} can be changed; there are {', '.join(kinds)}")
            continue
        found += [
            f"{where}: changes {'.'.join(path)}, and {why}"
            for (kind, *path), why in _KEPT.items()
            if kind in ("*", overlay.kind) and _holds(overlay.merge, path)
        ]
        after = _after(now, overlay)
        if after == now:
            found.append(f"{where}: changes nothing; take it away, or correct its path")
        lost = _lost(now, after)
        if lost and not overlay.weakens:
            found.append(
                f"{where}: takes away {', '.join(lost)}; write weakens: true when that is meant"
            )
        now = after
    return found


def weakened(overlays: tuple[Overlay, ...], bare: Mapping[str, Values]) -> list[str]:
    """Protection that the overlays take away, all of them together."""
    after = {name: overlaid(manifest, overlays) for name, manifest in bare.items()}
    return _lost(bare, after)


def _after(now: Mapping[str, Values], overlay: Overlay) -> dict[str, Values]:
    return {name: overlaid(manifest, [overlay]) for name, manifest in now.items()}


def _lost(before: Mapping[str, Values], after: Mapping[str, Values]) -> list[str]:
    lost: set[str] = set()
    for name, manifest in before.items():
        lost |= protections(manifest) - protections(after[name])
    return sorted(lost)


def _holds(patch: Mapping[str, Any], path: list[str]) -> bool:
    inner: Any = patch
    for key in path:
        if not isinstance(inner, dict) or key not in inner:
            return False
        inner = cast("Values", inner)[key]
    return True


def _merged(old: Any, new: Any) -> Any:
    if isinstance(new, dict):
        base = cast("Values", old) if isinstance(old, dict) else {}
        result = {key: value for key, value in base.items() if new.get(key, "") is not None}
        for key, value in cast("Values", new).items():
            if value is not None:
                result[key] = _merged(base.get(key), value)
        return result
    if isinstance(new, list) and isinstance(old, list):
        return _merged_list(cast("list[Any]", old), cast("list[Any]", new))
    return new


def _merged_list(old: list[Any], new: list[Any]) -> list[Any]:
    key = next(
        (key for key in _KEYS if all(isinstance(item, dict) and key in item for item in old + new)),
        None,
    )
    if key is None:
        return new
    changes = {item[key]: item for item in new}
    result: list[Any] = []
    for item in old:
        change = changes.pop(item[key], None)
        if change is None:
            result.append(item)
        elif change.get(_DELETE[0]) != _DELETE[1]:
            result.append(_merged(item, change))
    return result + [item for item in changes.values() if item.get(_DELETE[0]) != _DELETE[1]]
