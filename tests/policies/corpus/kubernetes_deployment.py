"""A deployment that the restricted Pod Security Standard lets in, behind a wall and TLS."""

import pulumi_kubernetes as k8s

NAMESPACE = "diagnostics"
LABELS = {"app.kubernetes.io/name": "model", "app.kubernetes.io/part-of": "diagnostics"}


def meta(name: str) -> k8s.meta.v1.ObjectMetaArgs:
    """Name, place and labels of an object."""
    return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=NAMESPACE, labels=LABELS)


k8s.core.v1.Namespace(
    "diagnostics",
    metadata={
        "name": NAMESPACE,
        "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
    },
)
account = k8s.core.v1.ServiceAccount(
    "model", metadata=meta("model"), automount_service_account_token=False
)
k8s.apps.v1.Deployment(
    "model",
    metadata=meta("model"),
    spec={
        "replicas": 2,
        "selector": {"match_labels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {
                "service_account_name": "model",
                "automount_service_account_token": False,
                "security_context": {
                    "run_as_non_root": True,
                    "run_as_user": 10001,
                    "seccomp_profile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": "model",
                        "image": "registry.example.com/model@sha256:" + "5f" * 32,
                        "ports": [{"container_port": 3000}],
                        "env": [
                            {"name": "WORKERS", "value": "2"},
                            {
                                "name": "API_KEY",
                                "value_from": {
                                    "secret_key_ref": {"name": "model", "key": "api-key"}
                                },
                            },
                        ],
                        "resources": {
                            "requests": {"cpu": "500m", "memory": "512Mi"},
                            "limits": {"memory": "512Mi"},
                        },
                        "readiness_probe": {"http_get": {"path": "/readyz", "port": 3000}},
                        "liveness_probe": {"http_get": {"path": "/livez", "port": 3000}},
                        "security_context": {
                            "allow_privilege_escalation": False,
                            "read_only_root_filesystem": True,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "volume_mounts": [{"name": "scratch", "mount_path": "/var/cache/model"}],
                    }
                ],
                "volumes": [{"name": "scratch", "empty_dir": {"size_limit": "64Mi"}}],
            },
        },
    },
)
k8s.core.v1.Service(
    "model",
    metadata=meta("model"),
    spec={
        "type": "ClusterIP",
        "selector": LABELS,
        "ports": [{"port": 80, "target_port": 3000}],
    },
)
k8s.networking.v1.NetworkPolicy(
    "model",
    metadata=meta("model"),
    spec={
        "pod_selector": {"match_labels": LABELS},
        "policy_types": ["Ingress", "Egress"],
        "ingress": [
            {
                "from_": [{"namespace_selector": {"match_labels": {"name": "ingress"}}}],
                "ports": [{"port": 3000}],
            }
        ],
    },
)
k8s.networking.v1.Ingress(
    "model",
    metadata=meta("model"),
    spec={
        "tls": [{"hosts": ["model.example.com"], "secret_name": "model-tls"}],
        "rules": [
            {
                "host": "model.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "path_type": "Prefix",
                            "backend": {"service": {"name": "model", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ],
    },
)
k8s.autoscaling.v2.HorizontalPodAutoscaler(
    "model",
    metadata=meta("model"),
    spec={
        "min_replicas": 2,
        "max_replicas": 6,
        "scale_target_ref": {"api_version": "apps/v1", "kind": "Deployment", "name": "model"},
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "average_utilization": 60},
                },
            }
        ],
    },
)
k8s.policy.v1.PodDisruptionBudget(
    "model",
    metadata=meta("model"),
    spec={"max_unavailable": 1, "selector": {"match_labels": LABELS}},
)
