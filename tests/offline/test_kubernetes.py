"""Objects of kubernetes as the API server would show them."""

from typing import Any, cast

import pytest

from modelport.offline import OfflineBacking, is_offline_id
from modelport.provider.wire import UNKNOWN
from modelport.sdk_provider.backing import Request, Values
from offline_cases import made, request_of

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"


def inside(value: Any) -> Values:
    return cast("Values", value)


def test_the_server_adds_its_own() -> None:
    _, outputs = made(DEPLOYMENT, {"metadata": {"name": "web"}, "spec": {"replicas": 3}})
    metadata, status = inside(outputs["metadata"]), inside(outputs["status"])
    assert (outputs["apiVersion"], outputs["kind"]) == ("apps/v1", "Deployment")
    assert (metadata["namespace"], metadata["generation"]) == ("default", 1)
    assert is_offline_id(str(metadata["uid"]))
    assert status["readyReplicas"] == status["availableReplicas"] == 3
    assert made("kubernetes:core/v1:ConfigMap", {})[1]["apiVersion"] == "v1"


def test_a_service_has_an_address() -> None:
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    _, outputs = made(SERVICE, {"metadata": {"name": "web"}, "spec": spec})
    shown = inside(outputs["spec"])
    assert shown["clusterIPs"] == [shown["clusterIP"]]
    port = inside(cast("list[Any]", shown["ports"])[0])
    assert (port["targetPort"], port["protocol"]) == (80, "TCP")
    assert 30000 <= cast("int", port["nodePort"]) <= 32767
    balancer = inside(inside(outputs["status"])["loadBalancer"])
    assert str(inside(cast("list[Any]", balancer["ingress"])[0])["ip"]).startswith("192.0.2.")


def test_an_external_name_has_none() -> None:
    spec = {"type": "ExternalName", "externalName": "example.com"}
    assert made(SERVICE, {"spec": spec})[1]["spec"] == spec


def test_texts_of_a_secret_are_encoded() -> None:
    given: Values = {"stringData": {"a": "b"}, "data": {"c": "ZA=="}}
    _, outputs = made("kubernetes:core/v1:Secret", given)
    assert outputs["data"] == {"a": "Yg==", "c": "ZA=="}
    assert outputs["type"] == "Opaque"


def test_before_it_is_made_only_inputs_are_known() -> None:
    inputs: Values = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    found = OfflineBacking("kubernetes").preview(request_of(SERVICE), inputs, None)
    metadata = inside(found["metadata"])
    assert (metadata["name"], metadata["uid"]) == ("web", UNKNOWN)
    assert inside(found["spec"])["clusterIP"] == UNKNOWN
    assert found["status"] == UNKNOWN
    assert (found["apiVersion"], found["kind"]) == ("v1", "Service")


@pytest.mark.parametrize(
    ("spec", "metadata", "generation"),
    [({"replicas": 2}, {"name": "web"}, 2), ({}, {"name": "web", "labels": {"a": "b"}}, 1)],
)
def test_a_change_is_a_revision(spec: Values, metadata: Values, generation: int) -> None:
    old: Values = {"metadata": {"name": "web"}, "spec": {}}
    new: Values = {"metadata": metadata, "spec": spec}
    backing, request = OfflineBacking("kubernetes"), request_of(DEPLOYMENT)
    resource_id, before = made(DEPLOYMENT, old)
    changing = Request(request.urn, request.schema, request.config, request.status, old=old)
    seen = inside(backing.preview(changing, new, before)["metadata"])
    after = inside(backing.update(request, resource_id, old, new, before)["metadata"])
    assert after["resourceVersion"] == "2"
    assert after["generation"] == generation
    assert after["uid"] == seen["uid"] == inside(before["metadata"])["uid"]
    assert seen["resourceVersion"] == UNKNOWN


def test_a_service_keeps_its_address() -> None:
    old: Values = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    new: Values = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 81}]}}
    backing, request = OfflineBacking("kubernetes"), request_of(SERVICE)
    resource_id, before = made(SERVICE, old)
    after = backing.update(request, resource_id, old, new, before)
    assert inside(after["spec"])["clusterIP"] == inside(before["spec"])["clusterIP"]
    seen = backing.preview(request, new, before)
    assert inside(seen["spec"])["clusterIP"] == inside(before["spec"])["clusterIP"]


def test_a_custom_resource_keeps_everything() -> None:
    given: Values = {"metadata": {"name": "x"}, "spec": {"any": {"thing": [1]}}, "more": True}
    _, outputs = made("kubernetes:serving.example.org/v1:Model", given)
    assert outputs["apiVersion"] == "serving.example.org/v1"
    assert (outputs["spec"], outputs["more"]) == (given["spec"], True)


@pytest.mark.parametrize(
    ("token", "spec", "expected"),
    [
        ("core/v1:Namespace", {}, {"phase": "Active"}),
        ("batch/v1:Job", {"completions": 2}, {"succeeded": 2}),
        ("apps/v1:StatefulSet", {"replicas": 2}, {"readyReplicas": 2}),
        ("apps/v1:DaemonSet", {}, {"numberReady": 1}),
        ("autoscaling/v2:HorizontalPodAutoscaler", {"minReplicas": 3}, {"desiredReplicas": 3}),
        (
            "core/v1:PersistentVolumeClaim",
            {"resources": {"requests": {"storage": "1Gi"}}},
            {"phase": "Bound", "capacity": {"storage": "1Gi"}},
        ),
        ("core/v1:Pod", {}, {"phase": "Running"}),
        ("policy/v1:PodDisruptionBudget", {}, {"disruptionsAllowed": 1}),
    ],
)
def test_what_is_there_is_well(token: str, spec: Values, expected: Values) -> None:
    _, outputs = made(f"kubernetes:{token}", {"spec": spec})
    assert inside(outputs["status"]).items() >= expected.items()
