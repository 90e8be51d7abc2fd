"""The life of an ordinary kubernetes program, offline, with the real engine."""

import base64

import pytest

from offline_project import OfflineProject

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

config = pulumi.Config()
replicas = config.get_int("replicas") or 2
space = k8s.core.v1.Namespace("models")
labels = {"app": "predict"}
inside = {"namespace": space.metadata.name}
settings = k8s.core.v1.ConfigMap("settings", metadata=inside, data={"LEVEL": "info"})
key = k8s.core.v1.Secret(
    "key", metadata=inside, string_data={"token": pulumi.Output.secret("s3cr3t")}
)
app = k8s.apps.v1.Deployment(
    "predict",
    metadata=inside,
    spec={
        "replicas": replicas,
        "selector": {"match_labels": config.get_object("labels") or labels},
        "template": {
            "metadata": {"labels": config.get_object("labels") or labels},
            "spec": {
                "containers": [
                    {
                        "name": "predict",
                        "image": "predict:v1",
                        "ports": [{"container_port": 8080}],
                        "env_from": [{"config_map_ref": {"name": settings.metadata.name}}],
                    }
                ]
            },
        },
    },
)
service = k8s.core.v1.Service(
    "front",
    metadata=inside,
    spec={"selector": labels, "ports": [{"port": 80, "target_port": 8080}]},
)
k8s.autoscaling.v2.HorizontalPodAutoscaler(
    "scale",
    metadata=inside,
    spec={
        "min_replicas": 2,
        "max_replicas": 5,
        "scale_target_ref": {
            "api_version": "apps/v1", "kind": "Deployment", "name": app.metadata.name
        },
    },
)
k8s.policy.v1.PodDisruptionBudget(
    "budget", metadata=inside, spec={"min_available": 1, "selector": {"match_labels": labels}}
)
far = k8s.Provider("far", namespace="elsewhere")
k8s.core.v1.ConfigMap("far", data={"a": "b"}, opts=pulumi.ResourceOptions(provider=far))
pulumi.export("ready", app.status.ready_replicas)
pulumi.export("address", service.spec.cluster_ip)
"""


def test_the_life_of_a_program(offline_project: OfflineProject) -> None:
    project = offline_project
    project.program(PROGRAM)
    project.settings()
    previewed = project.do("preview")
    assert previewed.ok, previewed.messages
    made = project.do("up")
    assert made.ok, made.messages
    assert made.steps == previewed.steps
    first = project.outputs()
    assert first["ready"] == 2
    assert first["address"].startswith("198.18.")
    state = project.state()
    assert state["far"]["id"].startswith("elsewhere/far-")
    assert state["settings"]["id"].startswith(state["models"]["id"] + "/settings-")
    for file in project.home.state.rglob("*.json"):  # secret data stays secret
        assert "s3cr3t" not in file.read_text()
        assert base64.b64encode(b"s3cr3t").decode() not in file.read_text()
    assert set(project.do("up").steps.values()) == {"same"}

    project.settings(replicas=3)
    changed = project.do("up")
    assert changed.ok, changed.messages
    assert changed.changed["predict"] == ["spec.replicas"]
    assert project.outputs() == {"ready": 3, "address": first["address"]}

    project.settings(replicas=3, labels={"app": "other"})
    replaced = project.do("up")
    assert replaced.ok, replaced.messages
    assert "replace" in replaced.steps.values()

    project.faults = {"settings": {"read": {"data.LEVEL": "debug"}}}
    assert project.do("refresh").ok
    project.faults = {}
    # The official provider replaces maps, so that pods see another name.
    assert project.do("up").steps["settings"] == "replace"
    gone = project.do("destroy")
    assert gone.ok, gone.messages
    assert project.state() == {}
