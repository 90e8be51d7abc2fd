"""Foresight: a resource's outputs before an update, with what cannot be known yet left unknown."""

from typing import cast

from modelport.cluster.objects import Json, Object, entries, mapping, text
from modelport.provider.wire import UNKNOWN

_MADE_AT_CREATION = ("uid", "creationTimestamp", "resourceVersion", "generation")
_MADE_AT_UPDATE = ("resourceVersion", "generation")


def foreseen(live: Object, inputs: Object, outputs: Object | None) -> Object:
    """What a dry run answered, without what only the real run decides.

    Args:
        live: The answer.
        inputs: The resource's inputs.
        outputs: Today's outputs; none for a new resource.
    """
    result = _undecided(live, _MADE_AT_CREATION if outputs is None else _MADE_AT_UPDATE)
    metadata = mapping(result, "metadata")
    metadata.pop("managedFields", None)
    if outputs is None:
        result.pop("status", None)  # a property that is not there counts as unknown
        if text(live, "kind") == "Service":
            result["spec"] = _service(mapping(live, "spec"), mapping(inputs, "spec"))
    return result


def merged(inputs: Object, outputs: Object | None) -> Object:
    """The inputs over today's outputs, where the cluster could not be asked."""
    if outputs is None:
        return _undecided(inputs, ("uid", "creationTimestamp", "resourceVersion", "generation"))
    known = {key: value for key, value in outputs.items() if not key.startswith("__")}
    return _undecided(mapping(_over(known, inputs)), _MADE_AT_UPDATE)


def _undecided(value: Object, names: tuple[str, ...]) -> Object:
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        return dict(value)
    return {**value, "metadata": {**mapping(metadata), **dict.fromkeys(names, UNKNOWN)}}


def _service(spec: Object, written: Object) -> Object:
    """Addresses and node ports of a new service are drawn anew by the real run."""
    result = dict(spec)
    for key in ("clusterIP", "clusterIPs"):
        if key in spec and key not in written and spec.get(key) not in ("None", ["None"]):
            result[key] = UNKNOWN
    ports: list[Json] = []
    asked = entries(written, "ports")
    for index, port in enumerate(entries(spec, "ports")):
        given = index < len(asked) and "nodePort" in asked[index]
        ports.append({**port, "nodePort": UNKNOWN} if "nodePort" in port and not given else port)
    return {**result, "ports": ports}


def _over(below: Json, above: Json) -> Json:
    if isinstance(below, dict) and isinstance(above, dict):
        result = dict(cast("Object", below))
        for key, value in cast("Object", above).items():
            result[key] = _over(result.get(key), value)
        return result
    return above
