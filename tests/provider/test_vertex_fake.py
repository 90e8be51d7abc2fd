"""The Vertex AI of the tests: Google's own client gets on with it, and it refuses what Google does.

What it does not prove: quotas, permissions, and the words of refusals.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1 as vertex
from google.cloud.aiplatform_v1.services.endpoint_service.transports import rest as endpoint_rest
from google.cloud.aiplatform_v1.services.model_service.transports import rest as model_rest
from google.protobuf.field_mask_pb2 import FieldMask

from fakes.vertex import FakeVertex
from provider.vertex_life import ENDPOINT, PARENT

ENDPOINT_ID = "cancer"
IMAGE = "europe-west4-docker.pkg.dev/clinic/images/cancer@sha256:" + "a" * 64


def options(fake: FakeVertex) -> dict[str, Any]:
    return {
        "host": fake.address.removeprefix("http://"),
        "url_scheme": "http",
        "credentials": AnonymousCredentials(),
    }


@pytest.fixture
def models(fake: FakeVertex) -> vertex.ModelServiceClient:
    return vertex.ModelServiceClient(
        transport=model_rest.ModelServiceRestTransport(**options(fake))
    )


@pytest.fixture
def endpoints(fake: FakeVertex) -> vertex.EndpointServiceClient:
    return vertex.EndpointServiceClient(
        transport=endpoint_rest.EndpointServiceRestTransport(**options(fake))
    )


def done(operation: Any) -> Any:
    """What a long operation made."""
    return operation.result(20)


def uploaded(models: vertex.ModelServiceClient) -> str:
    request = vertex.UploadModelRequest(
        parent=PARENT,
        model_id="cancer",
        model=vertex.Model(
            display_name="cancer", container_spec=vertex.ModelContainerSpec(image_uri=IMAGE)
        ),
    )
    return done(models.upload_model(request)).model


def deployed(model: str, own_id: str, low: int = 1) -> vertex.DeployedModel:
    return vertex.DeployedModel(
        id=own_id,
        model=model,
        dedicated_resources=vertex.DedicatedResources(
            machine_spec=vertex.MachineSpec(machine_type="n1-standard-2"), min_replica_count=low
        ),
    )


def test_googles_own_client_gets_on_with_it(
    fake: FakeVertex, models: vertex.ModelServiceClient, endpoints: vertex.EndpointServiceClient
) -> None:
    model = uploaded(models)
    assert models.get_model(name=model).container_spec.image_uri == IMAGE
    first = endpoints.deploy_model(
        endpoint=ENDPOINT, deployed_model=deployed(model, "1"), traffic_split={"0": 100}
    )
    assert done(first).deployed_model.id == "1"
    endpoints.deploy_model(endpoint=ENDPOINT, deployed_model=deployed(model, "2")).result(20)
    changed = vertex.Endpoint(name=ENDPOINT, traffic_split={"1": 40, "2": 60})
    found = endpoints.update_endpoint(
        endpoint=changed, update_mask=FieldMask(paths=["traffic_split"])
    )
    assert dict(found.traffic_split) == {"1": 40, "2": 60}
    larger = deployed(model, "2", low=2)
    larger.dedicated_resources.max_replica_count = 3
    names = ("min_replica_count", "max_replica_count")
    mask = FieldMask(paths=[f"dedicated_resources.{name}" for name in names])
    endpoints.mutate_deployed_model(
        endpoint=ENDPOINT, deployed_model=larger, update_mask=mask
    ).result(20)
    endpoints.undeploy_model(
        endpoint=ENDPOINT, deployed_model_id="1", traffic_split={"2": 100}
    ).result(20)
    endpoint = endpoints.get_endpoint(name=ENDPOINT)
    assert [item.id for item in endpoint.deployed_models] == ["2"]
    assert endpoint.deployed_models[0].dedicated_resources.max_replica_count == 3
    with pytest.raises(exceptions.BadRequest, match="is deployed or being deployed"):
        models.delete_model(name=model)
    with pytest.raises(exceptions.BadRequest, match="has deployed or being-deployed"):
        endpoints.delete_endpoint(name=ENDPOINT)
    endpoints.undeploy_model(endpoint=ENDPOINT, deployed_model_id="2").result(20)
    models.delete_model(name=model).result(20)
    endpoints.delete_endpoint(name=ENDPOINT).result(20)
    assert (fake.state.models, fake.state.endpoints) == ({}, {})


def ask(fake: FakeVertex, method: str, path: str, body: dict[str, Any]) -> tuple[int, str, str]:
    answer = httpx.request(method, f"{fake.address}/v1/{path}", json=body, trust_env=False)
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["status"], error["message"]


RESOURCES = {"machineSpec": {"machineType": "n1-standard-2"}, "minReplicaCount": 1}
DEPLOYED = {"id": "3", "model": f"{PARENT}/models/cancer", "dedicatedResources": RESOURCES}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"deployedModel": {**DEPLOYED, "colour": "red"}}, 'no field named "colour"'),
        ({"deployedModel": {**DEPLOYED, "id": 3.5}}, "Failed to parse id"),
        ({"deployedModel": {**DEPLOYED, "id": "three"}}, "1-10 characters of"),
        ({"deployedModel": {"id": "3", "model": DEPLOYED["model"]}}, "'dedicated_resources'"),
        (
            {"deployedModel": {**DEPLOYED, "dedicatedResources": {"minReplicaCount": 1}}},
            "machine_type is required",
        ),
        (
            {
                "deployedModel": {
                    **DEPLOYED,
                    "dedicatedResources": {**RESOURCES, "minReplicaCount": 0},
                }
            },
            "min_replica_count must be",
        ),
        ({"trafficSplit": {"0": 50}}, "must add up to 100"),
        ({"trafficSplit": {"0": 50, "9": 50}}, "names ['9'], which is not deployed"),
    ],
)
def test_wrong_deployments_are_refused(
    fake: FakeVertex,
    models: vertex.ModelServiceClient,
    changed: dict[str, Any],
    said: str,
) -> None:
    uploaded(models)
    body = {"deployedModel": DEPLOYED} | changed
    code, status, message = ask(fake, "POST", f"{ENDPOINT}:deployModel", body)
    assert (code, status) == (400, "INVALID_ARGUMENT")
    assert said in message
    assert not fake.state.accepted["deployModel", "3"]


def test_chosen_ids_are_unique(fake: FakeVertex, models: vertex.ModelServiceClient) -> None:
    uploaded(models)
    fake.state.seconds = 5
    httpx.post(
        f"{fake.address}/v1/{ENDPOINT}:deployModel",
        json={"deployedModel": DEPLOYED},
        trust_env=False,
    )
    again = ask(fake, "POST", f"{ENDPOINT}:deployModel", {"deployedModel": DEPLOYED})
    assert again[:2] == (409, "ALREADY_EXISTS")
    model = {"displayName": "x", "containerSpec": {"imageUri": IMAGE}}
    body = {"modelId": "cancer", "model": model}
    assert ask(fake, "POST", f"{PARENT}/models:upload", body)[:2] == (409, "ALREADY_EXISTS")
    body["modelId"] = "9-lives"
    assert ask(fake, "POST", f"{PARENT}/models:upload", body)[1] == "INVALID_ARGUMENT"


def test_traffic_must_have_gone_before_one_is_undeployed(
    fake: FakeVertex, models: vertex.ModelServiceClient, endpoints: vertex.EndpointServiceClient
) -> None:
    model = uploaded(models)
    endpoints.deploy_model(
        endpoint=ENDPOINT, deployed_model=deployed(model, "1"), traffic_split={"0": 100}
    ).result(20)
    endpoints.deploy_model(endpoint=ENDPOINT, deployed_model=deployed(model, "2")).result(20)
    code, status, message = ask(fake, "POST", f"{ENDPOINT}:undeployModel", {"deployedModelId": "1"})
    assert (code, status) == (400, "FAILED_PRECONDITION")
    assert "has traffic assigned" in message


def test_only_what_can_change_in_place_is_changed(
    fake: FakeVertex, models: vertex.ModelServiceClient, endpoints: vertex.EndpointServiceClient
) -> None:
    model = uploaded(models)
    endpoints.deploy_model(endpoint=ENDPOINT, deployed_model=deployed(model, "1")).result(20)
    body = {
        "deployedModel": {"id": "1", "dedicatedResources": RESOURCES},
        "updateMask": "dedicatedResources.machineSpec",
    }
    assert ask(fake, "POST", f"{ENDPOINT}:mutateDeployedModel", body)[0] == 400
    container = {"containerSpec": {"imageUri": IMAGE}}
    path = f"{PARENT}/models/cancer?updateMask=containerSpec"
    assert ask(fake, "PATCH", path, container)[0] == 400


def test_it_runs_as_a_process() -> None:
    program = Path(__file__).parents[1] / "fakes" / "vertex.py"
    process = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert httpx.get(f"{address}/v1/{PARENT}/models", trust_env=False).json() == {"models": []}
    finally:
        process.kill()
        process.wait()
