"""A model on Kubernetes; `head` is what a pull request makes of it."""

import pulumi
import pulumi_kubernetes as kubernetes

head = pulumi.Config().get_bool("head") or False

space = kubernetes.core.v1.Namespace("diagnostics", metadata={"name": "diagnostics"})
labels = {"app": "cancer"}
kubernetes.core.v1.Secret(
    "key",
    metadata={"name": "key", "namespace": "diagnostics"},
    string_data={"api_key": "mp_second" if head else "mp_first"},
)
kubernetes.apps.v1.Deployment(
    "cancer",
    metadata={"name": "cancer", "namespace": "diagnostics"},
    spec={
        "replicas": 6 if head else 2,
        "selector": {"match_labels": labels},
        "strategy": {"type": "Recreate" if head else "RollingUpdate"},
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "containers": [
                    {
                        "name": "cancer",
                        "image": f"models/cancer:{'9bc1ff20' if head else '3f2a10bc'}",
                        "resources": {"limits": {"memory": "1Gi"}},
                        "env": [{"name": "API_TOKEN", "value": "written-in-plain"}] if head else [],
                    }
                ]
            },
        },
    },
)
kubernetes.core.v1.Service(
    "cancer",
    metadata={"name": "cancer", "namespace": "diagnostics"},
    spec={
        "selector": labels,
        "ports": [{"port": 80, "target_port": 3000}],
        "type": "LoadBalancer" if head else "ClusterIP",
    },
)
if head:
    kubernetes.rbac.v1.ClusterRoleBinding(
        "rights",
        metadata={"name": "cancer-rights"},
        role_ref={
            "api_group": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        subjects=[{"kind": "ServiceAccount", "name": "default", "namespace": "diagnostics"}],
    )
else:
    kubernetes.core.v1.PersistentVolumeClaim(
        "answers",
        metadata={"name": "answers", "namespace": "diagnostics"},
        spec={
            "access_modes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "10Gi"}},
        },
    )
