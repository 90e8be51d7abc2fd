"""Kind gcp.vertex: plan, refusals, life; reading back and moving against a fake of the API."""

from pathlib import Path
from typing import Any

import pytest

from fakes.vertex import FakeVertex
from modelport.cloud.google import ENDPOINT, Google
from modelport.errors import ServiceError
from modelport.live import service_of
from modelport.provider.handler import Context
from modelport.provider.vertex_deployed_model import VertexDeployedModelHandler
from modelport.provider.vertex_model import VertexModelHandler
from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.planning import planned, refusal
from provider.vertex_life import context

TARGET = {"kind": "gcp.vertex", "region": "europe-west4", "project": "diagnostics-dev"}
GPU = {**TARGET, "machine": "n1-standard-4", "accelerator": "NVIDIA_TESLA_T4"}


def test_facts_are_what_a_reviewer_asks_for() -> None:
    made = planned(TARGET)
    facts = made.facts()
    assert facts["auth"] == "platform"
    assert facts["size"] == "n1-standard-2"
    assert 70 < float(facts["monthly_usd"]) < 90
    assert made.endpoint_id == planned(TARGET, owner="somebody").endpoint_id
    for number in (made.endpoint_id, made.deployed_id):
        assert number.isdigit()
        assert len(number) == 9
    assert planned(GPU).facts()["size"] == "n1-standard-4 + 1 NVIDIA_TESLA_T4"


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"auth": "api_key"}, "auth: api_key is not on gcp.vertex"),
        (TARGET, {"rollout": "rolling"}, "rollout rolling: gcp.vertex does not have it"),
        (TARGET, {"domain": "c.example.com"}, "domain c.example.com is not on gcp.vertex"),
        (TARGET, {"secrets": {"A": "projects/p/secrets/s"}}, "none by reference"),
        ({**TARGET, "replicas": {"min": 0, "max": 1}}, {}, "keeps a replica"),
        (TARGET, {"workload": {"gpu_memory": "8GB"}}, "write accelerator: NVIDIA_TESLA_T4"),
        (TARGET, {"workload": {"payload": "20MB"}}, "10 MB"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("vertex") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_endpoint(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "machine": "n1-standard-4"},
        drift=("cancer-images", {"dockerConfig": {"immutableTags": False}}),
    )
    assert lived.model.steps["cancer-endpoint"] == "same"
    endpoint = inputs(lived, "gcp:vertex/aiEndpoint:AiEndpoint")[0]
    assert endpoint["privateServiceConnectConfig"]["enablePrivateServiceConnect"] is True
    key = inputs(lived, "gcp:kms/cryptoKey:CryptoKey")[0]
    assert key["rotationPeriod"] == "7776000s"
    assert "/cryptoKeys/" in endpoint["encryptionSpec"]["kmsKeyName"]
    deployed = inputs(lived, "modelport:gcp:VertexDeployedModel")[0]
    assert deployed["machine_type"] == "n1-standard-2"
    model = inputs(lived, "modelport:gcp:VertexModel")[0]
    assert "@sha256:0ff11e" in model["image"]
    assert (model["predict_route"], model["health_route"]) == ("/predict", "/readyz")


@pytest.mark.engine
@pytest.mark.e2e
def test_the_life_of_a_production_endpoint(project: OfflineProject) -> None:
    target = {**GPU, "replicas": {"min": 2, "max": 4}}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 3, "max": 4}},
        drift=("cancer-logs", {"retentionDays": 1}),
        packs=True,
        environment="prod",
        exposure="public",
        rollout={"canary": {"steps": [10, 50], "bake": "5m"}},
        workload={"p99": "80ms", "gpu_memory": "8GB"},
        limits={"monthly_usd": 20000},
    )
    assert inputs(lived, "gcp:vertex/aiEndpoint:AiEndpoint")[0]["dedicatedEndpointEnabled"] is True


def test_the_live_endpoint_is_read_and_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeVertex(seconds=0) as fake:
        monkeypatch.setenv(ENDPOINT, fake.address)
        names = {
            "project": "p-dev",
            "region": "europe-west4",
            "endpoint": "123456789",
            "exposure": "public",
        }
        service = service_of("gcp.vertex")(names)
        assert service.read().state == "gone"
        parent = "projects/p-dev/locations/europe-west4"
        google = Google("https://europe-west4-aiplatform.googleapis.com/v1")
        made = google.post(
            f"{parent}/endpoints", {"displayName": "e"}, {"endpointId": names["endpoint"]}
        )
        google.wait(made, 10)
        for number, revision in (("100000001", "r1"), ("100000002", "r2")):
            _deploy(context(tmp_path), parent, names["endpoint"], number, revision)
        found = service.read()
        assert (found.revision, found.traffic) == ("r1", {"r1": 100})
        service.shift({"r1": 75, "r2": 25})
        assert service.read().traffic == {"r1": 75, "r2": 25}
        service.shift({"r2": 100})
        assert service.read().traffic == {"r2": 100}
        with pytest.raises(ServiceError, match="no deployed model r3"):
            service.shift({"r3": 100})


def _deploy(made: Context, parent: str, endpoint: str, number: str, revision: str) -> None:
    """What an update does for one revision."""
    project, region = parent.split("/")[1], parent.split("/")[3]
    models, deployments = VertexModelHandler(), VertexDeployedModelHandler()
    model = models.inputs(
        project=project,
        region=region,
        model_id=f"m-{revision}",
        display_name=revision,
        image="r-docker.pkg.dev/p-dev/m/m@sha256:" + "a" * 64,
        predict_route="/predict",
        health_route="/readyz",
        port=8080,
        description="",
        environment={},
        labels={},
    )
    name = models.create(made, model)[1]["name"]
    deployed = deployments.inputs(
        project=project,
        region=region,
        endpoint=endpoint,
        model=name,
        deployed_model_id=number,
        display_name=revision,
        machine_type="n1-standard-2",
    )
    deployments.create(made, deployed)
