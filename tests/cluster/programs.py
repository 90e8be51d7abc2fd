"""Programs of the tests, as anybody would write them with the Kubernetes SDK."""

SHOP = """
import pulumi
import pulumi_kubernetes as k8s

image = "localhost/app:1"
secret = {"name": "key", "key": "key"}
shop = k8s.core.v1.Namespace("shop", metadata={"name": "shop"})


def meta(name):
    return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=shop.metadata.name)


def template(name, *args, **spec):
    return k8s.core.v1.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(labels={"app": name}),
        spec=k8s.core.v1.PodSpecArgs(
            termination_grace_period_seconds=1,
            containers=[
                k8s.core.v1.ContainerArgs(
                    name="app",
                    image=image,
                    args=list(args),
                    image_pull_policy="IfNotPresent",
                    ports=[k8s.core.v1.ContainerPortArgs(container_port=8080)],
                    env=[{"name": "KEY", "value_from": {"secret_key_ref": secret}}],
                    resources={"requests": {"cpu": "0.01", "memory": "16Mi"}},
                )
            ],
            **spec,
        ),
    )


settings = k8s.core.v1.ConfigMap("settings", metadata=meta("settings"), data={"rate": "1"})
here = {"namespace": shop.metadata.name}
unnamed = k8s.core.v1.ConfigMap("unnamed", metadata=here, data={"a": "b"})
key = k8s.core.v1.Secret("key", metadata=meta("key"), string_data={"key": "open-sesame"})
web = k8s.apps.v1.Deployment(
    "web",
    metadata=meta("web"),
    spec=k8s.apps.v1.DeploymentSpecArgs(
        replicas=2,
        selector=k8s.meta.v1.LabelSelectorArgs(match_labels={"app": "web"}),
        template=template("web", "serve"),
    ),
    opts=pulumi.ResourceOptions(depends_on=[key]),
)
service = k8s.core.v1.Service(
    "web",
    metadata=meta("web"),
    spec={"selector": {"app": "web"}, "ports": [{"port": 80, "target_port": 8080}]},
)
once = k8s.batch.v1.Job(
    "once",
    metadata=meta("once"),
    spec={"template": template("once", "done", restart_policy="Never"), "backoff_limit": 1},
    opts=pulumi.ResourceOptions(depends_on=[key]),
)
headless = k8s.core.v1.Service(
    "db",
    metadata=meta("db"),
    spec={"cluster_ip": "None", "selector": {"app": "db"}, "ports": [{"port": 80}]},
)
db = k8s.apps.v1.StatefulSet(
    "db",
    metadata=meta("db"),
    spec={
        "service_name": headless.metadata.name,
        "replicas": 2,
        "selector": {"match_labels": {"app": "db"}},
        "template": template("db", "serve"),
    },
    opts=pulumi.ResourceOptions(depends_on=[key]),
)
slow = k8s.storage.v1.StorageClass(
    "slow",
    metadata={"name": "slow"},
    provisioner="none.example.com",
    volume_binding_mode="WaitForFirstConsumer",
)
disk = k8s.core.v1.PersistentVolumeClaim(
    "disk",
    metadata=meta("disk"),
    spec={
        "storage_class_name": slow.metadata.name,
        "access_modes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    },
)
schema = {"type": "object", "properties": {"replicas": {"type": "integer"}}}
definition = k8s.apiextensions.v1.CustomResourceDefinition(
    "models",
    metadata={"name": "models.example.com"},
    spec={
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "models", "singular": "model", "kind": "Model"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"open_apiv3_schema": {"type": "object", "properties": {"spec": schema}}},
            }
        ],
    },
)
model = k8s.apiextensions.CustomResource(
    "cancer",
    api_version="example.com/v1",
    kind="Model",
    metadata=meta("cancer"),
    spec={"replicas": 2},
    opts=pulumi.ResourceOptions(depends_on=[definition]),
)
pulumi.export("address", service.spec.cluster_ip)
pulumi.export("unnamed", unnamed.metadata.name)
"""
"""Most kinds at once; 14 resources with the stack."""

RESOURCES = 14

WEB = """
import pulumi_kubernetes as k8s

labels = {"app": "web"}
web = k8s.apps.v1.Deployment(
    "web",
    metadata={
        "name": "web",
        "namespace": "NAMESPACE",
        "annotations": {"pulumi.com/timeoutSeconds": "8"},
    },
    spec={
        "replicas": 2,
        "selector": {"match_labels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "termination_grace_period_seconds": 1,
                "containers": [
                    {
                        "name": "app",
                        "image": "localhost/app:1",
                        "args": ["serve"],
                        "image_pull_policy": "IfNotPresent",
                    }
                ],
            },
        },
    },
)
"""
"""One deployment with 8 s to become ready."""
