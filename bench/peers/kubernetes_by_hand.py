"""A hundred models on Kubernetes as one would write them by hand: loops, and nothing around them.

The bench writes it down as a program of its own, with the names of the bundle that it built.
"""

import pulumi
import pulumi_kubernetes as k8s
from pulumi_kubernetes.core.v1 import (
    ContainerArgsDict,
    PodAntiAffinityArgsDict,
    ServicePortArgsDict,
    TopologySpreadConstraintArgsDict,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgsDict

COUNT = 100
BUNDLE, VERSION, REVISION = "breast_cancer", "{version}", "{revision}"
IMAGE = "{image}"
KEY_HASH = "{key_hash}"
PORTS: list[ServicePortArgsDict] = [{"name": "http", "port": 80, "target_port": "http"}]

cluster = k8s.Provider("cluster")
for number in range(COUNT):
    model = f"model{number:02}"
    app = f"mp-{model}-bench"
    release = f"{app}-{REVISION}"
    labels = {
        "app.kubernetes.io/name": BUNDLE,
        "app.kubernetes.io/instance": app,
        "app.kubernetes.io/managed-by": "modelport",
        "modelport/deployment": model,
        "modelport/environment": "dev",
        "modelport/stack": "bench",
        "modelport/owner": "bench",
    }
    selector = {"app.kubernetes.io/instance": app, "modelport/revision": REVISION}
    meta: ObjectMetaArgsDict = {"name": app, "namespace": app, "labels": labels}
    of_release: ObjectMetaArgsDict = {**meta, "name": release}
    namespace = k8s.core.v1.Namespace(
        f"{model}-namespace",
        metadata={
            "name": app,
            "labels": {**labels, "pod-security.kubernetes.io/enforce": "restricted"},
        },
        opts=pulumi.ResourceOptions(provider=cluster),
    )
    inside = pulumi.ResourceOptions(provider=cluster, depends_on=[namespace])
    secret = k8s.core.v1.Secret(
        f"{model}-key",
        metadata={**meta, "name": f"{app}-key"},
        string_data={"MODELPORT_API_KEY_SHA256": KEY_HASH},
        opts=inside,
    )
    account = k8s.core.v1.ServiceAccount(
        f"{model}-account", metadata=meta, automount_service_account_token=False, opts=inside
    )
    k8s.networking.v1.NetworkPolicy(
        f"{model}-callers",
        metadata=meta,
        spec={
            "pod_selector": {"match_labels": {"app.kubernetes.io/instance": app}},
            "policy_types": ["Ingress"],
            "ingress": [
                {
                    "from_": [{"pod_selector": {}}],
                    "ports": [{"port": "http", "protocol": "TCP"}],
                }
            ],
        },
        opts=inside,
    )
    k8s.core.v1.Service(
        f"{model}-service",
        metadata={**meta, "annotations": {"pulumi.com/skipAwait": "true"}},
        spec={"ports": PORTS, "type": "ClusterIP"},
        opts=inside,
    )
    container: ContainerArgsDict = {
        "name": "model",
        "image": IMAGE,
        "image_pull_policy": "IfNotPresent",
        "ports": [{"name": "http", "container_port": 8080}],
        "env": [
            {"name": "MODELPORT_MAX_BODY_BYTES", "value": "1048576"},
            {"name": "MODELPORT_MAX_ROWS", "value": "10000"},
            {"name": "MODELPORT_WORKERS", "value": "1"},
            {
                "name": "MODELPORT_API_KEY_SHA256",
                "value_from": {
                    "secret_key_ref": {"name": f"{app}-key", "key": "MODELPORT_API_KEY_SHA256"}
                },
            },
        ],
        "resources": {
            "requests": {"cpu": "500m", "memory": "1024Mi"},
            "limits": {"memory": "1024Mi"},
        },
        "startup_probe": {
            "http_get": {"path": "/readyz", "port": "http"},
            "period_seconds": 2,
            "timeout_seconds": 2,
            "failure_threshold": 150,
        },
        "readiness_probe": {
            "http_get": {"path": "/readyz", "port": "http"},
            "period_seconds": 2,
            "timeout_seconds": 5,
            "failure_threshold": 3,
        },
        "liveness_probe": {
            "http_get": {"path": "/livez", "port": "http"},
            "period_seconds": 10,
            "timeout_seconds": 5,
            "failure_threshold": 3,
        },
        "lifecycle": {"pre_stop": {"sleep": {"seconds": 5}}},
        "security_context": {
            "allow_privilege_escalation": False,
            "read_only_root_filesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volume_mounts": [{"name": "tmp", "mount_path": "/tmp"}],  # noqa: S108 - in the container
    }
    spread: TopologySpreadConstraintArgsDict = {
        "max_skew": 1,
        "topology_key": "kubernetes.io/hostname",
        "when_unsatisfiable": "ScheduleAnyway",
        "label_selector": {"match_labels": selector},
    }
    apart: PodAntiAffinityArgsDict = {
        "preferred_during_scheduling_ignored_during_execution": [
            {
                "weight": 100,
                "pod_affinity_term": {
                    "topology_key": "topology.kubernetes.io/zone",
                    "label_selector": {"match_labels": selector},
                },
            }
        ]
    }
    pods = k8s.apps.v1.Deployment(
        f"{model}-pods",
        metadata={
            **of_release,
            "labels": {
                **labels,
                "modelport/revision": REVISION,
                "app.kubernetes.io/version": VERSION,
            },
            "annotations": {"modelport/replicas-min": "2", "modelport/replicas-max": "4"},
        },
        spec={
            "selector": {"match_labels": selector},
            "strategy": {
                "type": "RollingUpdate",
                "rolling_update": {"max_surge": 1, "max_unavailable": 0},
            },
            "progress_deadline_seconds": 300,
            "revision_history_limit": 2,
            "template": {
                "metadata": {
                    "labels": {"app.kubernetes.io/name": BUNDLE, **selector},
                    "annotations": {"modelport/key": KEY_HASH},
                },
                "spec": {
                    "service_account_name": app,
                    "automount_service_account_token": False,
                    "enable_service_links": False,
                    "termination_grace_period_seconds": 25,
                    "security_context": {
                        "run_as_non_root": True,
                        "run_as_user": 10001,
                        "run_as_group": 10001,
                        "seccomp_profile": {"type": "RuntimeDefault"},
                    },
                    "topology_spread_constraints": [spread],
                    "affinity": {"pod_anti_affinity": apart},
                    "containers": [container],
                    "volumes": [
                        {"name": "tmp", "empty_dir": {"medium": "Memory", "size_limit": "128Mi"}}
                    ],
                },
            },
        },
        opts=pulumi.ResourceOptions(provider=cluster, depends_on=[secret, account]),
    )
    k8s.core.v1.Service(
        f"{model}-release",
        metadata=of_release,
        spec={"ports": PORTS, "type": "ClusterIP", "selector": selector},
        opts=inside,
    )
    k8s.policy.v1.PodDisruptionBudget(
        f"{model}-disruption",
        metadata=of_release,
        spec={
            "max_unavailable": 1,
            "selector": {"match_labels": selector},
            "unhealthy_pod_eviction_policy": "AlwaysAllow",
        },
        opts=inside,
    )
    k8s.autoscaling.v2.HorizontalPodAutoscaler(
        f"{model}-scaler",
        metadata=of_release,
        spec={
            "scale_target_ref": {"api_version": "apps/v1", "kind": "Deployment", "name": release},
            "min_replicas": 2,
            "max_replicas": 4,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "average_utilization": 70},
                    },
                }
            ],
            "behavior": {"scale_down": {"stabilization_window_seconds": 300}},
        },
        opts=pulumi.ResourceOptions(provider=cluster, depends_on=[pods]),
    )
