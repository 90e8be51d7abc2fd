"""What stands behind the SDK's Kubernetes resources, asked directly on real nodes."""

from collections.abc import Generator
from typing import Any

import pytest

from cluster.conftest import Requesting
from kube.cluster import Cluster
from modelport.cluster.backing import KubernetesBacking
from modelport.cluster.problems import ClusterError
from modelport.provider.wire import UNKNOWN
from modelport.sdk_provider.backing import PartialFailure

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


@pytest.fixture
def backing() -> KubernetesBacking:
    return KubernetesBacking()


@pytest.fixture
def here(cluster: Cluster, request: pytest.FixtureRequest) -> Generator[str]:
    """A namespace of the test's own."""
    name = str(request.node.name).split("[")[0].replace("_", "-")[:50].strip("-")
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


def made(
    version: str, kind: str, namespace: str, name: str = "it", **parts: Any
) -> dict[str, object]:
    metadata = {"name": name, "namespace": namespace, **parts.pop("metadata", {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}


def pods(name: str, *arguments: str, image: str = "localhost/app:1", **spec: Any) -> dict[str, Any]:
    container = {"name": "app", "image": image, "args": list(arguments)}
    return {
        "metadata": {"labels": {"app": name}},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [{**container, "imagePullPolicy": "IfNotPresent"}],
            **spec,
        },
    }


def deployment(namespace: str, replicas: int = 1, **more: Any) -> dict[str, object]:
    selector = {"matchLabels": {"app": "it"}}
    spec = {"replicas": replicas, "selector": selector, "template": pods("it", "serve")}
    return made("apps/v1", "Deployment", namespace, spec=spec, **more)


def test_kinds_get_ready(backing: KubernetesBacking, asked: Requesting, here: str) -> None:
    daemons = made(
        "apps/v1",
        "DaemonSet",
        here,
        spec={"selector": {"matchLabels": {"app": "daemon"}}, "template": pods("daemon", "serve")},
    )
    _, outputs = backing.create(asked("kubernetes:apps/v1:DaemonSet"), daemons)
    status = outputs["status"]
    assert isinstance(status, dict)
    assert status["numberAvailable"] == 2  # both nodes
    pod = made("v1", "Pod", here, **pods("alone", "serve"))
    pod["metadata"] = {"name": "alone", "namespace": here}
    assert backing.create(asked("kubernetes:core/v1:Pod"), pod)[0] == f"{here}/alone"
    token = made(
        "v1",
        "Secret",
        here,
        "token",
        type="kubernetes.io/service-account-token",
        metadata={"annotations": {"kubernetes.io/service-account.name": "default"}},
    )
    _, outputs = backing.create(asked("kubernetes:core/v1:Secret"), token)
    data = outputs["data"]
    assert isinstance(data, dict)
    assert data["token"]


def test_a_job_that_fails_ends_the_wait(
    backing: KubernetesBacking, asked: Requesting, here: str
) -> None:
    template = pods("job", "crash", "no data", restartPolicy="Never")
    job = made("batch/v1", "Job", here, spec={"backoffLimit": 0, "template": template})
    with pytest.raises(PartialFailure) as caught:
        backing.create(asked("kubernetes:batch/v1:Job"), job)
    first, *others = caught.value.reasons
    assert first.startswith(f"batch/v1 Job {here}/it is not ready: the job failed: ")
    assert any("its last lines: no data" in reason for reason in others)
    assert caught.value.resource_id == f"{here}/it"
    assert caught.value.outputs["__inputs"] == job


def test_a_preview_shows_what_the_cluster_says(
    backing: KubernetesBacking, asked: Requesting, here: str, cluster: Cluster
) -> None:
    service = made("v1", "Service", here, spec={"selector": {"a": "b"}, "ports": [{"port": 80}]})
    request = asked("kubernetes:core/v1:Service")
    foreseen = backing.preview(request, service, None)
    spec, metadata = foreseen["spec"], foreseen["metadata"]
    assert isinstance(spec, dict)
    assert isinstance(metadata, dict)
    assert spec["type"] == "ClusterIP"  # filled in by the server
    assert spec["clusterIP"] == UNKNOWN
    assert metadata["uid"] == UNKNOWN
    assert "status" not in foreseen
    wrong = made("v1", "Service", here, spec={"ports": [{"port": 80000}]})
    with pytest.raises(ClusterError, match="must be between 1 and 65535"):
        backing.preview(request, wrong, None)
    unknown = made("v1", "Service", here, spec={"ports": [{"port": UNKNOWN}]})
    assert backing.preview(request, unknown, None)["spec"] == unknown["spec"]
    elsewhere = made("v1", "Service", "not-yet", spec={"ports": [{"port": 80}]})
    assert backing.preview(request, elsewhere, None)["spec"] == elsewhere["spec"]
    listed = cluster.get("services", "-n", here)["items"]
    assert listed == []  # nothing was made


def test_an_object_of_somebody_else_is_not_taken(
    backing: KubernetesBacking, asked: Requesting, here: str, cluster: Cluster
) -> None:
    cluster.kubectl("create", "configmap", "it", "-n", here, "--from-literal=a=1")
    mine = made("v1", "ConfigMap", here, data={"a": "2"})
    request = asked("kubernetes:core/v1:ConfigMap")
    for attempt in (
        lambda: backing.preview(request, mine, None),
        lambda: backing.create(request, mine),
    ):
        with pytest.raises(ClusterError) as caught:
            attempt()
        said = str(caught.value)
        assert said.startswith(f"v1 ConfigMap {here}/it exists already, made by 'kubectl-create'")
        assert "ConfigMapPatch" in said
    upsert = asked("kubernetes:core/v1:ConfigMap", upsertExistingObjects=True)
    with pytest.raises(
        ClusterError, match=r"fields are managed by others: data\.a by 'kubectl-create'"
    ):
        backing.create(upsert, mine)
    forced = made("v1", "ConfigMap", here, data={"a": "2"}, metadata={
        "annotations": {"pulumi.com/patchForce": "true"}
    })  # fmt: skip
    assert backing.create(upsert, forced)[1]["data"] == {"a": "2"}


def test_a_patch_gives_its_fields_back(
    backing: KubernetesBacking, asked: Requesting, here: str, cluster: Cluster
) -> None:
    request = asked("kubernetes:core/v1:ConfigMapPatch")
    patch = made("v1", "ConfigMap", here, data={"b": "2"})
    with pytest.raises(ClusterError, match="there is nothing to patch"):
        backing.create(request, patch)
    cluster.kubectl("create", "configmap", "it", "-n", here, "--from-literal=a=1")
    resource_id, outputs = backing.create(request, patch)
    assert outputs["data"] == {"a": "1", "b": "2"}
    changed = made("v1", "ConfigMap", here, data={"c": "3"})
    outputs = backing.update(request, resource_id, patch, changed, outputs)
    assert outputs["data"] == {"a": "1", "c": "3"}
    backing.delete(request, resource_id, changed, outputs)
    assert cluster.get("configmap", "it", "-n", here)["data"] == {"a": "1"}


def test_a_finalizer_that_hangs_is_named(
    backing: KubernetesBacking, asked: Requesting, here: str, cluster: Cluster
) -> None:
    held = made("v1", "ConfigMap", here, metadata={"finalizers": ["example.com/slow"]})
    request = asked("kubernetes:core/v1:ConfigMap", timeout=1.5)
    resource_id, outputs = backing.create(request, held)
    with pytest.raises(ClusterError) as caught:
        backing.delete(request, resource_id, held, outputs)
    assert "is still there 1.5 s after its deletion: finalizers example.com/slow hold it" in str(
        caught.value
    )
    cluster.kubectl(
        "patch",
        "configmap",
        "it",
        "-n",
        here,
        "--type=merge",
        "-p",
        '{"metadata":{"finalizers":[]}}',
    )
    backing.delete(request, resource_id, held, outputs)  # gone: no error


def test_a_program_names_what_it_waits_for(
    backing: KubernetesBacking, asked: Requesting, here: str, cluster: Cluster
) -> None:
    wanted = "jsonpath={.data.done}=yes"
    waiting = made(
        "v1", "ConfigMap", here, metadata={"annotations": {"pulumi.com/waitFor": wanted}}
    )
    request = asked("kubernetes:core/v1:ConfigMap", timeout=1.0)
    with pytest.raises(PartialFailure) as caught:
        backing.create(request, waiting)
    assert caught.value.reasons == [
        f"v1 ConfigMap {here}/it is not ready after 1 s: waits for {{.data.done}}=yes, where "
        "nothing is yet"
    ]
    cluster.kubectl("patch", "configmap", "it", "-n", here, "-p", '{"data":{"done":"yes"}}')
    seen = backing.read(request, f"{here}/it", waiting, caught.value.outputs)
    assert seen is not None
    backing.update(request, f"{here}/it", waiting, waiting, caught.value.outputs)


def test_an_ingress_waits_for_service_and_address(
    backing: KubernetesBacking, asked: Requesting, here: str, cluster: Cluster
) -> None:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    ingress = made(
        "networking.k8s.io/v1", "Ingress", here, spec={"rules": [{"http": {"paths": [path]}}]}
    )
    request = asked("kubernetes:networking.k8s.io/v1:Ingress", timeout=1.0)
    with pytest.raises(PartialFailure, match="there is no service web that it names"):
        backing.create(request, ingress)
    cluster.kubectl("create", "service", "clusterip", "web", "--tcp=80", "-n", here)
    with pytest.raises(PartialFailure, match="no ingress controller has given it an address"):
        backing.update(request, f"{here}/it", ingress, ingress, {})
    address = '{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}'
    cluster.kubectl(
        "patch", "ingress", "it", "-n", here, "--subresource=status", "--type=merge", "-p", address
    )
    backing.update(request, f"{here}/it", ingress, ingress, {})


def test_an_import_becomes_inputs(backing: KubernetesBacking, asked: Requesting, here: str) -> None:
    request = asked("kubernetes:apps/v1:Deployment")
    mine = deployment(here)
    resource_id, _ = backing.create(request, mine)
    found = backing.read(request, resource_id, {}, {})
    assert found is not None
    inputs, outputs = found
    assert sorted(inputs) == ["apiVersion", "kind", "metadata", "spec"]
    assert "status" in outputs
    assert "managedFields" not in str(outputs)
    assert backing.read(request, f"{here}/none", {}, {}) is None


def test_an_immutable_field_is_refused_with_its_path(
    backing: KubernetesBacking, asked: Requesting, here: str
) -> None:
    request = asked("kubernetes:core/v1:ConfigMap")
    fixed = made("v1", "ConfigMap", here, data={"a": "1"}, immutable=True)
    resource_id, outputs = backing.create(request, fixed)
    changed = {**fixed, "data": {"a": "2"}}
    with pytest.raises(ClusterError, match="data: Forbidden: field is immutable"):
        backing.update(request, resource_id, fixed, changed, outputs)


def test_a_list_is_made_object_by_object(
    backing: KubernetesBacking, asked: Requesting, here: str, cluster: Cluster
) -> None:
    request = asked("kubernetes:core/v1:ConfigMapList", "settings")

    def listed(**data: str) -> dict[str, object]:
        items = [
            {"metadata": {"name": name, "namespace": here}, "data": {"a": value}}
            for name, value in data.items()
        ]
        return {"apiVersion": "v1", "kind": "ConfigMapList", "items": items}

    def there() -> dict[str, str]:
        found = cluster.get("configmaps", "-n", here)["items"]
        return {
            item["metadata"]["name"]: item["data"]["a"]
            for item in found
            if item["metadata"]["name"] != "kube-root-ca.crt"
        }

    first = backing.complete(request, listed(one="1", two="2"), {})
    assert backing.check(request, first) == []
    backing.preview(request, first, None)
    assert there() == {}
    resource_id, outputs = backing.create(request, first)
    assert there() == {"one": "1", "two": "2"}
    second = backing.complete(request, listed(one="3", three="4"), first)
    outputs = backing.update(request, resource_id, first, second, outputs)
    assert there() == {"one": "3", "three": "4"}
    seen = backing.read(request, resource_id, second, outputs)
    assert seen is not None
    assert seen[0] == second
    backing.delete(request, resource_id, second, outputs)
    assert there() == {}
    assert backing.read(request, resource_id, second, outputs) is None
