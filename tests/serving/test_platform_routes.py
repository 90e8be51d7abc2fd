"""What each platform calls, and where: by what it sets in the environment."""

from pathlib import Path

import httpx
import pytest

from modelport_serving.errors import StartError
from modelport_serving.platform_routes import address, platform_routes
from serving.containers import container, free_port
from serving.tiny import GOOD

VERTEX = {
    "AIP_PREDICT_ROUTE": "/v1/endpoints/1/deployedModels/2:predict",
    "AIP_HEALTH_ROUTE": "/v1/endpoints/1/deployedModels/2",
}


@pytest.mark.parametrize(
    ("environment", "where"),
    [
        ({}, ("0.0.0.0", 8080)),
        ({"PORT": "5000"}, ("0.0.0.0", 5000)),
        ({"WEBSITES_PORT": "80"}, ("0.0.0.0", 80)),
        ({"AIP_HTTP_PORT": "8081", "PORT": "5000"}, ("0.0.0.0", 8081)),
        ({"SAGEMAKER_BIND_TO_PORT": "8082"}, ("0.0.0.0", 8082)),
        # The host in front of a handler listens on PORT itself.
        ({"FUNCTIONS_CUSTOMHANDLER_PORT": "7", "PORT": "80"}, ("127.0.0.1", 7)),
    ],
)
def test_the_address_of_each_platform(environment: dict[str, str], where: tuple[str, int]) -> None:
    assert address(environment) == where


@pytest.mark.parametrize("port", ["0", "65536", "-1", "8080/tcp", "²"])
def test_what_is_no_port(port: str) -> None:
    with pytest.raises(StartError, match=r"AIP_HTTP_PORT is .* it must be a port from 1 to 65535"):
        address({"AIP_HTTP_PORT": port})


def test_the_paths_of_each_platform() -> None:
    assert platform_routes({}) == {}
    assert set(platform_routes({"MODELPORT_PLATFORM": "sagemaker"})) == {"/ping", "/invocations"}
    assert set(platform_routes(VERTEX)) == set(VERTEX.values())
    assert set(platform_routes({"FUNCTIONS_CUSTOMHANDLER_PORT": "7071"})) == {"/api/predict"}


def test_vertex_calls_its_own_paths(bento: Path, tmp_path: Path) -> None:
    port = str(free_port())
    variables = {"AIP_HTTP_PORT": port, "PORT": port, "MODELPORT_AUTH": "platform", **VERTEX}
    with container(bento, tmp_path, variables) as served:
        predict = served.url + VERTEX["AIP_PREDICT_ROUTE"]
        assert httpx.get(served.url + VERTEX["AIP_HEALTH_ROUTE"]).status_code == 200
        answer = httpx.post(predict, json={"instances": GOOD, "parameters": None})
        assert set(answer.json()) == {"predictions"}
        assert [item["label"] for item in answer.json()["predictions"]] == ["high", "low"]
        # Parameters that would be ignored are refused, and our own path takes none at all.
        asked = {"instances": GOOD, "parameters": {"top": 3}}
        assert httpx.post(predict, json=asked).status_code == 422
        plain = httpx.post(f"{served.url}/predict", json={"instances": GOOD, "parameters": None})
        assert plain.status_code == 422


def test_a_platform_may_call_our_own_paths_in_its_way(bento: Path, tmp_path: Path) -> None:
    routes = {"AIP_PREDICT_ROUTE": "/predict", "AIP_HEALTH_ROUTE": "/readyz"}
    key = {"MODELPORT_API_KEY_SHA256": "0" * 64}
    with container(bento, tmp_path, key | routes) as served:
        assert httpx.get(f"{served.url}/readyz").json()["status"] == "ready"
        assert httpx.post(f"{served.url}/predict", json={"instances": GOOD}).status_code == 401


def test_azure_functions_passes_requests_on(bento: Path, tmp_path: Path) -> None:
    port = str(free_port())
    variables = {"FUNCTIONS_CUSTOMHANDLER_PORT": port, "PORT": port, "MODELPORT_AUTH": "none"}
    with container(bento, tmp_path, variables) as served:
        answer = httpx.post(f"{served.url}/api/predict", json={"instances": GOOD})
        assert answer.json()["model"] == "tiny@00ff00ff00ff00ff"
