"""Drift: what became of the fields that a program set, as inputs of today.

A value counts as drifted when it is no longer what the cluster had right after the last update,
so that defaults, normalised quantities and what others added are no drift. Elements of lists are
matched by the keys under which the server itself merges them, which it records in `managedFields`.
"""

import base64
import binascii
import json
from typing import cast

from modelport.cluster.manifest import state
from modelport.cluster.objects import Json, Object, entries, mapping, text

_MISSING = object()


def refreshed(inputs: Object, before: Object, live: Object) -> Object:
    """The inputs as the cluster has them now.

    Args:
        inputs: Inputs of the last update.
        before: The object as it was after the last update, from the state.
        live: The object now, with its `managedFields`.
    """
    keys = _merge_keys(live)
    result = mapping(_value(inputs, before, live, (), keys))
    result |= {key: inputs[key] for key in ("apiVersion", "kind") if key in inputs}
    if text(live, "kind") == "Secret" and "stringData" in inputs:
        result["stringData"] = _string_data(mapping(inputs, "stringData"), live)
    return result


def imported(live: Object, names: set[str]) -> Object:
    """Inputs for an object that is taken over: what is there, without what the server fills in."""
    kept = {key: value for key, value in state(live).items() if key in names and key != "status"}
    written = ("creationTimestamp", "generation", "resourceVersion", "uid", "selfLink")
    metadata = {key: item for key, item in mapping(kept, "metadata").items() if key not in written}
    annotations = {
        key: item
        for key, item in mapping(metadata, "annotations").items()
        if key
        not in (
            "deployment.kubernetes.io/revision",
            "kubectl.kubernetes.io/last-applied-configuration",
        )
    }
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    return {**kept, "metadata": metadata}


def has_field(value: Json, path: str) -> bool:
    """Whether there is something at a path as conflicts name it: `spec.ports[port=80].name`.

    Keys may hold dots themselves, so all keys that fit are tried.
    """
    if not path:
        return True
    rest = path.removeprefix(".")
    if rest.startswith("["):
        keys, _, after = rest[1:].partition("]")
        return any(has_field(item, after) for item in _elements(value, keys))
    return any(
        has_field(item, rest[len(key) :])
        for key, item in mapping(value).items()
        if rest == key or rest.startswith((f"{key}.", f"{key}["))
    )


def _elements(value: Json, keys: str) -> list[Json]:
    """Elements of a list by their merge keys; ones that the program left out may be anything."""
    if not isinstance(value, list):
        return []
    if keys.startswith("="):
        return [item for item in cast("list[Json]", value) if json.dumps(item) == keys[1:]]
    wanted = [pair.partition("=")[::2] for pair in keys.split(",")]
    return [
        item
        for item in cast("list[Json]", value)
        if all(
            key not in mapping(item) or json.dumps(mapping(item)[key]) == said
            for key, said in wanted
        )
    ]


Path = tuple[str, ...]
_Keys = dict[Path, tuple[str, ...]]


def _value(written: Json, before: Json, live: Json, path: Path, keys: _Keys) -> Json:
    if live == before and before is not _MISSING:
        return written
    if isinstance(written, dict) and isinstance(live, dict):
        return _object(cast("Object", written), before, cast("Object", live), path, keys)
    if isinstance(written, list) and isinstance(live, list):
        return _list(cast("list[Json]", written), before, cast("list[Json]", live), path, keys)
    return written if live == written else live


def _object(written: Object, before: Json, live: Object, path: Path, keys: _Keys) -> Object:
    old = cast("Object", before) if isinstance(before, dict) else {}
    result: Object = {}
    for key, value in written.items():
        if key in live:
            result[key] = _value(value, old.get(key, _MISSING), live[key], (*path, key), keys)
        elif key not in old:
            result[key] = value  # the server never kept it: empty, or another form of other fields
    return result


def _list(
    written: list[Json], before: Json, live: list[Json], path: Path, keys: _Keys
) -> list[Json]:
    old = cast("list[Json]", before) if isinstance(before, list) else []
    named = keys.get(path)
    if named is None:
        if len(live) != len(written):
            return live
        return [
            _value(item, old[index] if index < len(old) else _MISSING, live[index], path, keys)
            for index, item in enumerate(written)
        ]
    if not named:  # a set of plain values: others may have added theirs
        return [item for item in written if item in live or item not in old]
    result: list[Json] = []
    for item in written:
        now = _matching(item, live, named)
        then = _matching(item, old, named)
        if now is not _MISSING:
            result.append(_value(item, then, now, path, keys))
    return result


def _matching(item: Json, among: list[Json], named: tuple[str, ...]) -> Json:
    """The element with the same keys; a key that the program left out may be anything."""
    wanted = {key: value for key, value in mapping(item).items() if key in named}
    for candidate in among:
        if wanted and all(mapping(candidate).get(key) == value for key, value in wanted.items()):
            return candidate
    return _MISSING


def _merge_keys(live: Object) -> _Keys:
    """The names of the keys of each list that the server merges; no names for plain sets."""
    found: _Keys = {}
    for entry in entries(live, "metadata", "managedFields"):
        _collect(mapping(entry, "fieldsV1"), (), found)
    return found


def _collect(fields: Object, path: Path, found: _Keys) -> None:
    for key, inside in fields.items():
        form, _, rest = key.partition(":")
        if form == "f":
            _collect(mapping(inside), (*path, rest), found)
        elif form == "k":
            found[path] = tuple(sorted(mapping(json.loads(rest))))
            _collect(mapping(inside), path, found)
        elif form == "v":
            found.setdefault(path, ())


def _string_data(written: Object, live: Object) -> Object:
    """`stringData` as the live `data` has it; the server itself keeps no `stringData`."""
    data = mapping(live, "data")
    return {key: _decoded(text(data, key)) for key in written if key in data}


def _decoded(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return encoded
