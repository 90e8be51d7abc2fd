"""Copies of requests: the route before a real API server with the Gateway API's own definition.

There is no controller; the test says what one would.
"""

import json
from collections.abc import Generator
from typing import Any

import pytest

from kube.cluster import Cluster
from modelport.cluster.connection import connect
from modelport.cluster.server import Server
from modelport.errors import ServiceError
from modelport.platforms.kubernetes.traffic import MIRRORS, Route

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]
_NAMESPACE = "mirrored"
_VERSION = "gateway.networking.k8s.io/v1"
_PARENT = {"name": "web", "namespace": _NAMESPACE}
_OBJECTS: list[dict[str, Any]] = [
    {
        "kind": "GatewayClass",
        "metadata": {"name": _NAMESPACE},
        "spec": {"controllerName": "example.com/nobody"},
    },
    {
        "kind": "Gateway",
        "metadata": _PARENT,
        "spec": {
            "gatewayClassName": _NAMESPACE,
            "listeners": [{"name": "web", "protocol": "HTTP", "port": 80}],
        },
    },
    {
        "kind": "HTTPRoute",
        "metadata": {"name": "cancer", "namespace": _NAMESPACE},
        "spec": {"parentRefs": [_PARENT], "hostnames": ["cancer.example.com"]},
    },
]


@pytest.fixture
def route(defined: Cluster) -> Generator[Route]:
    """A route without rules, to a gateway of a class that says nothing."""
    defined.kubectl("create", "namespace", _NAMESPACE)
    listed = [{"apiVersion": _VERSION, **item} for item in _OBJECTS]
    content = json.dumps({"apiVersion": "v1", "kind": "List", "items": listed})
    defined.kubectl("apply", "-f", "-", stdin=content)
    yield Route(Server(connect({"kubeconfig": str(defined.kubeconfig)})), _NAMESPACE, "cancer")
    defined.kubectl("delete", "gatewayclass", _NAMESPACE)
    defined.kubectl("delete", "namespace", _NAMESPACE, "--wait=false")


def tell(cluster: Cluster, kind: str, name: str, status: dict[str, Any], *where: str) -> None:
    """Write a status as a controller does."""
    patch = json.dumps({"status": status})
    merge = ("--subresource=status", "--type=merge", "--patch", patch)
    cluster.kubectl("patch", kind, name, *where, *merge)


def test_copies_begin_and_end_with_the_weights(defined: Cluster, route: Route) -> None:
    with pytest.raises(ServiceError, match="names none"):
        route.require_mirrors()
    features = [{"name": name} for name in ("Gateway", "HTTPRoute", MIRRORS)]
    conditions = [_condition("Accepted", 1)]
    status = {"supportedFeatures": features, "conditions": conditions}
    tell(defined, "gatewayclass", _NAMESPACE, status)
    route.require_mirrors()

    route.write({"rold": 100}, {"rnew": 25})
    assert (route.shares(), route.mirrored()) == ({"rold": 100}, "rnew")
    live = defined.get("httproute", "cancer", "-n", _NAMESPACE)
    (rule,) = live["spec"]["rules"]
    assert rule["filters"][0]["requestMirror"]["percent"] == 25
    assert route.pending() == "no gateway has taken the route"

    generation = live["metadata"]["generation"]
    taken = [_condition(kind, generation) for kind in ("Accepted", "ResolvedRefs")]
    answer(defined, taken)
    assert route.pending() == ""
    answer(defined, [*taken, _condition("PartiallyInvalid", generation, "UnsupportedValue")])
    with pytest.raises(ServiceError, match="gateway web: UnsupportedValue"):
        route.pending()

    route.write({"rnew": 100})
    assert (route.shares(), route.mirrored()) == ({"rnew": 100}, "")
    assert "has not taken the route's last change" in route.pending()


def answer(cluster: Cluster, conditions: list[dict[str, Any]]) -> None:
    """Say of the route what a controller would."""
    parent = {"parentRef": _PARENT, "controllerName": "example.com/nobody"}
    status = {"parents": [{**parent, "conditions": conditions}]}
    tell(cluster, "httproute", "cancer", status, "-n", _NAMESPACE)


def _condition(kind: str, generation: int, reason: str = "Accepted") -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": "",
        "observedGeneration": generation,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
