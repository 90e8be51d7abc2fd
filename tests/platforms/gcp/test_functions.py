"""Kind gcp.functions: plan, refusals, life; reading back."""

from typing import Any

import pytest

from modelport.live import service_of
from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.gcp.fake_run import FakeRun
from platforms.planning import planned, refusal

TARGET = {"kind": "gcp.functions", "region": "europe-west4", "project": "diagnostics-dev"}


def test_facts_are_what_a_reviewer_asks_for() -> None:
    made = planned(TARGET, workload={"requests_per_month": 1_000_000})
    assert made.python == "python311"
    facts = made.facts()
    assert facts["auth"] == "platform"
    assert float(facts["idle_usd"]) < 0.2
    assert float(facts["per_1000_usd"]) > 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"domain": "c.example.com"}, "needs a load balancer"),
        (
            {"secrets": {"A": "arn:aws:secretsmanager:x"}},
            "secrets.A: arn:aws:secretsmanager:x is no",
        ),
        ({"rollout": "blue_green"}, "rollout blue_green: gcp.functions does not have it"),
        ({"rollout": {"canary": {}}}, "rollout canary: gcp.functions does not have it"),
    ],
)
def test_what_cannot_be_is_refused(more: dict[str, Any], said: str) -> None:
    assert said in refusal(TARGET, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("functions") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_function(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "memory_mib": 2048},
        drift=("cancer-sources", {"publicAccessPrevention": "inherited"}),
    )
    assert lived.model.steps["cancer-function"] == "update"
    function = inputs(lived, "gcp:cloudfunctionsv2/function:Function")[0]
    assert function["serviceConfig"]["ingressSettings"] == "ALLOW_INTERNAL_ONLY"
    assert function["buildConfig"]["entryPoint"] == "predict"
    assert function["serviceConfig"]["environmentVariables"]["THREADS"] == "16"
    allowed = {
        (member["role"], member.get("condition", {}).get("expression", ""))
        for member in inputs(lived, "gcp:projects/iAMMember:IAMMember")
    }
    # In the whole project nothing but logs and metrics, and the copies of sources.
    assert allowed == {
        ("roles/logging.logWriter", ""),
        ("roles/monitoring.metricWriter", ""),
        (
            "roles/storage.objectViewer",
            'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")',
        ),
    }
    assert not inputs(lived, "gcp:cloudrunv2/serviceIamMember:ServiceIamMember")


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_function(project: OfflineProject) -> None:
    target = {**TARGET, "replicas": {"min": 1, "max": 6}, "invokers": ["group:a@example.com"]}
    live(
        project,
        target,
        resized={**target, "replicas": {"min": 2, "max": 6}},
        drift=("cancer-logs", {"retentionDays": 1}),
        packs=True,
        environment="prod",
        exposure="public",
        workload={"p99": "100ms"},
        secrets={"HUB_TOKEN": "projects/diagnostics-dev/secrets/hub/versions/3"},
    )


def test_the_live_function_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeRun() as fake:
        monkeypatch.setenv("MODELPORT_GOOGLE_ENDPOINT", fake.address)
        names = {"project": "p-dev", "region": "r", "function": "f", "exposure": "public"}
        service = service_of("gcp.functions")(names)
        assert service.read().state == "gone"
        fake.services["f"] = {
            "state": "ACTIVE",
            "serviceConfig": {
                "uri": f"{fake.address}/f",
                "environmentVariables": {"MODELPORT_REVISION": "r1"},
            },
        }
        found = service.read()
        assert (found.state, found.revision) == ("ready", "r1")
        assert service.ask(b"{}", "key", 5).header("x-asked") == "Bearer key"
        fake.services["f"] |= {"state": "FAILED", "stateMessages": [{"message": "no build"}]}
        assert service.read().detail == "FAILED: no build"
