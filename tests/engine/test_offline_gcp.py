"""The life of an ordinary gcp program, offline, with the real engine."""

import json

import pytest

from offline_project import OfflineProject

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_gcp as gcp

config = pulumi.Config()
client = gcp.organizations.get_client_config()
network = gcp.compute.Network("net", auto_create_subnetworks=False)
gcp.compute.Subnetwork("net", network=network.id, ip_cidr_range="10.0.0.0/20")
runner = gcp.serviceaccount.Account("runner", account_id="runner")
images = gcp.artifactregistry.Repository(
    "images", repository_id=config.get("repository") or "images", format="DOCKER"
)
service = gcp.cloudrunv2.Service(
    "predict",
    location="europe-west4",
    ingress="INGRESS_TRAFFIC_ALL",
    template={
        "service_account": runner.email,
        "containers": [
            {
                "image": images.registry_uri.apply(lambda uri: f"{uri}/predict:v1"),
                "envs": [{"name": "LEVEL", "value": config.get("level") or "info"}],
            }
        ],
    },
    labels={"app": "predict"},
)
gcp.cloudrunv2.ServiceIamMember(
    "caller",
    name=service.name,
    location=service.location,
    role="roles/run.invoker",
    member=runner.member,
)
far = gcp.Provider("far", project="other-project", region="us-east1")
bucket = gcp.storage.Bucket("data", location="US", opts=pulumi.ResourceOptions(provider=far))
if config.get_bool("import"):
    gcp.compute.Network(
        "old",
        name="legacy",
        project="real-project",
        opts=pulumi.ResourceOptions(import_="projects/real-project/global/networks/legacy"),
    )
pulumi.export("project", client.project)
pulumi.export("url", service.uri)
pulumi.export("email", runner.email)
"""


def settings(project: OfflineProject, **more: object) -> None:
    labels = '{"team": "ml"}'
    project.settings(gcp__region="europe-west4", gcp__defaultLabels=labels, **more)


def test_the_life_of_a_program(offline_project: OfflineProject) -> None:
    project = offline_project
    project.program(PROGRAM)
    settings(project)
    made = project.do("up")
    assert made.ok, made.messages
    assert set(made.steps.values()) == {"create"}
    assert project.outputs() == {
        "email": "runner@offline-project.iam.gserviceaccount.com.offline.invalid",
        "project": "offline-project",
        "url": f"https://{project.state()['predict']['outputs']['name']}"
        "-000000000000.europe-west4.run.app.offline.invalid",
    }
    state = project.state()
    name = state["predict"]["outputs"]["name"]
    assert state["predict"]["id"] == (
        f"projects/offline-project/locations/europe-west4/services/{name}"
    )
    secret = state["predict"]["outputs"]["effectiveLabels"]  # by the SDK's own choice
    labels = json.loads(secret["plaintext"])
    assert labels == {"app": "predict", "team": "ml", "goog-pulumi-provisioned": "true"}
    assert state["images"]["id"].endswith("/locations/europe-west4/repositories/images")
    assert state["data"]["outputs"]["project"] == "other-project"
    assert set(project.do("up").steps.values()) == {"same"}

    settings(project, level="debug")
    changed = project.do("up")
    assert changed.did("update") == {"predict"}
    assert changed.changed["predict"] == ["template.containers[0].envs[0].value"]

    settings(project, level="debug", repository="pictures")
    replaced = project.do("up")
    assert replaced.ok, replaced.messages
    assert replaced.steps["images"] == "replace"
    assert replaced.steps["predict"] == "update"

    project.faults = {"predict": {"read": {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}}}
    assert project.do("refresh").ok
    project.faults = {}
    assert project.do("up").did("update") == {"predict"}

    more = {"import": True}
    settings(project, level="debug", repository="pictures", **more)
    imported = project.do("up")
    assert imported.ok, imported.messages
    assert imported.steps["old"] in ("import", "same")
    assert project.state()["old"]["id"] == "projects/real-project/global/networks/legacy"
    assert set(project.do("up").steps.values()) == {"same"}
    gone = project.do("destroy")
    assert gone.ok, gone.messages
    assert project.state() == {}
