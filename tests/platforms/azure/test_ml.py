"""Kind azure.ml: plan, refusals, resources, life; reading back and moving."""

from typing import Any

import pytest

from modelport.live import service_of
from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.azure.fake_arm import FakeArm
from platforms.planning import planned, refusal

TARGET = {"kind": "azure.ml", "region": "westeurope"}


def test_facts_are_what_a_reviewer_asks_for() -> None:
    made = planned(TARGET)
    facts = made.facts()
    assert facts["auth"] == "platform"
    assert facts["size"] == "Standard_DS2_v2"
    assert 3 <= len(made.physical_name) <= 32
    assert "a fifth more of the quota" in str(facts["notes"])
    assert "takes half an hour" in str(facts["notes"])
    public = planned(TARGET, exposure="public").facts()
    assert "takes half an hour" not in str(public["notes"])
    assert 7 < float(facts["monthly_usd"]) - float(public["monthly_usd"]) < 8


@pytest.mark.parametrize(
    ("target", "more", "said"),
    [
        (TARGET, {"auth": "api_key"}, "auth: api_key is not on azure.ml"),
        (TARGET, {"rollout": "rolling"}, "the nearest is blue_green"),
        (TARGET, {"rollout": {"shadow": {"percent": 10}}}, "the nearest is canary"),
        (TARGET, {"domain": "c.example.com"}, "domain c.example.com is not on azure.ml"),
        ({**TARGET, "workspace": "shared"}, {}, "needs target.resource_group"),
        ({**TARGET, "replicas": {"min": 0, "max": 1}}, {}, "keeps an instance"),
        (TARGET, {"workload": {"p99": "200s"}}, "180 s"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    assert said in refusal(target, **more)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("ml") / "project")


@pytest.mark.engine
def test_the_life_of_a_development_endpoint(project: OfflineProject) -> None:
    lived = live(
        project,
        TARGET,
        resized={**TARGET, "instance": "Standard_DS3_v2"},
        drift=("cancer-storage", {"allowSharedKeyAccess": True}),
    )
    assert lived.model.steps["cancer-endpoint"] == "same"
    made = [name for name, done in lived.model.steps.items() if done == "create"]
    assert any(name.endswith("-deployment") for name in made)
    endpoint = inputs(lived, "azure-native:machinelearningservices:OnlineEndpoint")[0]
    assert endpoint["properties"]["authMode"] == "AADToken"
    assert endpoint["properties"]["publicNetworkAccess"] == "Disabled"
    workspace = inputs(lived, "azure-native:machinelearningservices:Workspace")[0]
    assert workspace["publicNetworkAccess"] == "Disabled"
    assert workspace["managedNetwork"]["isolationMode"] == "AllowInternetOutbound"
    assert workspace["provisionNetworkNow"] is True
    scale = inputs(lived, "azure-native:monitor:AutoscaleSetting")[0]["profiles"][0]["rules"]
    assert [rule["scaleAction"]["direction"] for rule in scale] == ["Increase", "Decrease"]


@pytest.mark.engine
@pytest.mark.e2e
def test_the_life_of_a_production_endpoint(project: OfflineProject) -> None:
    target = {
        **TARGET,
        "replicas": {"min": 2, "max": 5},
        "workspace": "shared",
        "resource_group": "models",
    }
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 3, "max": 5}},
        drift=("cancer-logs", {"retentionInDays": 7}),
        packs=True,
        environment="prod",
        exposure="public",
        rollout={"canary": {"steps": [10, 50], "bake": "5m"}},
        workload={"p99": "200ms", "rate": 20},
    )
    endpoint = inputs(lived, "azure-native:machinelearningservices:OnlineEndpoint")[0]
    assert endpoint["workspaceName"] == "shared"
    assert endpoint["properties"]["publicNetworkAccess"] == "Enabled"


def test_the_live_endpoint_is_read_and_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeArm() as fake:
        monkeypatch.setenv("MODELPORT_AZURE_ENDPOINT", fake.address)
        names = {
            "subscription": "s",
            "group": "g",
            "workspace": "w",
            "endpoint": "e",
            "exposure": "public",
        }
        service = service_of("azure.ml")(names)
        assert service.read().state == "gone"
        path = (
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices"
            "/workspaces/w/onlineEndpoints/e"
        )
        fake.resources[path] = {
            "provisioningState": "Succeeded",
            "scoringUri": f"{fake.address}/predict",
            "authMode": "AADToken",
            "traffic": {"r1": 100},
        }
        assert service.read().traffic == {"r1": 100}
        service.shift({"r1": 50, "r2": 50})
        assert service.read().traffic == {"r1": 50, "r2": 50}
        answer = service.ask(b"{}", None, 5)
        assert answer.header("x-asked") == "Bearer offline"
