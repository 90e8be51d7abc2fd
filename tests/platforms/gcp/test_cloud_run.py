"""Kind gcp.cloud_run: plan, refusals, resources, life; reading back and moving."""

from typing import Any

import pytest

from modelport.live import service_of
from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.gcp.fake_run import FakeRun
from platforms.planning import planned, refusal

TARGET = {"kind": "gcp.cloud_run", "region": "europe-west4", "project": "diagnostics-dev"}
GPU = {**TARGET, "gpu": "nvidia-l4", "cpu": 4, "memory_mib": 16384}


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = planned(TARGET, workload={"p99": "50ms", "requests_per_month": 1_000_000}).facts()
    assert facts["target"] == "gcp.cloud_run"
    assert facts["auth"] == "platform"
    assert float(facts["idle_usd"]) < 0.1  # the image in the registry
    assert 1 < float(facts["monthly_usd"]) < 10
    assert float(facts["worst_case_usd"]) > 100
    assert facts["limit"] == "payload 1.05 MB of 32 MiB (3 %)"


def test_an_instance_that_waits_costs() -> None:
    waiting = planned({**TARGET, "replicas": {"min": 1, "max": 4}}).facts()
    assert float(waiting["idle_usd"]) > 5
    assert float(planned(GPU | {"replicas": {"min": 1, "max": 1}}).facts()["idle_usd"]) > 400


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"domain": "c.example.com"}, "needs a load balancer"),
        (
            TARGET,
            {"secrets": {"A": "https://vault/x"}},
            "secrets.A: https://vault/x is no secret of",
        ),
        (TARGET, {"rollout": "rolling"}, "rollout rolling: gcp.cloud_run does not have it"),
        (TARGET, {"rollout": {"shadow": {}}}, "rollout shadow"),
        ({**TARGET, "memory_mib": 8192}, {}, "1 processors have at most 4096"),
        ({**TARGET, "gpu": "nvidia-l4"}, {}, "write cpu: 4, memory_mib: 16384"),
        (TARGET, {"workload": {"gpu_memory": "8GB"}}, "write gpu: nvidia-l4"),
        (TARGET, {"workload": {"payload": "40MB"}}, "32 MiB"),
        (TARGET, {"auth": "none"}, "auth: none on gcp.cloud_run would let everyone in"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("run") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_service(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "memory_mib": 2048},
        drift=("cancer-service", {"ingress": "INGRESS_TRAFFIC_ALL"}),
    )
    assert lived.model.steps["cancer-service"] == "update"
    service = inputs(lived, "gcp:cloudrunv2/service:Service")[0]
    assert service["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert service["invokerIamDisabled"] is False
    assert [share["percent"] for share in service["traffics"]] == [100]
    revision = service["template"]["revision"]
    assert revision.startswith("mp-cancer-test-r")
    assert service["traffics"][0]["revision"] == revision
    assert "@sha256:0ff11e" in service["template"]["containers"][0]["image"]


@pytest.mark.engine
@pytest.mark.e2e
def test_the_life_of_a_production_service(project: OfflineProject) -> None:
    target = {**GPU, "replicas": {"min": 1, "max": 3}, "invokers": ["group:clinic@example.com"]}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 2, "max": 3}},
        drift=("cancer-logs", {"retentionDays": 1}),
        packs=True,
        environment="prod",
        exposure="public",
        rollout={"canary": {"steps": [5, 25, 50], "bake": "10m"}},
        workload={"p99": "200ms", "gpu_memory": "8GB"},
        secrets={"HUB_TOKEN": "projects/diagnostics-dev/secrets/hub/versions/3"},
        limits={"monthly_usd": 5000},
    )
    service = inputs(lived, "gcp:cloudrunv2/service:Service")[0]
    assert service["ingress"] == "INGRESS_TRAFFIC_ALL"
    container = service["template"]["containers"][0]
    secret = next(item for item in container["envs"] if item["name"] == "HUB_TOKEN")
    assert secret["valueSource"]["secretKeyRef"] == {
        "secret": "projects/diagnostics-dev/secrets/hub",
        "version": "3",
    }
    member = inputs(lived, "gcp:cloudrunv2/serviceIamMember:ServiceIamMember")[0]
    assert (member["role"], member["member"]) == ("roles/run.invoker", "group:clinic@example.com")


def test_the_live_service_is_read_and_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeRun() as fake:
        monkeypatch.setenv("MODELPORT_GOOGLE_ENDPOINT", fake.address)
        names = {"project": "p-dev", "region": "r", "service": "s", "exposure": "public"}
        service = service_of("gcp.cloud_run")(names)
        assert service.read().state == "gone"
        fake.make("s", revisions={"r1": 100, "r2": 0}, digest="sha256:" + "a" * 64)
        found = service.read()
        assert (found.state, found.revision, found.traffic) == ("ready", "r1", {"r1": 100})
        service.shift({"r1": 75, "r2": 25})
        assert service.read().traffic == {"r1": 75, "r2": 25}
        service.shift({"r2": 100})
        found = service.read()
        assert (found.revision, found.digest) == ("r2", "sha256:" + "a" * 64)
        answer = service.ask(b'{"instances": [[1]]}', "key", 5)
        assert (answer.status, answer.header("x-asked")) == (200, "Bearer key")
        private = service_of("gcp.cloud_run")({**names, "exposure": "private"})
        with pytest.raises(Exception, match="inside the project's networks"):
            private.ask(b"{}", None, 5)
