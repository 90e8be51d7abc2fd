"""Whether an object is ready follows from what was read of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.cluster.readiness import READY, Readiness, Related, readiness

NOTHING = Related()


def live(kind: str, version: str = "v1", **parts: Any) -> dict[str, object]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": "it", "generation": 2},
        **parts,
    }


def deployment(**status: Any) -> dict[str, object]:
    seen = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
    return live("Deployment", "apps/v1", spec={"replicas": 3}, status={**seen, **status})


def said(value: dict[str, object], related: Related = NOTHING) -> str:
    found = readiness(value, related)
    return f"{found.state}: {found.reason}"


def test_a_deployment_is_ready_when_only_its_new_replicas_are_left() -> None:
    assert readiness(deployment(), NOTHING) == READY
    assert said(deployment(observedGeneration=1)).startswith("waiting: its controller")
    assert said(deployment(updatedReplicas=1)) == "waiting: 1 of 3 replicas are of the new version"
    assert said(deployment(replicas=4)) == "waiting: 1 old replicas have not ended yet"
    assert said(deployment(availableReplicas=2)) == "waiting: 2 of 3 replicas are available"


def test_a_deployment_without_progress_has_failed() -> None:
    condition = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    found = readiness(deployment(availableReplicas=1, conditions=[condition]), NOTHING)
    assert found.state == "failed"
    assert found.reason.startswith("the rollout made no progress for 600 s: 1 of 3 replicas")


def test_a_deployment_tells_why_its_replicas_cannot_be_made() -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"}
    assert said(deployment(updatedReplicas=1, conditions=[condition])).endswith(
        "1 of 3 replicas are of the new version: exceeded quota: small"
    )


@given(
    wanted=st.integers(0, 5),
    updated=st.integers(0, 5),
    available=st.integers(0, 5),
    replicas=st.integers(0, 8),
    observed=st.integers(1, 2),
)
def test_a_deployment_is_ready_only_as_wanted(
    wanted: int, updated: int, available: int, replicas: int, observed: int
) -> None:
    value = deployment(
        updatedReplicas=updated,
        availableReplicas=available,
        replicas=replicas,
        observedGeneration=observed,
    )
    value["spec"] = {"replicas": wanted}
    if readiness(value, NOTHING) == READY:
        assert observed == 2
        assert updated >= wanted
        assert available >= updated
        assert replicas <= updated


def stateful_set(strategy: dict[str, Any] | None = None, **status: Any) -> dict[str, object]:
    seen = {
        "observedGeneration": 2,
        "readyReplicas": 3,
        "updatedReplicas": 3,
        "updateRevision": "b",
        "currentRevision": "b",
    }
    spec = {"replicas": 3, "updateStrategy": strategy or {"type": "RollingUpdate"}}
    return live("StatefulSet", "apps/v1", spec=spec, status={**seen, **status})


def test_a_stateful_set_is_ready_when_its_new_revision_is_the_current_one() -> None:
    assert readiness(stateful_set(), NOTHING) == READY
    assert said(stateful_set(readyReplicas=2)) == "waiting: 2 of 3 replicas are ready"
    assert "has not become the current one" in said(stateful_set(currentRevision="a"))


def test_a_partition_and_updates_by_deletion_need_fewer_new_replicas() -> None:
    half = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    assert readiness(stateful_set(half, updatedReplicas=1, currentRevision="a"), NOTHING) == READY
    by_hand = {"type": "OnDelete"}
    old = stateful_set(by_hand, updatedReplicas=0, currentRevision="a")
    assert readiness(old, NOTHING) == READY


def test_a_daemon_set_covers_all_its_nodes() -> None:
    status = {"observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2}
    waiting = live("DaemonSet", "apps/v1", status={**status, "numberAvailable": 1})
    assert said(waiting) == "waiting: 1 of 2 nodes have it available"
    ready = live("DaemonSet", "apps/v1", status={**status, "numberAvailable": 2})
    assert readiness(ready, NOTHING) == READY


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([{"type": "Complete", "status": "True"}], "ready: "),
        (
            [{"type": "Failed", "status": "True", "message": "it has reached its limit"}],
            "failed: the job failed: it has reached its limit",
        ),
        ([], "waiting: 0 of 1 runs succeeded, 1 are active"),
    ],
)
def test_a_job_succeeds_or_fails(conditions: list[dict[str, str]], expected: str) -> None:
    job = live("Job", "batch/v1", spec={}, status={"conditions": conditions, "active": 1})
    assert said(job) == expected


def slices(*ready: bool | None) -> Related:
    endpoints = [{"conditions": {} if item is None else {"ready": item}} for item in ready]
    return Related(endpoint_slices=({"endpoints": endpoints},))


def test_a_service_waits_for_a_ready_pod_where_it_selects_any() -> None:
    service = live("Service", spec={"selector": {"app": "web"}, "type": "ClusterIP"})
    assert said(service) == "waiting: no ready pod has the labels app=web"
    assert said(service, slices(False)) == "waiting: no ready pod has the labels app=web"
    assert readiness(service, slices(False, True)) == READY
    assert readiness(service, slices(None)) == READY  # not said counts as ready


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "ExternalName", "externalName": "example.com", "selector": {"app": "web"}},
        {"clusterIP": "None", "selector": {"app": "web"}},
        {"type": "ClusterIP"},
    ],
    ids=["external name", "headless", "no selector"],
)
def test_a_service_without_pods_of_its_own_is_ready_at_once(spec: dict[str, object]) -> None:
    assert readiness(live("Service", spec=spec), NOTHING) == READY


def test_a_load_balancer_needs_an_address() -> None:
    service = live("Service", spec={"type": "LoadBalancer"}, status={"loadBalancer": {}})
    assert said(service) == "waiting: no load balancer has given it an address yet"
    service["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    assert readiness(service, NOTHING) == READY


def test_an_ingress_names_services_and_has_an_address() -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    ingress = live(
        "Ingress",
        "networking.k8s.io/v1",
        spec={"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]},
    )
    assert said(ingress) == "waiting: there is no service web that it names"
    related = Related(services=frozenset({"web"}))
    assert said(ingress, related) == "waiting: no ingress controller has given it an address yet"
    ingress["status"] = {"loadBalancer": {"ingress": [{"hostname": "a.example.com"}]}}
    assert readiness(ingress, related) == READY


def test_a_claim_is_bound_or_waits_for_its_first_pod() -> None:
    claim = live(
        "PersistentVolumeClaim", spec={"storageClassName": "s"}, status={"phase": "Pending"}
    )
    assert said(claim) == "waiting: it is not bound to a volume yet"
    late = Related(storage_class={"volumeBindingMode": "WaitForFirstConsumer"})
    assert readiness(claim, late) == READY
    claim["status"] = {"phase": "Lost"}
    assert readiness(claim, NOTHING).state == "failed"


def test_a_pod_is_ready_done_or_failed() -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True"}], "phase": "Running"}
    assert readiness(live("Pod", status=ready), NOTHING) == READY
    assert readiness(live("Pod", status={"phase": "Succeeded"}), NOTHING) == READY
    failed = live("Pod", status={"phase": "Failed", "reason": "Evicted"})
    assert said(failed) == "failed: the pod failed: Evicted"
    unscheduled = {"type": "PodScheduled", "status": "False", "message": "no node fits"}
    waiting = live("Pod", status={"phase": "Pending", "conditions": [unscheduled]})
    assert said(waiting) == "waiting: condition PodScheduled does not hold: no node fits"


def test_definitions_are_established_and_api_services_available() -> None:
    version = "apiextensions.k8s.io/v1"
    refused = [{"type": "NamesAccepted", "status": "False", "message": "taken"}]
    definition = live("CustomResourceDefinition", version, status={"conditions": refused})
    assert said(definition) == "failed: its names are not accepted: taken"
    definition["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
    assert readiness(definition, NOTHING) == READY
    service = live("APIService", "apiregistration.k8s.io/v1", status={})
    assert said(service) == "waiting: it is not available"


def test_kinds_without_a_rule_are_ready_once_they_exist() -> None:
    assert readiness(live("ConfigMap"), NOTHING) == Readiness("ready")
    assert readiness(live("Deployment", "example.com/v1"), NOTHING) == READY
