"""Monitoring: objects of the Prometheus Operator, and Grafana's dashboard."""

import json
from typing import TYPE_CHECKING, Any

from modelport.observability import Watched, dashboard, rule_groups
from modelport.platforms.kubernetes.keys import key_secret_name
from modelport.platforms.kubernetes.names import INSTANCE, METRICS_KEY, PORT_NAME, REVISION
from modelport.platforms.kubernetes.objects import made
from modelport.platforms.kubernetes.pods import Values

if TYPE_CHECKING:
    from modelport.config.targets.cluster_operators import Monitoring
    from modelport.platforms.kubernetes.plan import KubernetesPlan

MONITORING_VERSION = "monitoring.coreos.com/v1"
_DASHBOARD_LABEL = {"grafana_dashboard": "1"}
"""Label by which the sidecar of Grafana's chart finds dashboards, unless it is told another."""


def monitoring_objects(
    plan: "KubernetesPlan", monitoring: "Monitoring", key: Any
) -> dict[str, Values]:
    """What watches a deployment, by the end of its resource's name.

    Args:
        plan: The deployment.
        monitoring: What is wanted.
        key: The key that callers send.
    """
    found: dict[str, Values] = {}
    if plan.target.key_secret is None:
        name = metrics_secret(plan)
        found["metrics-key"] = made(plan, "v1", "Secret", name, stringData={METRICS_KEY: key})
    found["monitor"] = _chosen(
        monitoring, made(plan, MONITORING_VERSION, "PodMonitor", spec=_scraped(plan, monitoring))
    )
    found["rules"] = _chosen(
        monitoring,
        made(plan, MONITORING_VERSION, "PrometheusRule", spec=rule_groups(watched(plan))),
    )
    if monitoring.dashboard:
        name = f"{plan.physical_name}-dashboard"
        text = json.dumps(dashboard(watched(plan)))
        file = {f"{plan.physical_name}.json": text}
        found["dashboard"] = made(plan, "v1", "ConfigMap", name, data=file)
        found["dashboard"]["metadata"]["labels"] |= _DASHBOARD_LABEL
    return found


def metrics_secret(plan: "KubernetesPlan") -> str:
    """Name of the secret with the key that Prometheus sends."""
    if plan.target.key_secret:
        return key_secret_name(plan)
    return f"{plan.physical_name}-metrics-key"


def watched(plan: "KubernetesPlan") -> Watched:
    """The deployment as Prometheus knows it."""
    return Watched(
        plan.physical_name, plan.name, plan.owner, plan.slo, sleeps=plan.replicas_min == 0
    )


def _scraped(plan: "KubernetesPlan", monitoring: "Monitoring") -> Values:
    """Pods of every revision; each has numbers of its own."""
    credentials = {"name": metrics_secret(plan), "key": METRICS_KEY}
    return {
        "jobLabel": INSTANCE,
        "podTargetLabels": [REVISION],
        "selector": {"matchLabels": {INSTANCE: plan.physical_name}},
        "podMetricsEndpoints": [
            {
                "port": PORT_NAME,
                "path": "/metrics",
                "interval": f"{monitoring.interval_seconds}s",
                "authorization": {"type": "Bearer", "credentials": credentials},
            }
        ],
    }


def _chosen(monitoring: "Monitoring", manifest: Values) -> Values:
    manifest["metadata"]["labels"] |= monitoring.labels
    return manifest
