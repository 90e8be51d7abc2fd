"""Pods of kind kubernetes follow the load of real callers, and no request fails."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from bundle_variants import SECOND
from cluster.serving import NAMESPACE, SERVICE, Serving, serving
from kube.cluster import CONTROL_PLANE, HERE, Cluster, Unavailable
from modelport.observability.scraping import adapter_rules
from modelport.platforms.kubernetes.live import Service
from observability.prometheus import require_prometheus

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
_POD = {"cpu": 0.05, "memory_mib": 400, "tmp_mib": 32, "start_seconds": 240}
_CALM = {
    "kind": "HorizontalPodAutoscaler",
    "merge": {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 15}}}},
}
"""Pods end soon after load does, and not after five minutes."""
_PATIENCE = 240.0


@pytest.fixture(scope="module")
def model(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Generator[Serving]:
    """A deployment of which nothing is left at the end."""
    made = serving(cluster, tmp_path_factory.mktemp("model"))
    yield made
    gone = made.project.run("destroy")
    assert gone.ok, gone.errors


def test_pods_follow_the_use_of_processors(model: Serving) -> None:
    try:
        model.cluster.start_metrics()
    except Unavailable as reason:
        pytest.skip(str(reason))
    try:
        replicas = {"min": 1, "max": 3, "cpu_percent": 60}
        up = model.up(model.first, {"pod": _POD, "replicas": replicas, "overlays": [_CALM]})
        assert up.ok, up.errors
        follow(model, rate=200, pods=3)
    finally:
        model.cluster.stop_metrics()


def test_pods_follow_the_predictions_in_flight(model: Serving, tmp_path: Path) -> None:
    require_prometheus()
    wishes = {
        "pod": _POD,
        "replicas": {"min": 1, "max": 3},
        "autoscaling": {"in_flight": 0.1},
        "overlays": [_CALM],
    }
    up = model.up(model.first, wishes)
    assert up.ok, up.errors
    with custom_metrics(model, tmp_path):
        # The quicker the machine, the fewer predictions are in flight at that rate.
        follow(model, rate=200, pods=2)


def test_objects_of_operators_are_made_held_and_removed(model: Serving, defined: Cluster) -> None:
    """Without KEDA itself: what a rollout writes into its object is seen, and nobody acts on it."""
    wishes = {
        "pod": _POD,
        "replicas": {"min": 2, "max": 3},
        "autoscaling": {
            "in_flight": 8,
            "keda": {"prometheus": "http://prometheus.monitoring:9090"},
        },
        "monitoring": {"namespace": "monitoring"},
    }
    up = model.up(model.first, wishes)
    assert up.ok, up.errors
    (first,) = _named(defined, "scaledobjects")
    assert len(_named(defined, "podmonitors")) == len(_named(defined, "prometheusrules")) == 1
    again = model.project.run("up", refresh=True)
    assert again.ok, again.errors
    assert again.changes == {}, again.changes

    bounds: set[tuple[int, int]] = set()
    canary = {"canary": {"steps": [34], "bake": "15s", "max_p99_ratio": 100}}
    with model.called() as seen, _watching(defined, first, bounds):
        moved = model.up(SECOND, wishes, rollout=canary)
    assert moved.ok, moved.errors
    assert seen.failed == 0, seen
    assert {(2, 3), (2, 2)} <= bounds, bounds
    (second,) = _named(defined, "scaledobjects")
    assert second != first
    left = model.up(SECOND, {"pod": _POD})
    assert left.ok, left.errors
    for kind in ("scaledobjects", "podmonitors", "prometheusrules"):
        assert _named(defined, kind) == []


def test_a_service_that_sleeps_is_no_fault_and_wakes_to_be_asked(
    model: Serving, defined: Cluster
) -> None:
    """KEDA's own part, that it ends the last pod, is played by hand."""
    keda = {"prometheus": "http://prometheus.monitoring:9090", "wake": "sum(gateway_requests)"}
    wishes = {"replicas": {"min": 0, "max": 3}, "autoscaling": {"in_flight": 8, "keda": keda}}
    up = model.up(model.first, {"pod": _POD, **wishes})
    assert up.ok, up.errors
    defined.kubectl("-n", NAMESPACE, "scale", "deployment", "--all", "--replicas=0")
    _until(lambda: not model.pods(), model)
    service = Service({"namespace": NAMESPACE, "service": SERVICE})
    found = service.read()
    assert (found.state, found.replicas) == ("ready", 0)
    assert "sleeps" in found.detail
    again = model.project.run("up", refresh=True)
    assert again.ok, again.errors
    assert again.changes == {}

    folder = model.project.work("cancer")
    key = (folder / "auth-header").read_text().split()[-1]
    answer = service.ask((folder / "request.json").read_bytes(), key, 60)
    assert answer.status == 200
    (scaled,) = defined.get("scaledobjects", "-n", NAMESPACE)["items"]
    spec = scaled["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (0, 3)


def _named(cluster: Cluster, kind: str) -> list[str]:
    return [item["metadata"]["name"] for item in cluster.get(kind, "-n", NAMESPACE)["items"]]


@contextmanager
def _watching(cluster: Cluster, name: str, bounds: set[tuple[int, int]]) -> Generator[None]:
    """Note the bounds that a ScaledObject has meanwhile."""
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            for item in cluster.get("scaledobjects", "-n", NAMESPACE)["items"]:
                if item["metadata"]["name"] == name:
                    spec = item["spec"]
                    bounds.add((spec["minReplicaCount"], spec["maxReplicaCount"]))
            ended.wait(0.5)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def follow(model: Serving, rate: float, pods: int) -> None:
    """Load comes and goes; so do pods, at least so many, and no request fails."""
    address, folder = f"http://{model.address}", model.project.work("cancer")
    assert _wanted(model) == 1
    with model.cluster.calling(address, folder, rate=rate) as heavy:
        _until(lambda: len(_ready(model)) >= pods, model)
        time.sleep(10)
    assert heavy.failed == 0, heavy
    with model.cluster.calling(address, folder, rate=2) as light:
        _until(lambda: _wanted(model) == 1 and len(_ready(model)) == 1, model)
        time.sleep(10)
    assert light.failed == 0, light
    assert light.statuses[200] > 20


def _ready(model: Serving) -> list[dict[str, Any]]:
    return [
        pod
        for pod in model.pods()
        if any(
            item["type"] == "Ready" and item["status"] == "True"
            for item in pod["status"].get("conditions", ())
        )
    ]


def _wanted(model: Serving) -> int:
    (deployment,) = model.cluster.get("deployments", "-n", NAMESPACE)["items"]
    return int(deployment["spec"]["replicas"])


def _until(reached: Callable[[], bool], model: Serving) -> None:
    end = time.monotonic() + _PATIENCE
    while not reached():
        if time.monotonic() > end:
            said = model.cluster.kubectl("-n", NAMESPACE, "describe", "hpa")
            pytest.fail(said)
        time.sleep(1)


@contextmanager
def custom_metrics(model: Serving, folder: Path) -> Generator[None]:
    """A real Prometheus that scrapes the pods, and the API that autoscalers ask, in the cluster."""
    rules = folder / "rules.yaml"
    rules.write_text(yaml.safe_dump(adapter_rules("20s")))
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    key, certificate = folder / "tls.key", folder / "tls.crt"
    words = ["openssl", "req", "-x509", *curve, "-subj", "/CN=metrics"]
    subprocess.run([*words, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    pods = folder / "pods.json"
    secret = (model.project.work("cancer") / "auth-header").read_text().split()[-1]
    one = {
        "job_name": "pods",
        "scrape_interval": "2s",
        "authorization": {"credentials": secret},
        "file_sd_configs": [{"files": [str(pods)]}],
    }
    config = folder / "prometheus.yaml"
    config.write_text(yaml.safe_dump({"scrape_configs": [one]}))
    ended = threading.Event()
    watcher = threading.Thread(target=_list_pods, args=(model, pods, ended))
    with ExitStack() as stack:
        stack.callback(watcher.join)
        stack.callback(ended.set)
        watcher.start()
        _run_inside(
            stack,
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={folder}/data",
            "--web.listen-address=127.0.0.1:9090",
        )
        where = f"{CONTROL_PLANE}:8443"
        paths = (str(certificate), str(key), "http://127.0.0.1:9090", str(rules))
        _run_inside(stack, sys.executable, "-m", "kube.custom_metrics", where, *paths)
        objects = str(HERE / "custom_metrics.yaml")
        model.cluster.kubectl("apply", "-f", objects)
        stack.callback(model.cluster.kubectl, "delete", "-f", objects, "--wait=false")
        ready = ["--for=condition=Available", "apiservice/v1beta2.custom.metrics.k8s.io"]
        model.cluster.kubectl("wait", *ready, "--timeout=60s")
        yield


def _run_inside(stack: ExitStack, *command: str) -> None:
    """Run a program in the control plane's network until the end."""
    process = subprocess.Popen(
        ["nsenter", "--net=/run/netns/kcp", *command],
        cwd=HERE.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(process.wait, 30)
    stack.callback(process.terminate)


def _list_pods(model: Serving, file: Path, ended: threading.Event) -> None:
    """Write what Prometheus would find, were Debian's built to ask Kubernetes."""
    while not ended.is_set():
        listed = [
            {
                "targets": [f"{pod['status']['podIP']}:8080"],
                "labels": {"namespace": NAMESPACE, "pod": pod["metadata"]["name"]},
            }
            for pod in model.pods()
            if pod["status"].get("podIP")
        ]
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(listed))
        draft.replace(file)
        ended.wait(1)
