"""Kind kubernetes: plan, refusals, manifests, overlays, life."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelport.platforms.kubernetes.manifests import manifests
from modelport.platforms.kubernetes.protection import protections
from offline_project import OfflineProject
from platform_life import FIRST, inputs, live, project_for
from platforms.planning import planned, refusal, refusals

TARGET = {"kind": "kubernetes", "image": "registry.example.com/models/cancer"}
GATEWAY = {"gateway": {"name": "web", "namespace": "gateway", "host": "c.example.com"}}
INGRESS = {"ingress": {"host": "c.example.com"}}
GOLDEN = Path(__file__).with_name("manifests.json")
OPEN = {"callers": ["gateway"]}
WATCHED = {
    "monitoring": {"namespace": "monitoring"},
    "autoscaling": {"in_flight": 8, "keda": {"prometheus": "http://prometheus.monitoring:9090"}},
}
OPERATED = {
    **WATCHED,
    "certificate": {"issuer": "letsencrypt"},
    "key_secret": {"store": "vault", "key": "models/cancer"},
}


def routed(door: dict[str, Any], **target: Any) -> dict[str, Any]:
    """The target with a way in."""
    return {**TARGET, **target, "route": {**OPEN, **door}}


def made(target: dict[str, Any] = TARGET, **more: Any) -> dict[str, Any]:
    """Objects of a deployment by kind; of services and the like, the last one."""
    found = manifests(planned(target, **more), "registry.example.com/c@sha256:" + "a" * 64)
    return {manifest["kind"]: manifest for manifest in found.values()}


def container(target: dict[str, Any] = TARGET) -> dict[str, Any]:
    return made(target)["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = planned(TARGET).facts()
    assert facts["auth"] == "api_key"
    assert facts["monthly_usd"] == 0
    assert facts["unpriced"] == "the cluster's own machines"
    assert "not in the price" in str(facts["notes"])
    assert facts["namespace"] == facts["name"] == "mp-cancer-dev"
    assert facts["route"] == "cluster"
    assert facts["replicas"] == "2 to 4"
    assert "region" not in facts
    assert planned(routed(GATEWAY)).facts()["route"] == "gateway"


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"secrets": {"A": "https://vault/x"}}, "no secret of the namespace"),
        (TARGET, {"exposure": "public"}, "write target.route.ingress or target.route.gateway"),
        (TARGET, {"domain": "c.example.com"}, "target.route.ingress.host"),
        (TARGET, {"auth": "platform"}, "auth: platform is not on kubernetes"),
        (TARGET, {"auth": "none"}, "auth: none on kubernetes would let everyone in"),
        (TARGET, {"rollout": {"shadow": {}}}, "a service and an ingress copy no requests; write"),
        (
            routed(GATEWAY),
            {"rollout": {"shadow": {"abort_on": ["drift"]}}},
            "nothing on kubernetes measures 'drift'",
        ),
        (TARGET, {"rollout": {"canary": {}}}, "one new pod beside 4 has 20 %"),
        (TARGET, {"workload": {"gpu_memory": "8GB"}}, "write target.gpu: {count: 1}"),
        ({**TARGET, "route": GATEWAY}, {}, "target.route.callers: is empty"),
        (
            routed({"ingress": {"host": "c.example.com", "scheme": "http"}}),
            {"exposure": "public"},
            "keys would go over the internet in the clear",
        ),
        ({**TARGET, "pod": {"cpu": 2, "cpu_limit": 1}}, {}, "cpu_limit 1: is below cpu (2)"),
        ({**TARGET, "pod": {"memory_mib": 128, "tmp_mib": 100}}, {}, "write at most 64"),
    ],
)
def test_what_cannot_be_is_refused(target: dict[str, Any], more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.mark.parametrize(
    ("steps", "replicas", "fine"),
    [([20, 50], 4, True), ([19, 50], 4, False), ([5], 19, True), ([5], 18, False)],
)
def test_pods_share_by_their_number(steps: list[int], replicas: int, fine: bool) -> None:
    target = {**TARGET, "replicas": {"min": 2, "max": replicas}}
    assert (not refusals(target, rollout={"canary": {"steps": steps}})) is fine
    assert refusals({**target, **routed(GATEWAY)}, rollout={"canary": {"steps": steps}}) == []


def test_a_gateway_may_copy_requests_and_the_plan_says_what_is_not_compared() -> None:
    facts = planned(routed(GATEWAY), rollout={"shadow": {"percent": 25}}).facts()
    assert facts["rollout"] == "shadow"
    assert "so they are not compared with the live ones" in str(facts["notes"])


def test_pods_meet_the_restricted_standard_and_end_gently() -> None:
    pod = made()["Deployment"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    linger = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= linger + 10
    assert container()["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container()["livenessProbe"]["httpGet"]["path"] == "/livez"
    strategy = made()["Deployment"]["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": 1, "maxUnavailable": 0}
    assert len(protections(made()["Deployment"])) == 8


def test_who_moves_traffic_and_load_decide_what_is_left_out() -> None:
    found = manifests(planned(routed(GATEWAY)))
    assert "selector" not in found["service"]["spec"]
    assert "rules" not in found["route"]["spec"]
    (deployment,) = (item for item in found.values() if item["kind"] == "Deployment")
    assert "replicas" not in deployment["spec"]


def test_only_named_namespaces_may_call() -> None:
    policy = made(routed(INGRESS))["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress"]
    assert policy["ingress"][0]["from"] == [
        {"podSelector": {}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateway"}}},
    ]


def test_accelerators_choose_nodes() -> None:
    gpu = {**TARGET, "gpu": {"count": 2, "product": "NVIDIA-L4"}}
    pod = made(gpu)["Deployment"]["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L4"}
    assert container(gpu)["resources"]["limits"]["nvidia.com/gpu"] == "2"
    part = container({**TARGET, "gpu": {"mig": "1g.10gb"}})["resources"]
    assert part["limits"]["nvidia.com/mig-1g.10gb"] == "1"
    tpu = container({**TARGET, "tpu": {"type": "tpu-v5-lite-podslice", "topology": "2x4"}})
    assert tpu["resources"]["limits"]["google.com/tpu"] == "8"


def test_secrets_are_references_and_workers_follow_the_processors() -> None:
    found = manifests(planned(TARGET, secrets={"TOKEN": "store/token"}))
    (deployment,) = (item for item in found.values() if item["kind"] == "Deployment")
    variables = {
        item["name"]: item
        for item in deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    reference = variables["TOKEN"]["valueFrom"]["secretKeyRef"]
    assert reference == {"name": "store", "key": "token"}
    assert variables["MODELPORT_API_KEY_SHA256"]["valueFrom"]["secretKeyRef"]["name"].endswith(
        "-key"
    )
    assert variables["MODELPORT_WORKERS"]["value"] == "1"
    many = {item["name"]: item for item in container({**TARGET, "pod": {"cpu_limit": 3}})["env"]}
    assert many["MODELPORT_WORKERS"]["value"] == "3"


def overlay(kind: str, merge: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**TARGET, "overlays": [{"kind": kind, "merge": merge, **more}]}


def pod_overlay(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return overlay("Deployment", {"spec": {"template": {"spec": spec}}}, **more)


def test_overlays_are_merged_by_name() -> None:
    sidecar = {"name": "proxy", "image": "registry.example.com/proxy@sha256:" + "b" * 64}
    variable = {"name": "model", "env": [{"name": "LOG", "value": "1"}], "ports": None}
    target = pod_overlay({"containers": [variable, sidecar]}, weakens=True)
    pod = made(target)["Deployment"]["spec"]["template"]["spec"]
    assert [item["name"] for item in pod["containers"]] == ["model", "proxy"]
    model = pod["containers"][0]
    assert "ports" not in model
    assert {"LOG", "MODELPORT_WORKERS"} <= {item["name"] for item in model["env"]}
    notes = str(planned(target).facts()["notes"])
    assert "overlays take away: the file system that is read only" in notes


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (overlay("Ingress", {"spec": {"tls": None}}), "no Ingress can be changed; there are Dep"),
        (overlay("Secret", {"data": {}}), "no Secret can be changed"),
        (pod_overlay({"enableServiceLinks": False}), "changes nothing"),
        (pod_overlay({"nothing": None}), "changes nothing"),
        (overlay("Service", {"spec": {"selector": {"a": "b"}}}), "traffic is moved by it"),
        (overlay("Deployment", {"spec": {"replicas": 3}}), "write target.replicas"),
        (overlay("Service", {"metadata": {"name": "x"}}), "objects are found by it"),
        (pod_overlay({"hostNetwork": True}), "takes away the separation from the node's network"),
        (
            pod_overlay({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}),
            "takes away the separation from the node's folders",
        ),
        (
            pod_overlay({"securityContext": {"runAsNonRoot": None}}),
            "takes away the user that is not root",
        ),
        (
            pod_overlay({"containers": [{"name": "model", "securityContext": None}]}),
            "takes away the file system that is read only, the lack of capabilities, the rule",
        ),
        (overlay("NetworkPolicy", {"spec": {"ingress": [{}]}}), "takes away the network policy"),
        (overlay("Service", {"spec": {"type": "NodePort"}}), "write weakens: true"),
    ],
)
def test_an_overlay_that_is_a_mistake_is_refused(target: dict[str, Any], said: str) -> None:
    assert said in " ".join(refusals(target))


def test_the_manifests_are_reviewed_like_code() -> None:
    found = manifests(
        planned(routed(GATEWAY)),
        "registry.example.com/c@sha256:" + "a" * 64,
        {"MODELPORT_MAX_ROWS": "10000"},
        "c" * 64,
    )
    text = json.dumps(list(found.values()), indent=2) + "\n"
    golden = GOLDEN.read_text() if GOLDEN.is_file() else ""
    assert text == golden, f"write what is right now into {GOLDEN.name}:\n{text}"


def test_pods_are_spread_over_nodes_that_have_no_zone() -> None:
    spec = made()["Deployment"]["spec"]["template"]["spec"]
    # A second constraint would make the scheduler ignore both where nodes lack its label.
    (constraint,) = spec["topologySpreadConstraints"]
    assert constraint["topologyKey"] == "kubernetes.io/hostname"
    (zones,) = spec["affinity"]["podAntiAffinity"].values()
    assert zones[0]["podAffinityTerm"]["topologyKey"] == "topology.kubernetes.io/zone"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("kubernetes") / "project")


@pytest.mark.engine
def test_the_life_of_a_service(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "replicas": {"min": 3, "max": 6}, **WATCHED},
        drift=("cancer-callers", {"spec.policyTypes": ["Egress"]}),
    )
    (deployment,) = inputs(lived, "kubernetes:apps/v1:Deployment")
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert "@sha256:0ff11e" in image
    revision = deployment["metadata"]["labels"]["modelport/revision"]
    assert lived.model.steps[f"cancer-{revision}-pods"] == "delete"
    assert lived.model.steps["cancer-service"] == "same"
    assert {"cancer-monitor", "cancer-rules", "cancer-dashboard"} <= lived.size.steps.keys()


@pytest.mark.engine
def test_deployments_on_one_cluster_share_its_provider(tmp_path: Path) -> None:
    """The engine starts a process for each."""
    project = project_for(tmp_path / "project")
    other = {**TARGET, "context": "other"}
    deployments = {
        name: {"bundle": f"breast_cancer@{FIRST}", "owner": "diagnostics", "target": target}
        for name, target in {"one": TARGET, "two": TARGET, "three": other}.items()
    }
    project.settings(modelport__deployments=deployments)
    made = project.do("up")
    assert made.ok, made.messages
    state = project.state()
    providers = {
        name: item["id"]
        for name, item in state.items()
        if item["type"] == "pulumi:providers:kubernetes"
    }
    assert len(providers) == 2
    used = {name: state[f"{name}-account"]["provider"] for name in deployments}
    assert used["one"] == used["two"] != used["three"]
    assert used["one"].endswith(f"::cluster::{providers['cluster']}")
    assert project.do("destroy").ok


@pytest.mark.engine
@pytest.mark.e2e
@pytest.mark.parametrize(
    ("door", "more"), [(INGRESS, OPERATED), (GATEWAY, {})], ids=["operators", "gateway"]
)
def test_the_life_of_a_production_service(
    project: OfflineProject, door: dict[str, Any], more: dict[str, Any]
) -> None:
    target = routed(door, **more)
    live(
        project,
        target,
        resized={**target, "pod": {"memory_mib": 2048}},
        drift=("cancer-callers", {"spec.policyTypes": ["Egress"]}),
        packs=True,
        environment="prod",
        exposure="public",
    )
