"""Kind kubernetes on real nodes: a model that serves while its version and its nodes change.

Pods that are replaced one by one, a drained node and canaries of bad versions are also played by
`tests/cluster/test_own_iron.py`.
"""

import time
from collections.abc import Generator

import pytest

from bundle_variants import SECOND
from cluster.serving import ERRS, NAMESPACE, SERVICE, WRONG, Serving, serving
from kube.cluster import Cluster, Unavailable

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def model(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Serving]:
    """A deployment that serves; what is left of it at the end is removed."""
    made = serving(cluster, tmp_path_factory.mktemp("model"))
    up = made.up(made.first)
    assert up.ok, up.errors
    assert up.outputs["cancer"]["verified"].endswith(", 9 golden answers")
    yield made
    gone = made.project.run("destroy")
    assert gone.ok, gone.errors
    left = cluster.kubectl("get", "all,networkpolicies,pdb,secrets,ns", "-A", "-o", "name")
    assert SERVICE not in left, left


def version_of(model: Serving) -> str:
    """Version that every one of a few callers gets."""
    with model.called() as seen:
        time.sleep(1)
    assert seen.failed == 0, seen
    (version,) = seen.versions
    return version


def test_it_serves_as_it_was_declared_and_a_second_update_changes_nothing(model: Serving) -> None:
    assert model.project.run("up", refresh=True).changes == {}
    nodes = {pod["spec"]["nodeName"] for pod in model.pods()}
    assert nodes == {"node1", "node2"}
    namespace = model.cluster.get("namespace", NAMESPACE)
    # The cluster itself let the pods in under this label.
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert version_of(model) == model.first


def test_a_new_version_takes_over_without_a_failed_request(model: Serving) -> None:
    with model.called() as seen:
        up = model.up(SECOND, rollout="blue_green")
    assert up.ok, up.errors
    assert seen.failed == 0, seen
    assert set(seen.versions) == {model.first, SECOND}
    assert version_of(model) == SECOND
    assert len(model.cluster.get("deployments", "-n", NAMESPACE)["items"]) == 1


@pytest.mark.soak
def test_pods_are_replaced_one_by_one_without_a_failed_request(model: Serving) -> None:
    if version_of(model) == model.first:
        assert model.up(SECOND).ok
    with model.called() as seen:
        up = model.up(model.first, rollout="rolling")
    assert up.ok, up.errors
    assert seen.failed == 0, seen
    assert set(seen.versions) == {model.first, SECOND}
    assert version_of(model) == model.first


@pytest.mark.soak
def test_a_drained_node_fails_no_request(model: Serving) -> None:
    kubectl = model.cluster.kubectl
    with model.called() as seen:
        kubectl("drain", "node2", "--ignore-daemonsets", "--delete-emptydir-data", "--force")
    try:
        assert {pod["spec"]["nodeName"] for pod in model.pods()} == {"node1"}
        assert seen.failed == 0, seen
        assert seen.statuses[200] > 20
    finally:
        kubectl("uncordon", "node2")


@pytest.mark.soak
def test_a_broken_image_is_refused_and_the_old_version_goes_on(model: Serving) -> None:
    pod = {"cpu": 0.05, "memory_mib": 400, "tmp_mib": 32, "start_seconds": 10}
    with model.called() as seen:
        broken = model.up(SECOND, {"image": f"localhost/none@sha256:{'1' * 64}", "pod": pod})
    assert not broken.ok
    assert "ImagePull" in "\n".join(broken.errors)
    assert seen.failed == 0, seen
    assert set(seen.versions) == {model.first}
    healed = model.up(model.first)
    assert healed.ok, healed.errors
    assert len(model.cluster.get("deployments", "-n", NAMESPACE)["items"]) == 1


def live_revision(model: Serving) -> str:
    """Revision that the service selects."""
    service = model.cluster.get("service", SERVICE, "-n", NAMESPACE)
    return str(service["spec"]["selector"]["modelport/revision"])


def revisions(model: Serving) -> set[str]:
    """Revisions that have pods."""
    return {pod["metadata"]["labels"]["modelport/revision"] for pod in model.pods()}


@pytest.mark.soak
def test_a_version_that_begins_to_fail_is_gone_before_anybody_looks(model: Serving) -> None:
    before, serves = live_revision(model), version_of(model)
    canary = {"steps": [34, 50], "bake": "20s", "max_p99_ratio": 100}
    with model.called() as seen:
        ended = model.up(ERRS, rollout={"canary": canary})
    said = "\n".join(ended.errors)
    assert not ended.ok
    assert "error_rate: " in said, said
    assert f"{before} takes all traffic again" in said
    assert 0 < seen.versions[ERRS] < seen.statuses.total() * 0.5
    assert live_revision(model) == before
    assert revisions(model) == {before}
    assert version_of(model) == serves


@pytest.mark.soak
def test_a_gateway_weighs_requests_and_a_bad_version_gets_no_more_than_its_share(
    model: Serving,
) -> None:
    try:
        model.cluster.start_gateway()
    except Unavailable as reason:
        pytest.skip(str(reason))
    host = "cancer.example.com"
    gateway = {"name": "web", "namespace": "gateway", "host": host, "scheme": "http"}
    target = {"route": {"callers": ["gateway"], "gateway": gateway}}
    try:
        up = model.up(model.first, target)
        assert up.ok, up.errors
        before = live_revision(model)
        canary = {"steps": [5, 50], "bake": "40s", "max_p99_ratio": 100}
        with model.called(host) as seen:
            ended = model.up(WRONG, target, rollout={"canary": canary})
        said = "\n".join(ended.errors)
        assert not ended.ok
        assert "canary ended at 5 %" in said, said
        assert "golden: " in said
        assert seen.failed == 0, seen
        assert 0 < seen.versions[WRONG] < seen.statuses.total() * 0.1
        assert revisions(model) == {before}
        # This controller would take a route that copies requests, and fail every one of them. A
        # version that was live before would need no shadow.
        with model.called(host) as seen:
            refused = model.up(ERRS, target, rollout={"shadow": {"percent": 50, "bake": "5s"}})
        said = "\n".join(refused.errors)
        assert not refused.ok
        assert "does not say that it copies a share of requests" in said, said
        assert f"{before} keeps all traffic" in said
        assert seen.failed == 0, seen
        assert revisions(model) == {before}
    finally:
        back = model.up(model.first)
        model.cluster.stop_gateway()
    assert back.ok, back.errors


@pytest.mark.soak
def test_what_is_changed_by_hand_is_seen_and_set_back(model: Serving) -> None:
    patch = '{"spec": {"selector": {"modelport/revision": "r000000000"}}}'
    model.declare(model.first)
    model.cluster.kubectl("patch", "service", SERVICE, "-n", NAMESPACE, "--patch", patch)
    seen = model.project.run("up", refresh=True)
    assert seen.ok, seen.errors
    assert version_of(model) == model.first
