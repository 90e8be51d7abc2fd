"""Workloads: where each resource type keeps the containers that it runs."""

from collections.abc import Iterator, Mapping

from modelport_policies.rule import Resource
from modelport_policies.secret_words import looks_like_secret
from modelport_policies.values import Path, items, text

_POD: Path = ("spec",)
_TEMPLATE: Path = ("spec", "template", "spec")

PODS: Mapping[str, Path] = {
    "kubernetes:apps/v1:DaemonSet": _TEMPLATE,
    "kubernetes:apps/v1:Deployment": _TEMPLATE,
    "kubernetes:apps/v1:ReplicaSet": _TEMPLATE,
    "kubernetes:apps/v1:StatefulSet": _TEMPLATE,
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "kubernetes:batch/v1:Job": _TEMPLATE,
    "kubernetes:core/v1:Pod": _POD,
    "kubernetes:core/v1:ReplicationController": _TEMPLATE,
}
"""Kubernetes types that run pods, and where the pod is described."""


def containers(
    resource: Resource, place: Path, lists: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The known containers in the lists at `place`, each with the words that name it."""
    for field in lists:
        for index, container in items(resource.properties, *place, field):
            if isinstance(container, Mapping):
                yield label(container, f"{field}[{index}]"), container


def label(named: Mapping[str, object], place: str) -> str:
    """Where something is, with its name when that is a plain one."""
    name = text(named, "name")
    plain = (
        isinstance(name, str)
        and len(name) <= LONGEST_NAME
        and is_plain(name)
        and not looks_like_secret(name)
    )
    return f"{place} '{name}'" if plain else place


LONGEST_NAME = 63
"""As in Kubernetes; what is longer, or holds odd characters, may be anything, also a secret."""


def is_plain(name: str) -> bool:
    """Whether a name has only letters, digits, dots, dashes and underscores."""
    return bool(name) and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
