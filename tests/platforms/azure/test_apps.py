"""Kinds azure.web_app and azure.functions: plans, refusals, lives; reading back and swapping."""

from typing import Any

import pytest

from modelport.errors import ServiceError
from modelport.live import service_of
from offline_project import OfflineProject
from platform_life import inputs, live, project_for
from platforms.azure.fake_arm import FakeArm
from platforms.planning import planned, refusals

WEB = {"kind": "azure.web_app", "region": "westeurope"}
FUNCTIONS = {"kind": "azure.functions", "region": "westeurope"}


def test_facts_are_what_a_reviewer_asks_for() -> None:
    web = planned(WEB).facts()
    assert (web["auth"], web["size"]) == ("api_key", "P0v3")
    assert 60 < float(web["monthly_usd"]) < 70
    functions = planned(FUNCTIONS).facts()
    assert functions["size"] == "EP1"
    assert float(functions["idle_usd"]) > 150
    assert "private endpoint" in str(web["notes"])


@pytest.mark.parametrize("target", [WEB, FUNCTIONS], ids=["web_app", "functions"])
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"domain": "c.example.com"}, "bind your own to the app"),
        ({"auth": "platform"}, "auth: platform is not on azure."),
        ({"rollout": {"canary": {"steps": [10]}}}, "the nearest is blue_green"),
        ({"secrets": {"TOKEN": "somewhere/else"}}, "no address of a Key Vault's secret"),
        ({"workload": {"gpu_memory": "8GB"}}, "GPU"),
    ],
)
def test_what_cannot_be_is_refused(target: Any, more: dict[str, Any], said: str) -> None:
    found = refusals(target, **more)
    assert len([line for line in found if said in line]) == 1


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> OfflineProject:
    return project_for(tmp_path_factory.mktemp("web") / "project")


@pytest.mark.engine
def test_the_life_of_a_web_app(project: OfflineProject) -> None:
    lived = live(
        project,
        WEB,
        resized={**WEB, "plan": "P1v3"},
        drift=("cancer-images", {"adminUserEnabled": True}),
        rollout="blue_green",
    )
    assert lived.model.steps["cancer-app"] == "same"
    assert lived.model.steps["cancer-slot"] == "update"
    app = inputs(lived, "azure-native:web:WebApp")[0]
    assert app["httpsOnly"] is True
    assert "@sha256:0ff11e" in app["siteConfig"]["linuxFxVersion"]
    assert app["publicNetworkAccess"] == "Disabled"


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_web_app(project: OfflineProject) -> None:
    target = {**WEB, "replicas": {"min": 2, "max": 5}}
    lived = live(
        project,
        target,
        resized={**target, "replicas": {"min": 2, "max": 6}},
        drift=("cancer-slot", {"httpsOnly": False}),
        packs=True,
        environment="prod",
        exposure="public",
        rollout="blue_green",
        workload={"p99": "100ms", "rate": 30},
        secrets={"HUB_TOKEN": "https://clinic.vault.azure.net/secrets/hub"},
    )
    settings = {
        item["name"]: item["value"]
        for item in inputs(lived, "azure-native:web:WebApp")[0]["siteConfig"]["appSettings"]
    }
    assert settings["HUB_TOKEN"].startswith("@Microsoft.KeyVault(SecretUri=https://clinic")


@pytest.mark.engine
def test_the_life_of_a_function_app(project: OfflineProject) -> None:
    lived = live(
        project,
        FUNCTIONS,
        resized={**FUNCTIONS, "plan": "EP2"},
        drift=("cancer-storage", {"allowSharedKeyAccess": True}),
    )
    assert lived.model.steps["cancer-app"] == "same"
    app = inputs(lived, "azure-native:web:WebApp")[0]
    names = {item["name"] for item in app["siteConfig"]["appSettings"]}
    assert "AzureWebJobsStorage__accountName" in names
    assert "AzureWebJobsStorage" not in names


@pytest.mark.engine
@pytest.mark.soak
def test_the_life_of_a_production_function_app(project: OfflineProject) -> None:
    live(
        project,
        FUNCTIONS,
        resized={**FUNCTIONS, "replicas": {"min": 1, "max": 8}},
        drift=("cancer-logs", {"retentionInDays": 7}),
        packs=True,
        environment="prod",
        exposure="public",
        workload={"p99": "100ms"},
    )


@pytest.mark.parametrize("kind", ["azure.web_app", "azure.functions"])
def test_the_live_app_is_read_and_swapped(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeArm() as fake:
        monkeypatch.setenv("MODELPORT_AZURE_ENDPOINT", fake.address)
        names = {"subscription": "s", "group": "g", "app": "a", "exposure": "public"}
        service = service_of(kind)(names)
        assert service.read().state == "gone"
        path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/a"
        fake.resources[path] = {"state": "Running", "defaultHostName": fake.address}
        fake.resources[f"{path}/slots/next"] = {"defaultHostName": fake.address}
        fake.settings[path] = {"MODELPORT_REVISION": "r1"}
        fake.settings[f"{path}/slots/next"] = {"MODELPORT_REVISION": "r2"}
        assert service.read().traffic == {"r1": 100}
        answer = service.ask_revision("r2", b"{}", "key", 5)
        assert answer is not None
        assert answer.header("x-asked") == "Bearer key"
        with pytest.raises(ServiceError, match="takes no shares"):
            service.shift({"r1": 50, "r2": 50})
        service.shift({"r2": 100})
        assert service.read().revision == "r2"
        service.shift({"r1": 100})
        assert service.read().revision == "r1"
        with pytest.raises(ServiceError, match="neither live nor in its slot"):
            service.shift({"r3": 100})
