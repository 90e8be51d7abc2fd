"""A shadow on real nodes: pods get copies of requests, and callers the old version's answers.

The gateway is the tests' own (`kube.mirroring`); route, pods, their counts and the judge are real.
"""

import json
import subprocess
import sys
from collections.abc import Generator
from typing import Any, cast

import pytest

from bundle_variants import SECOND
from cluster.serving import ERRS, NAMESPACE, Serving, serving
from kube.cluster import HERE, Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
_CLASS = "mirroring"
_HOST = "cancer.example.com"
_ADDRESS, _PORT = "10.77.0.1", "8088"
_OBJECTS: list[dict[str, Any]] = [
    {
        "kind": "GatewayClass",
        "metadata": {"name": _CLASS},
        "spec": {"controllerName": "example.com/mirroring"},
    },
    {
        "kind": "Gateway",
        "metadata": {"name": "copies", "namespace": "default"},
        "spec": {
            "gatewayClassName": _CLASS,
            "listeners": [{"name": "web", "protocol": "HTTP", "port": 80}],
        },
    },
]
_ROUTE = {"name": "copies", "namespace": "default", "host": _HOST, "scheme": "http"}
_TARGET = {"route": {"callers": ["default"], "gateway": _ROUTE}}


@pytest.fixture(scope="module")
def model(defined: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Serving]:
    """A deployment behind a gateway that copies requests; nothing is left of both."""
    listed = [{"apiVersion": "gateway.networking.k8s.io/v1", **item} for item in _OBJECTS]
    content = json.dumps({"apiVersion": "v1", "kind": "List", "items": listed})
    defined.kubectl("apply", "-f", "-", stdin=content)
    made = serving(defined, tmp_path_factory.mktemp("model"))
    words = ["-m", "kube.mirroring", str(defined.kubeconfig), _PORT, NAMESPACE, _CLASS]
    # In the network of the control plane, where the API is.
    gateway = subprocess.Popen(
        ["nsenter", "--net=/run/netns/kcp", sys.executable, *words], cwd=HERE.parent
    )
    try:
        up = made.up(made.first, _TARGET)
        assert up.ok, up.errors
        yield made
        gone = made.project.run("destroy")
        assert gone.ok, gone.errors
    finally:
        gateway.terminate()
        gateway.wait(30)
        defined.kubectl("delete", "-f", "-", "--wait=false", stdin=content)


def test_a_version_that_fails_its_copies_never_answers_a_caller(model: Serving) -> None:
    shadow = {"percent": 50, "bake": "60s", "max_p99_ratio": 100}
    with model.called(_HOST, f"http://{_ADDRESS}:{_PORT}") as seen:
        ended = model.up(ERRS, _TARGET, rollout={"shadow": shadow})
    said = "\n".join(ended.errors)
    assert not ended.ok
    assert "shadow ended at 50 % after " in said, said
    assert "keeps all traffic" in said
    assert seen.failed == 0, seen
    assert set(seen.versions) == {model.first}
    assert filters(model) == []
    assert {pod["metadata"]["labels"]["modelport/revision"] for pod in model.pods()} == {
        revision_of(model)
    }


@pytest.mark.soak
def test_a_good_version_takes_over_after_its_copies(model: Serving) -> None:
    shadow = {"percent": 50, "bake": "20s", "max_p99_ratio": 100}
    with model.called(_HOST, f"http://{_ADDRESS}:{_PORT}") as seen:
        up = model.up(SECOND, _TARGET, rollout={"shadow": shadow})
    assert up.ok, up.errors
    assert seen.failed == 0, seen
    assert set(seen.versions) == {model.first, SECOND}
    assert filters(model) == []
    said = moved(model)
    assert said.startswith("shadow of "), said
    copied = int(said.split()[2])
    assert 0 < copied < seen.versions[model.first], (said, seen)


def moved(model: Serving) -> str:
    """What the last update said of its traffic."""
    state = cast("dict[str, Any]", model.project.stack().export_stack().deployment)
    (traffic,) = [item for item in state["resources"] if item["type"] == "modelport:live:Traffic"]
    return str(traffic["outputs"]["moved"])


def route(model: Serving) -> dict[str, Any]:
    """The rule of the deployment's route."""
    (found,) = model.cluster.get("httproutes", "-n", NAMESPACE)["items"]
    (rule,) = found["spec"]["rules"]
    return rule


def filters(model: Serving) -> list[dict[str, Any]]:
    """What the route does beside passing requests on."""
    return route(model).get("filters", [])


def revision_of(model: Serving) -> str:
    """Revision that has all requests."""
    (backend,) = route(model)["backendRefs"]
    return str(backend["name"]).rpartition("-")[2]
