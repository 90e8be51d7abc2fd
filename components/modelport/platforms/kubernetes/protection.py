"""Protection: what keeps a pod from harming its node, and others from reaching it."""

from collections.abc import Callable, Iterator
from typing import Any, cast

from modelport.platforms.kubernetes.pods import Values

_HOST = ("hostNetwork", "hostPID", "hostIPC")
_UNSAFE_VOLUMES = frozenset({"hostPath", "nfs", "iscsi", "glusterfs", "rbd", "cephfs"})
_SECCOMP = frozenset({"RuntimeDefault", "Localhost"})


def protections(manifest: Values) -> frozenset[str]:
    """What protects an object, in words; fewer after a change means that it is weaker."""
    kind = manifest.get("kind")
    if kind == "Deployment":
        return frozenset(_of_pod(_at(manifest, "spec", "template", "spec")))
    if kind == "NetworkPolicy":
        return frozenset({f"the network policy {_at(manifest, 'spec')}"})
    if kind == "Namespace":
        level = _at(manifest, "metadata", "labels").get("pod-security.kubernetes.io/enforce")
        return frozenset({"the restricted standard of the namespace"} if level else ())
    if kind == "Service":
        inner = _at(manifest, "spec").get("type") == "ClusterIP"
        return frozenset({"the address that only the cluster knows"} if inner else ())
    if kind == "ServiceAccount":
        bare = manifest.get("automountServiceAccountToken") is False
        return frozenset({"the rule that pods get no token"} if bare else ())
    if kind == "Ingress":
        return frozenset({"TLS of the ingress"} if _at(manifest, "spec").get("tls") else ())
    return frozenset()


def _of_pod(spec: Values) -> Iterator[str]:
    if not any(spec.get(name) for name in _HOST):
        yield "the separation from the node's network and processes"
    if spec.get("automountServiceAccountToken") is False:
        yield "the rule that pods get no token"
    volumes: list[Values] = spec.get("volumes") or []
    if not any(_UNSAFE_VOLUMES & volume.keys() for volume in volumes):
        yield "the separation from the node's folders"
    shared = _at(spec, "securityContext")
    every = ("containers", "initContainers", "ephemeralContainers")
    containers: list[Values] = [item for part in every for item in spec.get(part) or []]
    for words, holds in _CHECKS.items():
        if all(holds({**shared, **_at(item, "securityContext")}) for item in containers):
            yield words


def _unprivileged(context: Values) -> bool:
    kept = _at(context, "capabilities")
    return (
        not context.get("privileged") and "ALL" in (kept.get("drop") or ()) and not kept.get("add")
    )


def _no_root(context: Values) -> bool:
    return context.get("runAsNonRoot") is True and context.get("runAsUser") != 0


def _no_escalation(context: Values) -> bool:
    return context.get("allowPrivilegeEscalation") is False


def _read_only(context: Values) -> bool:
    return context.get("readOnlyRootFilesystem") is True


def _filtered(context: Values) -> bool:
    return _at(context, "seccompProfile").get("type") in _SECCOMP


_CHECKS: dict[str, Callable[[Values], bool]] = {
    "the user that is not root": _no_root,
    "the rule against more privileges": _no_escalation,
    "the lack of capabilities": _unprivileged,
    "the file system that is read only": _read_only,
    "the filter of system calls": _filtered,
}


def _at(value: Values, *path: str) -> Values:
    found: Any = value
    for key in path:
        found = cast("Values", found).get(key) if isinstance(found, dict) else None
    return cast("Values", found) if isinstance(found, dict) else {}
