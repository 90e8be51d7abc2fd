"""Kind azure.container_apps: plan, refusals, resources, life; reading back and moving."""

from typing import Any

import pytest

from modelport.live import service_of
from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.azure.fake_arm import FakeArm
from platforms.planning import planned, refusal

TARGET = {"kind": "azure.container_apps", "region": "westeurope"}
SUBNET = (
    "/subscriptions/0/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
)


def test_facts_are_what_a_reviewer_asks_for() -> None:
    facts = planned(TARGET, workload={"p99": "50ms", "requests_per_month": 1_000_000}).facts()
    assert facts["target"] == "azure.container_apps"
    assert facts["auth"] == "api_key"
    assert facts["size"] == "0.5 vCPU, 1 GiB"
    assert 0 < float(facts["monthly_usd"]) < 30
    assert "only other apps of its environment" in str(facts["notes"])


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"domain": "c.example.com"}, "leave it out, and bind your own"),
        (TARGET, {"auth": "platform"}, "auth: platform is not on azure.container_apps"),
        (TARGET, {"rollout": "rolling"}, "rollout rolling"),
        (TARGET, {"secrets": {"TOKEN": "somewhere/else"}}, "no address of a Key Vault's secret"),
        (TARGET, {"workload": {"gpu_memory": "8GB"}}, "GPU"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("apps") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_app(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "cpu": 1},
        drift=("cancer-images", {"adminUserEnabled": True}),
    )
    assert lived.model.steps["cancer-app"] == "update"
    app = inputs(lived, "azure-native:app:ContainerApp")[0]
    assert app["configuration"]["ingress"]["external"] is False
    shares = app["configuration"]["ingress"]["traffic"]
    assert [share["weight"] for share in shares] == [100]
    assert shares[0]["revisionName"] == f"mp-cancer-test--{app['template']['revisionSuffix']}"
    assert "@sha256:0ff11e" in app["template"]["containers"][0]["image"]


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_app(project: OfflineProject) -> None:
    target = {**TARGET, "replicas": {"min": 1, "max": 6}, "subnet": SUBNET}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 2, "max": 6}},
        drift=("cancer-logs", {"retentionInDays": 7}),
        packs=True,
        environment="prod",
        exposure="public",
        rollout={"canary": {"steps": [10, 50], "bake": "5m"}},
        workload={"p99": "200ms", "rate": 20},
        secrets={"HUB_TOKEN": "https://clinic.vault.azure.net/secrets/hub"},
    )
    app = inputs(lived, "azure-native:app:ContainerApp")[0]
    assert app["configuration"]["secrets"][0]["keyVaultUrl"].startswith("https://clinic.vault")
    env = {item["name"]: item for item in app["template"]["containers"][0]["env"]}
    assert env["HUB_TOKEN"]["secretRef"] == "hub-token"
    alert = inputs(lived, "azure-native:monitor:MetricAlert")
    assert {item["ruleName"] for item in alert} == {
        "mp-cancer-test-errors",
        "mp-cancer-test-latency",
    }


def test_the_live_app_is_read_and_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeArm() as fake:
        monkeypatch.setenv("MODELPORT_AZURE_ENDPOINT", fake.address)
        names = {"subscription": "s", "group": "g", "app": "a", "exposure": "public"}
        service = service_of("azure.container_apps")(names)
        assert service.read().state == "gone"
        path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerApps/a"
        fake.resources[path] = {
            "provisioningState": "Succeeded",
            "latestRevisionName": "a--r2",
            "latestReadyRevisionName": "a--r2",
            "template": {"revisionSuffix": "r2", "containers": [{"image": "x@sha256:1"}]},
            "configuration": {
                "ingress": {
                    "fqdn": fake.address,
                    "traffic": [
                        {"revisionName": "a--r1", "weight": 100},
                        {"revisionName": "a--r2", "weight": 0, "label": "candidate"},
                    ],
                }
            },
        }
        found = service.read()
        assert (found.state, found.revision, found.traffic) == ("ready", "r1", {"r1": 100})
        service.shift({"r1": 90, "r2": 10})
        assert service.read().traffic == {"r1": 90, "r2": 10}
        service.shift({"r2": 100})
        found = service.read()
        assert (found.revision, found.digest) == ("r2", "sha256:1")
        assert service.ask(b"{}", "key", 5).header("x-asked") == "Bearer key"
