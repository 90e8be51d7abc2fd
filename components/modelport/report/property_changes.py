"""Property changes: which properties of a resource differ, from what the engine and it say."""

from typing import Literal, cast

from pulumi.automation import events

from modelport.report.recording import Change
from modelport.report.values import (
    MISSING,
    SECRET,
    UNKNOWN,
    Json,
    Key,
    Mark,
    at,
    blinded_pair,
    mark,
    path_keys,
    path_text,
)

Kind = Literal["add", "update", "delete"]


def property_changes(
    metadata: events.StepEventMetadata, old: Json, new: Json
) -> tuple[Change, ...]:
    """What differs, by path.

    The provider's own list comes first, for it also knows what was changed from outside and which
    path forces a replacement; where it gives none, as for components, the inputs are compared.

    Args:
        metadata: The step.
        old: Its inputs before, blinded.
        new: Its inputs after, blinded.
    """
    told = metadata.detailed_diff or {}
    if not told:
        return _compared(metadata, old, new)
    outputs = _outputs(metadata)
    return tuple(
        _told(path, told[path], (old, new), outputs)
        for path in sorted(told, key=lambda path: _sortable(path_keys(path)))
    )


def _compared(metadata: events.StepEventMetadata, old: Json, new: Json) -> tuple[Change, ...]:
    forcing = set(metadata.keys or ())
    found = _differences(old, new, ())
    seen = {str(path[0]) for path, _, _ in found if path}
    hidden = sorted({*(metadata.diffs or ()), *forcing} - seen)  # differ, but not in what is shown
    found += [((key,), at(old, (key,)), at(new, (key,))) for key in hidden]
    return tuple(
        Change(
            path=path_text(path),
            kind=_kind(was, will),
            replaces=bool(path) and str(path[0]) in forcing,
            old=_stored(was),
            new=_stored(will),
        )
        for path, was, will in found
    )


def _told(path: str, diff: events.PropertyDiff, inputs: tuple[Json, Json], outputs: Json) -> Change:
    keys = path_keys(path)
    kind, _, replace = str(diff.diff_kind.value).partition("-")
    was = at(inputs[0], keys) if diff.input_diff else at(outputs, keys)
    if was is MISSING:
        was = at(inputs[0] if not diff.input_diff else outputs, keys)
    will = at(inputs[1], keys)
    if will is SECRET and was is not MISSING:
        was = SECRET
    if will is MISSING and kind != "delete":
        will = UNKNOWN  # only the provider knows, and only after the update
    return Change(
        path=path,
        kind=cast("Kind", kind),
        replaces=replace == "replace",
        old=None if kind == "add" else _stored(was),
        new=None if kind == "delete" else _stored(will),
    )


def _outputs(metadata: events.StepEventMetadata) -> Json:
    """What the resource was before, without what is secret in it now or then."""
    old, new = metadata.old, metadata.new
    before, _, _ = blinded_pair(
        dict(old.outputs or {}) if old else {}, dict(new.inputs or {}) if new else {}
    )
    return before


def _differences(
    old: Json, new: Json, path: tuple[Key, ...]
) -> list[tuple[tuple[Key, ...], Json, Json]]:
    if old == new:
        return []
    if isinstance(old, dict) and isinstance(new, dict) and "$mark" not in {*old, *new}:
        was, will = cast("dict[str, Json]", old), cast("dict[str, Json]", new)
        return [
            found
            for key in sorted({*was, *will})
            for found in _differences(was.get(key), will.get(key), (*path, key))
        ]
    if isinstance(old, list) and isinstance(new, list):
        before, after = cast("list[Json]", old), cast("list[Json]", new)
        return [
            found
            for index in range(max(len(before), len(after)))
            for found in _differences(
                _element(before, index), _element(after, index), (*path, index)
            )
        ]
    return [(path, at(old, ()), at(new, ()))]


def _element(values: list[Json], index: int) -> Json:
    return values[index] if index < len(values) else None


def _kind(old: Json, new: Json) -> Kind:
    if old is MISSING:
        return "add"
    return "delete" if new is MISSING else "update"


def _stored(value: Json) -> Json:
    if value is MISSING:
        return None
    return mark(value) if isinstance(value, Mark) else value


def _sortable(keys: tuple[Key, ...]) -> tuple[tuple[bool, int, str], ...]:
    return tuple(
        (isinstance(key, str), key if isinstance(key, int) else 0, str(key)) for key in keys
    )
