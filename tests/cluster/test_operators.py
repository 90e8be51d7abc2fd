"""Objects for the operators of a cluster, before a real API server with their own definitions."""

import json
from collections.abc import Generator
from typing import Any

import pytest

from kube.cluster import Cluster
from modelport.platforms.kubernetes.manifests import manifests
from modelport.platforms.kubernetes.pods import Values
from platforms.planning import planned

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]
_NAMESPACE = "operated"
_TARGET = {
    "kind": "kubernetes",
    "image": "registry.example.com/models/cancer",
    "namespace": _NAMESPACE,
    "route": {"callers": ["ingress"], "ingress": {"host": "c.example.com"}},
    "monitoring": {"namespace": "monitoring", "labels": {"release": "stack"}},
}
_KEDA = {"prometheus": "http://prometheus.monitoring.svc:9090"}
_WISHES: dict[str, dict[str, Any]] = {
    "all": {
        "replicas": {"min": 0, "max": 3},
        "autoscaling": {"in_flight": 2.5, "keda": {**_KEDA, "wake": "sum(gateway_requests)"}},
        "certificate": {"issuer": "letsencrypt"},
        "key_secret": {"store": "vault", "key": "models/cancer", "property": "key"},
    },
    "others": {
        "autoscaling": {"in_flight": 8, "keda": _KEDA},
        "certificate": {"issuer": "own", "issuer_kind": "Issuer"},
        "key_secret": {"store": "vault", "store_kind": "SecretStore", "key": "models/cancer"},
    },
    "custom metrics": {"autoscaling": {"in_flight": 0.5}},
}
_KINDS = {"PodMonitor", "PrometheusRule", "ScaledObject", "Certificate", "ExternalSecret"}


@pytest.fixture(scope="module", autouse=True)
def _namespace(defined: Cluster) -> Generator[None]:  # pyright: ignore[reportUnusedFunction] - a fixture
    defined.kubectl("create", "namespace", _NAMESPACE)
    yield
    defined.kubectl("delete", "namespace", _NAMESPACE, "--wait=false")


def check(cluster: Cluster, objects: list[Values]) -> None:
    """Have the API server check objects as strictly as it can, without keeping them."""
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    strict = ("--server-side", "--dry-run=server", "--validate=strict", "-f", "-")
    cluster.kubectl("apply", *strict, stdin=json.dumps(listed))


def objects_of(wishes: dict[str, Any]) -> list[Values]:
    """Every object of a deployment."""
    return list(manifests(planned({**_TARGET, **wishes}), "image", {}, "hash", "key").values())


@pytest.mark.parametrize("wishes", _WISHES.values(), ids=_WISHES.keys())
def test_the_definitions_take_what_is_made(defined: Cluster, wishes: dict[str, Any]) -> None:
    check(defined, objects_of(wishes))


def test_every_kind_is_among_them_and_a_misspelt_key_is_not_taken(defined: Cluster) -> None:
    found = [item for item in objects_of(_WISHES["all"]) if item["kind"] in _KINDS]
    assert {item["kind"] for item in found} == _KINDS
    for item in found:
        with pytest.raises(RuntimeError, match="unknown field"):
            check(defined, [{**item, "spec": {**item["spec"], "misspelt": 1}}])
