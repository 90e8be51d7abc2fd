"""Rules about resource limits: no program may take the whole machine."""

from collections.abc import Iterator

from modelport_policies.rule import Resource, Rule, Sample, Settings
from modelport_policies.values import MISSING, UNKNOWN, number, read
from modelport_policies.workloads import PODS, containers

_SERVER = "modelport:local:Server"
_SERVERS = (_SERVER, "modelport:docker:Service")
_POD = "kubernetes:core/v1:Pod"


def _containers(resource: Resource, _: Settings) -> Iterator[str]:
    # Init containers count as well: a node reserves for whichever needs most.
    for name, container in containers(
        resource, PODS[resource.type], ("containers", "initContainers")
    ):
        limit = read(container, "resources", "limits", "memory")
        if limit is not UNKNOWN and not (isinstance(limit, str | int | float) and limit):
            yield f"has no resources.limits.memory in {name}"


def _server(resource: Resource, _: Settings) -> Iterator[str]:
    limit = number(resource.properties, "memory_bytes")
    if limit is MISSING or (isinstance(limit, float) and limit <= 0):
        yield "has no memory_bytes, so its workers take what they like"


CONTAINERS_LIMITED = Rule(
    id="container-memory-limited",
    title="Every container has a memory limit.",
    severity="medium",
    types=tuple(PODS),
    rationale="a container without a limit takes its neighbours down with it",
    fix='resources={"limits": {"memory": "1Gi"}} on the container',
    sources=("CKV_K8S_13", "NSA/CISA Kubernetes Hardening Guidance 1.2, resource policies"),
    passes=Sample(
        _POD,
        {"spec": {"containers": [{"name": "web", "resources": {"limits": {"memory": "1Gi"}}}]}},
    ),
    fails=Sample(_POD, {"spec": {"containers": [{"name": "web"}]}}),
    check=_containers,
)

SERVER_LIMITED = Rule(
    id="local-memory-limited",
    title="A server of ours has a memory limit.",
    severity="medium",
    types=_SERVERS,
    rationale="a worker that leaks would take the machine with it",
    fix="target: {memory_megabytes: 1024}, on Docker {memory_mib: 1024}, in the deployment",
    sources=("CWE-770",),
    passes=Sample(_SERVER, {"memory_bytes": 2**30}),
    fails=Sample(_SERVER, {"memory_bytes": 0}),
    check=_server,
)

LIMITS = (CONTAINERS_LIMITED, SERVER_LIMITED)
