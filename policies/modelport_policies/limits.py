"""Rules about resource limits: no program may take the whole machine."""

from collections.abc import Iterator, Mapping

from modelport_policies.rule import Resource, Rule, Settings
from modelport_policies.values import MISSING, UNKNOWN, items, number, read, text

_PODS: Mapping[str, tuple[str | int, ...]] = {
    "kubernetes:apps/v1:DaemonSet": ("spec", "template", "spec", "containers"),
    "kubernetes:apps/v1:Deployment": ("spec", "template", "spec", "containers"),
    "kubernetes:apps/v1:StatefulSet": ("spec", "template", "spec", "containers"),
    "kubernetes:batch/v1:Job": ("spec", "template", "spec", "containers"),
    "kubernetes:core/v1:Pod": ("spec", "containers"),
}


def _containers(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    for index, container in items(resource.properties, *_PODS[resource.type]):
        if not isinstance(container, Mapping):
            continue
        properties = container
        if read(properties, "resources", "limits", "memory") is MISSING:
            name = text(properties, "name")
            shown = name if isinstance(name, str) else f"number {index}"
            yield f"its container {shown} has no memory limit"


def _server(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    limit = number(resource.properties, "memory_bytes")
    if limit is not UNKNOWN and not (isinstance(limit, int | float) and limit > 0):
        yield "its workers have no memory limit"


CONTAINERS_LIMITED = Rule(
    id="container-memory-limited",
    title="Every container has a memory limit.",
    severity="medium",
    types=tuple(_PODS),
    rationale="a container without a limit takes its neighbours down with it",
    fix='resources={"limits": {"memory": "1Gi"}} on the container',
    sources=("CKV_K8S_13", "NSA/CISA Kubernetes Hardening Guidance 1.2, resource policies"),
    check=_containers,
)

SERVER_LIMITED = Rule(
    id="local-memory-limited",
    title="A local server's workers have a memory limit.",
    severity="medium",
    types=("modelport:local:Server",),
    rationale="a worker that leaks would take the machine with it",
    fix="target: {memory_megabytes: 1024} in the deployment",
    sources=("CWE-770",),
    check=_server,
)

LIMITS = (CONTAINERS_LIMITED, SERVER_LIMITED)
