"""Scaling: what decides how many pods a revision has.

By use of processors, by predictions in flight out of the cluster's custom metrics, or by KEDA.
While traffic moves the rollout decides; see `fleet.py`.
"""

from typing import TYPE_CHECKING

from modelport.platforms.kubernetes.names import revision_name
from modelport.platforms.kubernetes.objects import made
from modelport.platforms.kubernetes.pods import Values, thousandths

if TYPE_CHECKING:
    from modelport.config.targets.cluster_operators import Autoscaling, Keda
    from modelport.platforms.kubernetes.plan import KubernetesPlan

SCALED_OBJECT = "ScaledObject"
KEDA_VERSION = "keda.sh/v1alpha1"
SCALERS = frozenset({"HorizontalPodAutoscaler", SCALED_OBJECT})
"""Kinds that decide how many pods there are."""
_CALM_SECONDS = 300
"""For how long load must be low before pods end."""
_NEVER = "1000000000"
"""Threshold of a query that says whether there are pods, and never how many."""
_SHORTEST_WINDOW = 60
"""Seconds of which load is the mean."""
_SCRAPES = 4
"""Scrapes in such a window; a rate needs two, and one may be late."""


def scaler(plan: "KubernetesPlan") -> Values:
    """The autoscaler of a revision's pods."""
    autoscaling = plan.target.autoscaling
    if autoscaling and autoscaling.keda:
        return _scaled_object(plan, autoscaling, autoscaling.keda)
    name = revision_name(plan.physical_name, plan.revision)
    return made(
        plan,
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        name,
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": plan.replicas_min,
            "maxReplicas": plan.replicas_max,
            "metrics": [_custom(autoscaling) if autoscaling else _processors(plan)],
            "behavior": _BEHAVIOR,
        },
    )


_BEHAVIOR = {"scaleDown": {"stabilizationWindowSeconds": _CALM_SECONDS}}


def _processors(plan: "KubernetesPlan") -> Values:
    average = plan.target.replicas.cpu_percent
    target = {"type": "Utilization", "averageUtilization": average}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def _custom(autoscaling: "Autoscaling") -> Values:
    from modelport.observability.scraping import CUSTOM_METRIC

    target = {"type": "AverageValue", "averageValue": thousandths(autoscaling.in_flight)}
    return {"type": "Pods", "pods": {"metric": {"name": CUSTOM_METRIC}, "target": target}}


def _scaled_object(plan: "KubernetesPlan", autoscaling: "Autoscaling", keda: "Keda") -> Values:
    """Each trigger says a number of pods, and the most of them holds."""
    from modelport.observability.served import in_flight

    name = revision_name(plan.physical_name, plan.revision)
    monitoring = plan.target.monitoring
    scrapes = _SCRAPES * monitoring.interval_seconds if monitoring else 0
    pods = f'namespace="{plan.namespace}",pod=~"{name}-.*"'
    load = in_flight(pods, f"{max(_SHORTEST_WINDOW, scrapes)}s")
    triggers = [_trigger(keda, load, f"{autoscaling.in_flight:g}")]
    if keda.wake:
        triggers.append(_trigger(keda, keda.wake, _NEVER))
    return made(
        plan,
        KEDA_VERSION,
        SCALED_OBJECT,
        name,
        spec={
            "scaleTargetRef": {"name": name},
            "minReplicaCount": plan.replicas_min,
            "maxReplicaCount": plan.replicas_max,
            "cooldownPeriod": keda.calm_seconds,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _BEHAVIOR}},
            "triggers": triggers,
        },
    )


def _trigger(keda: "Keda", query: str, threshold: str) -> Values:
    metadata = {"serverAddress": keda.prometheus, "query": query, "threshold": threshold}
    return {"type": "prometheus", "metadata": metadata}
