"""Invoke: the functions of the Kubernetes SDK that need no cluster."""

from typing import cast

import yaml

from modelport.cluster.manifest import Kind
from modelport.cluster.objects import Object, text
from modelport.cluster.problems import ClusterError
from modelport.cluster.scopes import is_namespaced

DECODE = "kubernetes:yaml:decode"
"""Function that the SDK's `yaml` module calls without declaring it."""
NO_HELM = "charts need the official plugin; render it with `helm template` and use its YAML"
_ELSEWHERE = {
    "kubernetes:helm:template": NO_HELM,
    "kubernetes:kustomize:directory": "run `kubectl kustomize` and use its YAML",
}


def answer(token: str, arguments: Object) -> Object:
    """Answer a function.

    Raises:
        ClusterError: the function is not one of those, or its arguments are wrong.
    """
    if token == DECODE:
        return {"result": cast("object", _decode(arguments))}
    instead = _ELSEWHERE.get(token, "it needs the official plugin pulumi-resource-kubernetes")
    message = f"{token} is not served here; {instead}"
    raise ClusterError(message)


def _decode(arguments: Object) -> list[object]:
    try:
        documents = list(yaml.safe_load_all(text(arguments, "text")))
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f" in line {place.line + 1}" if place else ""
        message = f"text: it is no YAML{line}; correct it"
        raise ClusterError(message) from error
    namespace = text(arguments, "defaultNamespace")
    found: list[object] = []
    for document in documents:
        if not isinstance(document, dict):
            continue  # an empty document between separators
        value = cast("Object", document)
        items = value.get("items") if text(value, "kind").endswith("List") else None
        inner = cast("list[object]", items) if isinstance(items, list) else [value]
        found.extend(_placed(item, namespace) for item in inner)
    return found


def _placed(value: object, namespace: str) -> object:
    if not namespace or not isinstance(value, dict):
        return value
    held = cast("Object", value)
    if is_namespaced(Kind(text(held, "apiVersion"), text(held, "kind"))) is False:
        return held
    metadata = held.get("metadata")
    inside = cast("Object", metadata) if isinstance(metadata, dict) else {}
    return {**held, "metadata": {"namespace": namespace, **inside}}
