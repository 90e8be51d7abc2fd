"""Manifests: every object of a deployment as Kubernetes reads it, overlays included; no Pulumi.

What is made for one revision carries it in its name, so that a new one is made beside the old one.
A service's selector and a route's rules are not here: `traffic.py` writes them.
"""

from typing import TYPE_CHECKING, Any

from modelport.platforms.kubernetes.door import door
from modelport.platforms.kubernetes.keys import key_objects
from modelport.platforms.kubernetes.names import (
    INSTANCE,
    KEDA,
    PORT_NAME,
    REPLICAS_MAX,
    REPLICAS_MIN,
    REVISION,
    SCALED_BY,
    SERVICE_PORT,
    VERSION,
    revision_name,
)
from modelport.platforms.kubernetes.objects import UNAWAITED, annotated, made, pod_labels
from modelport.platforms.kubernetes.overlays import overlaid
from modelport.platforms.kubernetes.pods import Values, pod_template
from modelport.platforms.kubernetes.scaling import scaler

if TYPE_CHECKING:
    from modelport.platforms.kubernetes.plan import KubernetesPlan

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Label that every namespace has: its name."""
_NO_IMAGE = "registry.invalid/image"


def manifests(
    plan: "KubernetesPlan",
    image: Any = _NO_IMAGE,
    variables: Values | None = None,
    key_hash: Any = "",
    key: Any = "",
) -> dict[str, Values]:
    """Every object by the end of its resource's name, overlays included; arguments as below."""
    bare = bare_manifests(plan, image, variables, key_hash, key)
    return {name: overlaid(manifest, plan.target.overlays) for name, manifest in bare.items()}


def bare_manifests(
    plan: "KubernetesPlan",
    image: Any = _NO_IMAGE,
    variables: Values | None = None,
    key_hash: Any = "",
    key: Any = "",
) -> dict[str, Values]:
    """Every object before overlays, in the order in which they are made.

    Args:
        plan: The deployment.
        image: Repository and digest.
        variables: Plain environment variables of the container.
        key_hash: SHA-256 of the key that callers send, in hex.
        key: That key.
    """
    revision = plan.revision
    found: dict[str, Values] = {}
    if plan.owns_namespace:
        found["namespace"] = _namespace(plan)
    found |= key_objects(plan, key_hash)
    found["account"] = _account(plan)
    found["callers"] = _network_policy(plan)
    found["service"] = annotated(
        made(plan, "v1", "Service", spec={"ports": _PORTS, "type": "ClusterIP"}), **UNAWAITED
    )
    found[f"{revision}-pods"] = _deployment(plan, image, variables or {}, key_hash)
    found[f"{revision}-service"] = _revision_service(plan)
    found[f"{revision}-disruption"] = made(
        plan,
        "policy/v1",
        "PodDisruptionBudget",
        revision_name(plan.physical_name, revision),
        spec={
            "maxUnavailable": 1,
            "selector": {"matchLabels": pod_labels(plan)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    )
    found |= door(plan)
    found |= _watching(plan, key)
    found[f"{revision}-scaler"] = scaler(plan)
    return found


_PORTS = [{"name": PORT_NAME, "port": SERVICE_PORT, "targetPort": PORT_NAME}]


def _revision_service(plan: "KubernetesPlan") -> Values:
    found = made(
        plan,
        "v1",
        "Service",
        revision_name(plan.physical_name, plan.revision),
        spec={"ports": _PORTS, "type": "ClusterIP", "selector": pod_labels(plan)},
    )
    # One that leads to no pods is no fault where there may be none.
    return found if plan.replicas_min else annotated(found, **UNAWAITED)


def _namespace(plan: "KubernetesPlan") -> Values:
    found = made(plan, "v1", "Namespace", plan.namespace)
    found["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted"
    return found


def _account(plan: "KubernetesPlan") -> Values:
    """An identity without rights, and without a token that could be stolen."""
    found = made(plan, "v1", "ServiceAccount", automountServiceAccountToken=False)
    if plan.target.pod.pull_secret:
        found["imagePullSecrets"] = [{"name": plan.target.pod.pull_secret}]
    return found


def _deployment(plan: "KubernetesPlan", image: Any, variables: Values, key_hash: Any) -> Values:
    """No count of pods: load decides it, and what moves traffic."""
    known = plan.auth == "api_key" and plan.target.key_secret is None
    hashed = key_hash if known else None
    found = made(
        plan,
        "apps/v1",
        "Deployment",
        revision_name(plan.physical_name, plan.revision),
        spec={
            "selector": {"matchLabels": pod_labels(plan)},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
            },
            "progressDeadlineSeconds": plan.target.pod.start_seconds,
            "revisionHistoryLimit": 2,
            "template": pod_template(plan, image, variables, hashed),
        },
    )
    found["metadata"]["labels"] |= {REVISION: plan.revision, VERSION: plan.version}
    autoscaling = plan.target.autoscaling
    found["metadata"]["annotations"] = {
        REPLICAS_MIN: str(plan.replicas_min),
        REPLICAS_MAX: str(plan.replicas_max),
        **({SCALED_BY: KEDA} if autoscaling and autoscaling.keda else {}),
    }
    return found


def _watching(plan: "KubernetesPlan", key: Any) -> dict[str, Values]:
    if plan.target.monitoring is None:
        return {}  # and then nothing is read that makes rules and dashboards
    from modelport.platforms.kubernetes.monitoring import monitoring_objects

    return monitoring_objects(plan, plan.target.monitoring, key)


def _network_policy(plan: "KubernetesPlan") -> Values:
    callers: list[Values] = [{"podSelector": {}}]
    monitoring = plan.target.monitoring
    named = [*plan.target.route.callers, *([monitoring.namespace] if monitoring else [])]
    callers += [
        {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: name}}}
        for name in dict.fromkeys(named)
    ]
    return made(
        plan,
        "networking.k8s.io/v1",
        "NetworkPolicy",
        spec={
            "podSelector": {"matchLabels": {INSTANCE: plan.physical_name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": callers, "ports": [{"port": PORT_NAME, "protocol": "TCP"}]}],
        },
    )
