"""Kind gcp.app_engine: plan, refusals, life; reading back and moving."""

from typing import Any

import pytest

from modelport.live import service_of
from modelport.live.service import NotReachable
from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.gcp.fake_app_engine import FakeAppEngine
from platforms.planning import planned, refusal

TARGET = {"kind": "gcp.app_engine", "region": "europe-west1", "project": "diagnostics-dev"}


def test_the_address_of_a_version_has_room_in_a_name_of_the_internet() -> None:
    project = "diagnostics-of-the-whole-clinic"[:30].rstrip("-")
    plan = planned({**TARGET, "project": project})
    assert len(f"{plan.revision}-dot-{plan.physical_name}-dot-{project}") <= 63


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = planned(TARGET, exposure="public").facts()
    assert (facts["auth"], facts["size"]) == ("api_key", "1 vCPU, 2 GiB")
    assert 40 < float(facts["idle_usd"]) < 80
    assert "day and night" in str(facts["notes"])


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        ({**TARGET, "region": "us-central"}, {}, "write us-central1"),
        (TARGET, {"auth": "platform"}, "auth: platform is not on gcp.app_engine"),
        (TARGET, {"rollout": "rolling"}, "rollout rolling"),
        (TARGET, {"secrets": {"A": "projects/p/secrets/s"}}, "none by reference"),
        (TARGET, {"domain": "c.example.com"}, "map your own"),
        ({**TARGET, "replicas": {"min": 0, "max": 1}}, {}, "keeps an instance"),
        ({**TARGET, "memory_gib": 10}, {}, "at most 6.5 with 1 processors"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **{"exposure": "public", **more})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("gae") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_service(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "cpu": 2},
        drift=("cancer-images", {"dockerConfig": {"immutableTags": False}}),
    )
    ingress = inputs(lived, "gcp:appengine/serviceNetworkSettings:ServiceNetworkSettings")[0]
    assert "INTERNAL_ONLY" in ingress["networkSettings"]["ingressTrafficAllowed"]
    version = inputs(lived, "gcp:appengine/flexibleAppVersion:FlexibleAppVersion")[0]
    # Else removing an old version would take the service with the new one.
    assert version["deleteServiceOnDestroy"] is False
    assert version["service"] == "mp-cancer-test"
    assert version["versionId"].startswith("r")
    assert "@sha256:0ff11e" in version["deployment"]["container"]["image"]


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_service(project: OfflineProject) -> None:
    target = {**TARGET, "replicas": {"min": 2, "max": 6}}
    live(
        project,
        target,
        resized={**target, "replicas": {"min": 3, "max": 6}},
        drift=("cancer-logs", {"retentionDays": 1}),
        packs=True,
        environment="prod",
        exposure="public",
        rollout={"canary": {"steps": [5, 50], "bake": "10m"}},
        workload={"p99": "100ms"},
    )


def test_the_live_service_is_read_and_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeAppEngine() as fake:
        monkeypatch.setenv("MODELPORT_GOOGLE_ENDPOINT", fake.address)
        names = {"project": "p-dev", "service": "s", "url": fake.address}
        service = service_of("gcp.app_engine")(names)
        assert service.read().state == "gone"
        fake.make("p-dev", "s", {"r1": 1.0, "r2": 0.0})
        found = service.read()
        assert (found.state, found.revision, found.traffic) == ("ready", "r1", {"r1": 100})
        assert found.digest == "sha256:r1"
        service.shift({"r1": 95, "r2": 5})
        assert service.read().traffic == {"r1": 95, "r2": 5}
        answer = service.ask_revision("r2", b"{}", "key", 5)
        assert answer is not None
        assert answer.header("x-asked") == "Bearer key"
        assert service.ask_revision("r3", b"{}", "key", 5) is None
        private = service_of("gcp.app_engine")({**names, "exposure": "private"})
        with pytest.raises(NotReachable, match="inside the project's networks"):
            private.ask(b"{}", "key", 5)
