"""Inputs as the objects that are sent, and what annotations ask for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.cluster.manifest import (
    Kind,
    is_patch,
    kind_of,
    manifest,
    object_id,
    parse_id,
    state,
)
from modelport.cluster.options import DEFAULT_TIMEOUT, options
from modelport.cluster.problems import ClusterError
from modelport.cluster.scopes import is_namespaced
from modelport.cluster.target import field_manager

NAMES = st.text("abc-.", min_size=1, max_size=8)


def annotated(**annotations: str) -> dict[str, object]:
    return {"metadata": {"annotations": {f"pulumi.com/{k}": v for k, v in annotations.items()}}}


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:core/v1:ConfigMap", Kind("v1", "ConfigMap")),
        ("kubernetes:apps/v1:Deployment", Kind("apps/v1", "Deployment")),
        ("kubernetes:apps/v1:DeploymentPatch", Kind("apps/v1", "Deployment")),
        ("kubernetes:example.com/v1:Model", Kind("example.com/v1", "Model")),
    ],
)
def test_a_token_names_a_kind(token: str, kind: Kind) -> None:
    assert kind_of(token, {}) == kind
    assert kind_of(token, {"apiVersion": "other/v1", "kind": "Other"}) == Kind("other/v1", "Other")


def test_a_patch_is_told_from_a_kind_with_that_name() -> None:
    assert is_patch("kubernetes:apps/v1:DeploymentPatch", {"kind": "Deployment"})
    assert not is_patch("kubernetes:apps/v1:Deployment", {"kind": "Deployment"})
    assert not is_patch("kubernetes:example.com/v1:RoadPatch", {"kind": "RoadPatch"})


def test_nulls_and_what_the_server_writes_are_not_sent() -> None:
    inputs: dict[str, object] = {
        "metadata": {"name": "it", "uid": "1", "labels": None, "managedFields": []},
        "spec": {"a": None, "list": [{"b": None}], "x_kubernetes_list_type": "map"},
        "status": {"phase": "x"},
        "__defaults": ["a"],
    }
    assert manifest(Kind("v1", "Pod"), inputs) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "it"},
        "spec": {"list": [{}], "x-kubernetes-list-type": "map"},
    }


def test_a_secret_is_sent_as_data() -> None:
    inputs: dict[str, object] = {"data": {"a": "YQ=="}, "stringData": {"b": "ü"}}
    assert manifest(Kind("v1", "Secret"), inputs)["data"] == {"a": "YQ==", "b": "w7w="}


@given(namespace=st.just("") | NAMES, name=NAMES)
def test_ids_come_back(namespace: str, name: str) -> None:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    assert parse_id(object_id({"metadata": metadata})) == (namespace, name)


def test_the_state_holds_no_managers() -> None:
    live: dict[str, object] = {"metadata": {"name": "it", "managedFields": [{}]}, "status": {}}
    assert state(live) == {"metadata": {"name": "it"}, "status": {}}


def test_a_field_manager_stays_the_same() -> None:
    ours = field_manager("urn:a", {}, {})
    assert ours == field_manager("urn:a", {}, {})
    assert ours != field_manager("urn:b", {}, {})
    official: dict[str, object] = {"__fieldManager": "pulumi-kubernetes-1234"}
    assert field_manager("urn:a", {}, official) == "pulumi-kubernetes-1234"
    assert field_manager("urn:a", annotated(patchFieldManager="mine"), official) == "mine"


def test_annotations_are_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = options({}, {}, None)
    assert (plain.skip_await, plain.force, plain.propagation) == (False, False, "Foreground")
    assert plain.timeout == DEFAULT_TIMEOUT
    inputs = annotated(
        skipAwait="true",
        patchForce="true",
        timeoutSeconds="30",
        deletionPropagationPolicy="Background",
        waitFor='["condition=Ready", "jsonpath={.status.phase}=Done"]',
    )
    asked = options(inputs, {}, None)
    assert (asked.skip_await, asked.force, asked.propagation) == (True, True, "Background")
    assert asked.timeout == 30
    assert len(asked.wait_for) == 2
    assert options(inputs, {}, 45.0).timeout == 45  # custom timeouts come first
    assert options({}, {"enablePatchForce": True}, None).force
    monkeypatch.setenv("PULUMI_K8S_ENABLE_PATCH_FORCE", "true")
    assert options({}, {}, None).force
    assert not options(annotated(patchForce="false"), {}, None).force


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeoutSeconds": "soon"},
        {"timeoutSeconds": "0"},
        {"deletionPropagationPolicy": "never"},
        {"waitFor": "Ready"},
        {"waitFor": "[]"},
        {"waitFor": "[1]"},
    ],
)
def test_annotations_with_other_values_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ClusterError, match=r"^annotation pulumi.com/"):
        options(annotated(**wrong), {}, None)


def test_scopes_of_built_in_kinds_are_known() -> None:
    assert is_namespaced(Kind("v1", "Namespace")) is False
    assert is_namespaced(Kind("rbac.authorization.k8s.io/v1", "ClusterRole")) is False
    assert is_namespaced(Kind("apps/v1", "Deployment")) is True
    assert is_namespaced(Kind("gateway.networking.k8s.io/v1", "Gateway")) is True
    assert is_namespaced(Kind("example.com/v1", "Model")) is None
